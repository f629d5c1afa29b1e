from __future__ import annotations

from releases.core.kept_values import values
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Policy, Sticky
from releases.core.rules import Combiner, Operator, Rule, Rules

UID = Parameter(Source.HEADER, "X-Uid")
DEBUG = Parameter(Source.QUERY, "debug")
BOTH = Policy(
    1,
    Canary(2, 100),
    Rules(Combiner.ALL, (Rule(UID, Operator.EQUAL, "42"), Rule(DEBUG, Operator.EQUAL, "1"))),
)


def test_values__kept__are_the_parameters_of_the_policy() -> None:
    labels = {"Header x-uid": "42", "Param debug": "1", "Cookie other": "x"}
    assert values(BOTH, labels) == {UID: "42", DEBUG: "1"}
    assert values(Policy(1, Canary(2, 100), Sticky(UID)), labels) == {UID: "42"}


def test_values__query_and_cookie_names__keep_their_case() -> None:
    assert values(BOTH, {"Param DEBUG": "1", "Cookie debug": "1"}) == {}


def test_values__nothing_kept_or_no_text__is_empty() -> None:
    assert values(BOTH, {}) == {}
    assert values(BOTH, {"Header x-uid": None, "Param debug": 3}) == {}
