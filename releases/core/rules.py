"""Rules: conditions on a header, cookie or query parameter that choose the version of a call.

On the wire they are Function Compute's `routePolicy` (API 2016-08-15; its console's *By rule*):

    {"condition": "AND", "policyItems": [{"type": "Header", "key": "x-uid", "operator": "=", "value": "42"}]}

`compareAs` ("number" or "version") in an item is our extension: Function Compute compares as text. Members
are found whatever their case, `percentage` means `percent`, and `Query` means `Param`.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from .orders import Order, sort_key
from .parameters import BadParameter, Parameter, has_controls, parse_parameter

MAX_RULES: Final = 20
MAX_VALUE: Final = 1024


class BadRule(ValueError):
    """A rule that cannot be taken. `place` counts from 0, `part` is type, key, operator, value or order."""

    def __init__(self, part: str, text: str, place: int = 0) -> None:
        super().__init__(text)
        self.part = part
        self.text = text
        self.place = place


class Operator(StrEnum):
    EQUAL = "="
    NOT_EQUAL = "!="
    GREATER = ">"
    LESS = "<"
    AT_LEAST = ">="
    AT_MOST = "<="
    IN = "in"
    PERCENT = "percent"

    @property
    def compares(self) -> bool:
        """Whether an order applies to it."""
        return self not in {Operator.IN, Operator.PERCENT}


class Combiner(StrEnum):
    ALL = "AND"
    ANY = "OR"


@dataclass(frozen=True, slots=True)
class Rule:
    parameter: Parameter
    operator: Operator
    value: str
    order: Order = Order.TEXT

    @property
    def members(self) -> tuple[str, ...]:
        """The set that `in` asks for: separated by commas, blanks around them dropped."""
        return tuple(part.strip() for part in self.value.split(",") if part.strip())

    @property
    def percent(self) -> int:
        return int(self.value)


@dataclass(frozen=True, slots=True)
class Rules:
    """At least one rule, and whether a call must meet all of them or any."""

    combiner: Combiner
    items: tuple[Rule, ...]

    @property
    def by_key(self) -> Rule | None:
        """The percent rule that stands alone: then the split is a random one of keys, and can be tested."""
        alone = self.items[0] if len(self.items) == 1 else None
        return alone if alone is not None and alone.operator is Operator.PERCENT else None


def make_rule(kind: object, key: object, operator: object, value: object, order: object = None) -> Rule:
    """One rule as the wire or the panel gives it. Raises `BadRule`."""
    try:
        parameter = parse_parameter(kind, key)
    except BadParameter as bad:
        raise BadRule(bad.part, str(bad)) from bad
    known = _operator(operator)
    compared = _order(order) if known.compares else Order.TEXT
    return Rule(parameter, known, _value(known, value, compared), compared)


def parse_rules(document: object) -> Rules:
    """Read a `routePolicy`. Raises `BadRule`."""
    if not isinstance(document, Mapping):
        raise BadRule("type", "routePolicy must hold condition and policyItems")
    members = _lowered(document)
    items = members.get("policyitems") or []
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise BadRule("type", "policyItems must be a list of rules")
    if not items:
        raise BadRule("type", "policyItems must hold at least one rule")
    if len(items) > MAX_RULES:
        raise BadRule("type", f"policyItems hold {len(items)} rules (allowed: at most {MAX_RULES})")
    combiner = _combiner(members.get("condition"))
    return Rules(combiner, tuple(_parse_item(place, item) for place, item in enumerate(items)))


def print_rules(rules: Rules) -> dict[str, Any]:
    """The document that `parse_rules` reads back to equal rules."""
    return {"condition": rules.combiner.value, "policyItems": [_print_item(rule) for rule in rules.items]}


def _parse_item(place: int, item: object) -> Rule:
    if not isinstance(item, Mapping):
        raise BadRule("type", "a rule must hold type, key, operator and value", place)
    members = _lowered(item)
    parts = (members.get(name) for name in ("type", "key", "operator", "value", "compareas"))
    try:
        return make_rule(*parts)
    except BadRule as bad:
        raise BadRule(bad.part, bad.text, place) from bad


def _print_item(rule: Rule) -> dict[str, str]:
    item = {
        "type": rule.parameter.source.value,
        "key": rule.parameter.key,
        "operator": rule.operator.value,
        "value": rule.value,
    }
    return item if rule.order is Order.TEXT else item | {"compareAs": rule.order.value}


def _lowered(members: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name).lower(): value for name, value in members.items()}


def _combiner(value: object) -> Combiner:
    if value is None or value == "":
        return Combiner.ALL
    try:
        return Combiner(str(value))
    except ValueError:
        raise BadRule("type", f"condition must be AND or OR (actual: {reprlib.repr(value)})") from None


def _operator(value: object) -> Operator:
    if value == "percentage":
        return Operator.PERCENT
    try:
        return Operator(str(value))
    except ValueError:
        known = " ".join(Operator)
        sentence = f"The condition must be one of {known} (actual: {reprlib.repr(value)})."
        raise BadRule("operator", sentence) from None


def _order(value: object) -> Order:
    try:
        return Order(str(value or Order.TEXT))
    except ValueError:
        raise BadRule(
            "order", f"Values are compared as text, number or version, not {reprlib.repr(value)}."
        ) from None


def _value(operator: Operator, value: object, order: Order) -> str:
    if operator is Operator.PERCENT:
        return _percent(value)
    if not isinstance(value, str) or not value:
        raise BadRule("value", "The rule needs a value.")
    if len(value) > MAX_VALUE:
        raise BadRule("value", f"The value is too long ({len(value):,} of {MAX_VALUE:,} characters).")
    if has_controls(value):
        raise BadRule("value", "The value holds a control character.")
    if operator is Operator.IN and not value.replace(",", "").strip():
        raise BadRule("value", "The set is empty: separate its members by commas.")
    if sort_key(order)(value) is None:
        raise BadRule("value", f"The value is no {order.value}: compare as text, or change it.")
    return value


def _percent(value: object) -> str:
    """A whole number from 1 to 100, also where a client sends it as a number."""
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    text = text.strip()
    if not text.isascii() or not text.isdigit() or len(text) > 3 or not 1 <= int(text) <= 100:
        raise BadRule("value", "The percentage must be a whole number from 1 to 100.")
    return str(int(text))
