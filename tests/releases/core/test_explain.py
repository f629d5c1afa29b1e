from __future__ import annotations

import pytest
from hypothesis import given

from releases.core.explain import Truth, explain
from releases.core.parameters import Attributes, Parameter, Source
from releases.core.policies import Canary, Policy, Sticky
from releases.core.routing import compile_policy
from releases.core.rules import Combiner, Operator, Rule, Rules
from tests.releases.core.strategies import CALLS, POLICIES, call

UID = Parameter(Source.HEADER, "x-uid")
MIXED = Policy(
    1,
    Canary(2, 100),
    Rules(Combiner.ANY, (Rule(UID, Operator.PERCENT, "70"), Rule(UID, Operator.EQUAL, "alice"))),
)


@given(POLICIES, CALLS)
def test_explain__any_recorded_reason__leads_to_the_version_that_served(
    policy: Policy, seen: Attributes
) -> None:
    decision = compile_policy(policy, salt="alias1", draw=lambda: 0.25)(seen)
    trace = explain(policy, decision.reason)
    assert trace.version == decision.version
    assert trace.outcome


def test_explain__rules__each_condition_with_truth_bucket_and_value() -> None:
    decision = compile_policy(MIXED, salt="alias1", draw=lambda: 0.0)(call(headers={"x-uid": "user-1"}))
    trace = explain(MIXED, decision.reason, {UID: "user-1"})
    assert [(step.truth, step.detail, step.value) for step in trace.steps] == [
        (Truth.FALSE, "bucket 8,793 of 10,000", "user-1"),
        (Truth.FALSE, "", "user-1"),
    ]
    assert trace.outcome == "To the primary, version 1: no rule is met."


def test_explain__keyless_call__says_what_was_missing_and_drawn() -> None:
    policy = Policy(1, Canary(2, 3000), Sticky(UID))
    trace = explain(policy, "keyless 213412")
    assert [step.truth for step in trace.steps] == [Truth.MISSING, Truth.TRUE]
    assert "21.3412%" in trace.steps[1].asked


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "die",
        "die x",
        "die 1000000",
        "die -1",
        "sticky 5",
        "rules",
        "rules TT",
        "rules X",
        "wheel 1",
        "random:2",
    ],
)
def test_explain__reason_of_another_policy__said_and_not_guessed(reason: str) -> None:
    policy = Policy(1, None, Rules(Combiner.ALL, (Rule(UID, Operator.EQUAL, "1"),)))
    assert explain(policy, reason).version is None
