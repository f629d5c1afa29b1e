from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.core import policies
from releases.core.parameters import Parameter, Source
from releases.core.policies import BadPolicy, Canary, Even, Policy, Sticky
from releases.core.rules import Combiner, Operator, Rule, Rules
from tests.releases.core.strategies import POLICIES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=5,
)
MEMBERS = ("versionId", "additionalVersionWeight", "resolvePolicy", "routePolicy", "spread")


def wire(**members: Any) -> dict[str, Any]:
    return {"versionId": "1", **members}


@given(POLICIES)
def test_document__any_policy__read_back_equal_even_through_json(policy: Policy) -> None:
    assert policies.parse(policies.document(policy)) == policy
    assert policies.parse(json.loads(json.dumps(policies.document(policy)))) == policy


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(MEMBERS, JSON)))
def test_parse__any_json__a_printable_policy_or_a_refusal(document: dict[str, Any]) -> None:
    try:
        policy = policies.parse(document)
    except BadPolicy as refusal:
        assert refusal.field in MEMBERS
        assert refusal.text
    else:
        assert policies.parse(policies.document(policy)) == policy


@pytest.mark.parametrize(
    "document",
    [
        wire(),
        wire(additionalVersionWeight=None, resolvePolicy=None, routePolicy=None),
        wire(additionalVersionWeight={}, resolvePolicy="", routePolicy={}),
        wire(resolvePolicy="Random", description="kept elsewhere", aliasName="prod"),
        {"versionId": 1},
    ],
)
def test_parse__missing_null_or_empty__no_canary(document: dict[str, Any]) -> None:
    assert policies.parse(document) == Policy(1)


@pytest.mark.parametrize(
    ("weight", "basis_points"),
    [(0, 0), (1, 10_000), (0.3, 3000), (0.1 + 0.2, 3000), (0.05, 500), (0.0001, 1)],
)
def test_parse__weight_as_sent__exact_basis_points(weight: float, basis_points: int) -> None:
    policy = policies.parse(wire(additionalVersionWeight={"2": weight}))
    assert policy == Policy(1, Canary(2, basis_points))


def test_parse__canary_is_primary__legal_on_the_wire() -> None:
    assert policies.parse(wire(additionalVersionWeight={"1": 0.9})) == Policy(1, Canary(1, 9000))


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "versionId"),
        ({"versionId": None}, "versionId"),
        ({"versionId": ""}, "versionId"),
        ({"versionId": "LATEST"}, "versionId"),
        ({"versionId": "01"}, "versionId"),
        ({"versionId": True}, "versionId"),
        ({"versionId": 1.0}, "versionId"),
        ({"versionId": ["1"]}, "versionId"),
        (wire(additionalVersionWeight=[["2", 0.3]]), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"2": 0.3, "3": 0.1}), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"LATEST": 0.3}), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"": 0.3}), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"2": 1.01}), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"2": -0.1}), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"2": 30}), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"2": "0.3"}), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"2": True}), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"2": None}), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"2": float("nan")}), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"2": float("inf")}), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"2": 0.33333}), "additionalVersionWeight"),
        (wire(additionalVersionWeight={"2": 1e-9}), "additionalVersionWeight"),
        (wire(resolvePolicy="Content"), "routePolicy"),
        (wire(resolvePolicy="Content", routePolicy={"policyItems": []}), "routePolicy"),
        (wire(spread={"kind": "Wheel"}), "spread"),
        (wire(spread={"kind": "Sticky"}), "spread"),
        (wire(spread="Even"), "spread"),
        (wire(resolvePolicy=3), "resolvePolicy"),
    ],
)
def test_parse__what_cannot_be_taken__refused_by_field(document: dict[str, Any], field: str) -> None:
    with pytest.raises(BadPolicy) as refusal:
        policies.parse(document)
    assert refusal.value.field == field


ITEM = {"type": "Header", "key": "x-test-uid", "value": "42", "operator": "="}
UID = Rule(Parameter(Source.HEADER, "x-test-uid"), Operator.EQUAL, "42")


def test_parse__function_computes_example__rules_and_the_provisioned_share() -> None:
    document = wire(
        additionalVersionWeight={"2": 0.01},
        resolvePolicy="Content",
        routePolicy={"condition": "AND", "policyItems": [ITEM]},
    )
    assert policies.parse(document) == Policy(1, Canary(2, 100), Rules(Combiner.ALL, (UID,)))


def test_parse__rules_under_random__passed_over() -> None:
    document = wire(additionalVersionWeight={"2": 0.3}, routePolicy={"policyItems": "anything"})
    assert policies.parse(document) == Policy(1, Canary(2, 3000))


def test_parse__our_extensions__even_and_sticky() -> None:
    assert policies.parse(wire(spread={"kind": "Even"})).split == Even()
    sticky = wire(spread={"kind": "Sticky", "type": "Query", "key": "user"})
    assert policies.parse(sticky).split == Sticky(Parameter(Source.QUERY, "user"))


def test_parse__bad_third_rule__named_by_place_and_part() -> None:
    items = [ITEM, ITEM, ITEM | {"operator": "~"}]
    with pytest.raises(BadPolicy) as refusal:
        policies.parse(wire(resolvePolicy="Content", routePolicy={"policyItems": items}))
    assert (refusal.value.field, refusal.value.rule, refusal.value.part) == ("routePolicy", 2, "operator")


def test_check_strict__sound_policies__nothing_refused() -> None:
    sound = [Policy(1), Policy(1, Canary(2, 0)), Policy(1, Canary(2, 10_000)), Policy(3, Canary(2, 3000))]
    assert [policies.check_strict(policy) for policy in sound] == [[], [], [], []]


def test_check_strict__canary_is_primary_with_impossible_weight__both_told() -> None:
    refusals = policies.check_strict(Policy(1, Canary(1, 10_001)))
    assert [refusal.field for refusal in refusals] == ["canary", "weight"]
    assert refusals[0].text == "Version 1 is already the primary version."


@pytest.mark.parametrize(
    ("text", "basis_points"),
    [("30", 3000), ("0", 0), ("100", 10_000), ("0.01", 1), ("12.5", 1250), (" 30% ", 3000), ("30.500", 3050)],
)
def test_parse_percent__plain_number__basis_points(text: str, basis_points: int) -> None:
    assert policies.parse_percent(text) == basis_points


@pytest.mark.parametrize(
    ("text", "told"),
    [
        *[
            (text, "plain number")
            for text in ("", "abc", "nan", "inf", "1e3", "30,5", ".5", "3 0", "٣٠", "9" * 5000)
        ],
        *[(text, "from 0% to 100%") for text in ("101", "-1", "100.01", "-0.01")],
        ("30.005", "two decimal places"),
    ],
)
def test_parse_percent__not_a_weight__refused_with_the_reason(text: str, told: str) -> None:
    with pytest.raises(BadPolicy, match=told) as refusal:
        policies.parse_percent(text)
    assert refusal.value.field == "weight"


@given(st.integers(0, 10_000))
def test_format_percent__any_weight__read_back_equal(basis_points: int) -> None:
    assert policies.parse_percent(policies.format_percent(basis_points)) == basis_points


def test_format_percent__whole_half_and_least__no_needless_zeros() -> None:
    assert [policies.format_percent(bp) for bp in (3000, 3050, 1, 0, 10_000)] == [
        "30%",
        "30.5%",
        "0.01%",
        "0%",
        "100%",
    ]


@pytest.mark.parametrize(
    ("policy", "receiving"),
    [
        (Policy(1), {1}),
        (Policy(1, Canary(2, 0)), {1}),
        (Policy(1, Canary(2, 1)), {1, 2}),
        (Policy(1, Canary(2, 9_999)), {1, 2}),
        (Policy(1, Canary(2, 10_000)), {2}),
    ],
)
def test_receiving__weights_at_the_ends__leave_one_version_without_calls(
    policy: Policy, receiving: set[int]
) -> None:
    assert policy.receiving == receiving
