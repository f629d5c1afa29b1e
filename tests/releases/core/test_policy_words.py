from __future__ import annotations

import pytest
from hypothesis import given

from releases.core import policy_words
from releases.core.orders import Order
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Die, Even, Policy, Split, Sticky
from releases.core.rules import Combiner, Operator, Rule, Rules
from tests.releases.core.strategies import POLICIES

UID = Parameter(Source.HEADER, "x-uid")
AGE = Parameter(Source.QUERY, "age")
ADULT = Rule(AGE, Operator.AT_LEAST, "18", Order.NUMBER)
TENTH = Rule(UID, Operator.PERCENT, "10")
FRIENDS = Rule(Parameter(Source.COOKIE, "group"), Operator.IN, "beta, it")


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (Policy(1), "All calls go to version 1."),
        (Policy(1, Canary(1, 9000)), "All calls go to version 1."),
        (Policy(1, Canary(2, 3000)), "70% of calls go to version 1, 30% to version 2."),
        (Policy(1, Canary(2, 1)), "99.99% of calls go to version 1, 0.01% to version 2."),
    ],
)
def test_sentence__each_kind__in_words(policy: Policy, words: str) -> None:
    assert policy_words.sentence(policy) == words


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (Policy(1), Policy(2), ["The primary version is now 2 (was 1)."]),
        (Policy(1), Policy(1, Canary(2, 3000)), ["There is now a canary: version 2 at 30%."]),
        (
            Policy(1, Canary(2, 3000)),
            Policy(2),
            ["The primary version is now 2 (was 1).", "The canary is gone (was version 2 at 30%)."],
        ),
        (
            Policy(1, Canary(2, 3000)),
            Policy(1, Canary(3, 6000)),
            ["The canary version is now 3 (was 2).", "The canary weight is now 60% (was 30%)."],
        ),
    ],
)
def test_changes__each_difference__told_once(old: Policy, new: Policy, told: list[str]) -> None:
    assert policy_words.changes(old, new) == told


@given(POLICIES, POLICIES)
def test_changes__any_two_policies__silent_only_when_equal(old: Policy, new: Policy) -> None:
    assert (policy_words.changes(old, new) == []) == (old == new)


@pytest.mark.parametrize(
    ("split", "words"),
    [
        (Even(), "70% of calls go to version 1, 30% to version 2, spread evenly."),
        (
            Sticky(UID),
            "70% of calls go to version 1, 30% to version 2; calls with the same header x-uid stay together.",
        ),
        (
            Rules(Combiner.ALL, (ADULT, TENTH)),
            (
                "HTTP calls whose query age is at least “18” as a number and whose header x-uid is among"
                " 10% of its values go to version 2, all others to version 1."
            ),
        ),
        (
            Rules(Combiner.ANY, (FRIENDS,)),
            "HTTP calls whose cookie group is one of “beta”, “it” go to version 2, all others to version 1.",
        ),
    ],
)
def test_sentence__each_split__in_words(split: Split, words: str) -> None:
    assert policy_words.sentence(Policy(1, Canary(2, 3000), split)) == words


def test_changes__rules_edited__each_told() -> None:
    old = Policy(1, Canary(2, 100), Rules(Combiner.ALL, (ADULT, TENTH)))
    new = Policy(1, Canary(2, 100), Rules(Combiner.ANY, (ADULT, FRIENDS)))
    assert policy_words.changes(old, new) == [
        "Rule added: cookie group in “beta, it”.",
        "Rule removed: header x-uid in 10% of values.",
        "A call must now meet any of the rules.",
    ]
    assert policy_words.changes(Policy(1, Canary(2, 100), Die()), new)[0] == (
        "The canary type is now by rule (was random)."
    )


@pytest.mark.parametrize(
    ("policy", "primary", "canary"),
    [
        (Policy(1), "100%", "0%"),
        (Policy(1, Canary(1, 3000)), "100%", "0%"),
        (Policy(1, Canary(2, 3000)), "70%", "30%"),
        (Policy(1, Canary(2, 3000), Sticky(UID)), "70% of keys", "30% of keys"),
        (Policy(1, Canary(2, 3000), Rules(Combiner.ALL, (TENTH,))), "90% of keys", "10% of keys"),
        (
            Policy(1, Canary(2, 3000), Rules(Combiner.ALL, (ADULT,))),
            "all other calls",
            "calls that meet its rules",
        ),
        (Policy(1, Canary(1, 3000), Rules(Combiner.ALL, (ADULT,))), "100%", "0%"),
    ],
)
def test_gets__each_split__in_few_words(policy: Policy, primary: str, canary: str) -> None:
    assert (policy_words.primary_gets(policy), policy_words.canary_gets(policy)) == (primary, canary)
