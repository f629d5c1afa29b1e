from __future__ import annotations

import pytest

from invocations.drawn import Keys, Listed
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Die, Policy, Split, Sticky
from releases.core.rules import Combiner, Rules, make_rule
from releases.queries.testruns import attributes


def rules(*items: tuple[str, ...]) -> Rules:
    return Rules(Combiner.ANY, tuple(make_rule(*item) for item in items))


def drawn(split: Split) -> dict[str, object]:
    found = attributes(Policy(1, Canary(2, 3000), split))
    return {f"{attribute.place} {attribute.name}": attribute.source for attribute in found}


def listed(*values: str) -> Listed:
    return Listed(values)


@pytest.mark.parametrize(
    ("split", "expected"),
    [
        (Die(), {}),
        (Sticky(Parameter(Source.COOKIE, "sid")), {"Cookie sid": Keys(1000)}),
        (rules(("Header", "x-uid", "percent", "20")), {"Header x-uid": Keys(1000)}),
        (rules(("Query", "beta", "=", "yes")), {"Query beta": listed("yes", "other")}),
        (rules(("Query", "beta", "=", "other")), {"Query beta": listed("other", "other-1")}),
        (rules(("Query", "c", "in", "de, fr")), {"Query c": listed("de", "fr", "other")}),
        (rules(("Query", "n", ">", "7")), {"Query n": listed("7", "6", "8")}),
        (rules(("Query", "v", "<=", "b")), {"Query v": listed("b", "!", "b0")}),
        (
            rules(("Header", "x", "=", "a"), ("Cookie", "y", "!=", "b"), ("Header", "x", "=", "c")),
            {"Header x": listed("a", "other", "c"), "Cookie y": listed("b", "other")},
        ),
        (rules(("Header", "x", "=", "a"), ("Header", "x", "percent", "5")), {"Header x": Keys(1000)}),
        (rules(("Header", "Host", "=", "a"), ("Query", "q", "=", "x" * 300)), {}),
    ],
)
def test_attributes__policy__has_what_it_looks_at(split: Split, expected: dict[str, object]) -> None:
    assert drawn(split) == expected


def test_attributes__more_parameters_than_can_be_drawn__are_cut() -> None:
    assert len(drawn(rules(*(("Header", f"x-{n}", "=", "a") for n in range(12))))) == 8
