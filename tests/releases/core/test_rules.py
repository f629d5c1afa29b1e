from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given

from releases.core.rules import MAX_RULES, BadRule, Operator, Rules, make_rule, parse_rules, print_rules
from tests.releases.core.strategies import RULES

ITEM = {"type": "Header", "key": "x-uid", "operator": "=", "value": "42"}


def item(**members: object) -> dict[str, Any]:
    return {"policyItems": [ITEM | members]}


@given(RULES)
def test_print__any_rules__read_back_equal_even_through_json(rules: Rules) -> None:
    assert parse_rules(json.loads(json.dumps(print_rules(rules)))) == rules


def test_parse__case_synonyms_and_numbers__as_lenient_as_the_original() -> None:
    lenient = {"PolicyItems": [{"Type": "Query", "Key": "u", "Operator": "percentage", "Value": 5}]}
    (rule,) = parse_rules(lenient).items
    assert (rule.parameter.source.value, rule.operator, rule.value) == ("Param", Operator.PERCENT, "5")


@pytest.mark.parametrize(
    ("document", "part"),
    [
        (item(type="Body"), "type"),
        (item(type=None), "type"),
        (item(key=""), "key"),
        (item(key=None), "key"),
        (item(key="x uid"), "key"),
        (item(key="x-ü"), "key"),
        (item(key="x" * 129), "key"),
        (item(type="Param", key="a\nb"), "key"),
        (item(type="Cookie", key="a;b"), "key"),
        (item(operator="~"), "operator"),
        (item(operator=""), "operator"),
        (item(operator=None), "operator"),
        (item(operator=["="]), "operator"),
        (item(value=""), "value"),
        (item(value=None), "value"),
        (item(value=42), "value"),
        (item(value="a\x00"), "value"),
        (item(value="\ud800"), "value"),
        (item(value="x" * 1025), "value"),
        (item(operator="in", value=" , ,"), "value"),
        *[
            (item(operator="percent", value=value), "value")
            for value in ("0", "101", "3.5", "", "-1", "٣", None, True, "1e1", "9" * 5000)
        ],
        (item(compareAs="colour"), "order"),
        (item(compareAs="number"), None),
        (item(compareAs="number", value="ten"), "value"),
        (item(compareAs="version", value="1..2"), "value"),
        ({"policyItems": []}, "type"),
        ({"policyItems": "none"}, "type"),
        ({"policyItems": [ITEM] * (MAX_RULES + 1)}, "type"),
        ({"policyItems": [ITEM] * 1000}, "type"),
        ({"policyItems": [None]}, "type"),
        (item() | {"condition": "XOR"}, "type"),
        (None, "type"),
    ],
)
def test_parse__each_field_badly_filled__refused_by_its_part(document: object, part: str | None) -> None:
    if part is None:
        assert parse_rules(document)
        return
    with pytest.raises(BadRule) as refusal:
        parse_rules(document)
    assert refusal.value.part == part
    assert len(refusal.value.text) < 300


def test_make_rule__order_on_a_set__is_dropped() -> None:
    rule = make_rule("Header", "x-uid", "in", "a,b", "number")
    assert (rule.order, rule.members) == ("text", ("a", "b"))
