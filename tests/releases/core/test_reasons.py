from __future__ import annotations

import pytest
from hypothesis import given

from releases.core.parameters import Attributes
from releases.core.policies import Policy
from releases.core.reasons import brief
from releases.core.routing import compile_policy
from tests.releases.core.strategies import CALLS, POLICIES


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("primary", "not split"),
        ("exact", "exact weight"),
        ("event", "event call"),
        ("die 213412", "draw 21.3%"),
        ("even 5", "even 0.0%"),
        ("keyless 999999", "no key, draw 100.0%"),
        ("sticky 8793", "bucket 8,793"),
        ("rules TF- 8793", "rules T F -"),
    ],
)
def test_brief__reason__is_a_few_words(reason: str, words: str) -> None:
    assert brief(reason) == words


@pytest.mark.parametrize(
    "reason", ["", "moon", "die", "die x", "die ٣", "die " + "9" * 150, "rules", "rules TX", "primary 3"]
)
def test_brief__unreadable__is_given_as_it_stands(reason: str) -> None:
    assert brief(reason) == reason


@given(POLICIES, CALLS)
def test_brief__any_decision__is_told_in_words(policy: Policy, call: Attributes) -> None:
    reason = compile_policy(policy, salt="alias1", draw=lambda: 0.25)(call).reason
    told = ("not split", "exact weight", "event call", "draw ", "even ", "no key, draw ", "bucket ", "rules ")
    assert brief(reason).startswith(told)
