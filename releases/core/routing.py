"""Routing decisions: which version serves one call, and why.

A policy is compiled when its alias changes, so that a call pays for what depends on it alone. The worst case
is stated: at most `rules.MAX_RULES` comparisons of values, over the first `parameters.MAX_READ` bytes of the
cookies and of the query, each taken apart once; no condition can fail, loop or backtrack.

The reason of a decision is a short text for the record, from which `releases.core.explain` tells the rest:

    primary             nothing to split
    exact               a weight of 0% or 100%
    event               rules, but not an HTTP call
    die 213412          the point that was drawn, in millionths; the canary is below the weight
    even 213412         the same, from the even sequence
    sticky 8793         the bucket of the key, of ten thousand
    keyless 213412      sticky, but the call had no key: it drew
    rules TF- 8793      each rule true, false or - (no such parameter); then the buckets of percent rules
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from releases.core import buckets, evenness
from releases.core.orders import Order, sort_key
from releases.core.parameters import Attributes, Parameter, Source, Value, header_name, reader, text_of
from releases.core.policies import WHOLE_BP, Canary, Even, Policy, Sticky
from releases.core.rules import Combiner, Operator, Rule, Rules

POINTS: Final = evenness.POINTS
POINTS_PER_BP: Final = POINTS // WHOLE_BP
REMEMBERED: Final = 8192
REMEMBERED_LENGTH: Final = 128  # of all values that a decision looked at


K = TypeVar("K")


class Decision(NamedTuple):
    """The version that serves a call, and why. `unit` is the hash of the key that was split, 0 for none."""

    version: int
    reason: str
    unit: int = 0


Draw: TypeAlias = Callable[[], float]
Decide: TypeAlias = Callable[[Attributes], Decision]
# True, false, or None for a missing parameter; beside it the unit that a percent rule looked at.
_Test: TypeAlias = Callable[[Value], tuple[bool | None, int | None]]

_OPERATORS: Final[dict[Operator, Callable[[Any, Any], bool]]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.GREATER: operator.gt,
    Operator.LESS: operator.lt,
    Operator.AT_LEAST: operator.ge,
    Operator.AT_MOST: operator.le,
}


def compile_policy(policy: Policy, *, salt: str, draw: Draw) -> Decide:
    """Make the decider of `policy`. `draw` gives floats uniform in [0, 1), such as `random.random`.

    `salt` is the alias's own. A point below the weight goes to the canary (Function Compute's rule), which
    makes weights of 0 and 10000 exact: they need no draw.
    """
    canary = policy.canary
    if canary is None or canary.version == policy.primary:
        return _always(Decision(policy.primary, "primary"))
    if isinstance(policy.split, Rules):
        return _by_rules(policy.primary, canary.version, policy.split, salt)
    if not 0 < canary.weight_bp < WHOLE_BP:
        return _always(Decision(canary.version if canary.weight_bp else policy.primary, "exact"))
    if isinstance(policy.split, Sticky):
        return _by_key(policy.primary, canary, policy.split.parameter, salt, draw)
    if isinstance(policy.split, Even):
        return _by_point(policy.primary, canary, "even", evenness.sequence(draw()))
    return _by_point(policy.primary, canary, "die", lambda: int(draw() * POINTS))


def _always(decision: Decision) -> Decide:
    return lambda call: decision


def _by_point(primary: int, canary: Canary, name: str, next_point: Callable[[], int]) -> Decide:
    below, version = canary.weight_bp * POINTS_PER_BP, canary.version

    def decide(call: Attributes) -> Decision:
        point = next_point()
        return Decision(version if point < below else primary, f"{name} {point}")

    return decide


def _by_key(primary: int, canary: Canary, parameter: Parameter, salt: str, draw: Draw) -> Decide:
    read = reader(parameter)
    keyless = _by_point(primary, canary, "keyless", lambda: int(draw() * POINTS))
    remembered: dict[Value, Decision] = {}

    def of_key(key: bytes | str) -> Decision:
        unit = buckets.unit(salt, _text(key))
        bucket = unit % buckets.BUCKETS
        version = canary.version if bucket < canary.weight_bp else primary
        return _remember(remembered, key, Decision(version, f"sticky {bucket}", unit), len(key))

    def decide(call: Attributes) -> Decision:
        key = read(call)
        if key is None:
            return keyless(call)
        return remembered.get(key) or of_key(key)

    return decide


def _by_rules(primary: int, canary: int, rules: Rules, salt: str) -> Decide:
    tests = [_test(rule, salt) for rule in rules.items]
    meets = all if rules.combiner is Combiner.ALL else any
    event = Decision(primary, "event")
    remembered: dict[tuple[Value, ...], Decision] = {}

    def of_values(values: tuple[Value, ...]) -> Decision:
        found = [test(value) for test, value in zip(tests, values, strict=True)]
        truths = [truth for truth, _ in found]
        units = [unit for _, unit in found if unit is not None]
        seen = "".join("-" if truth is None else "FT"[truth] for truth in truths)
        reason = " ".join(["rules", seen, *(str(unit % buckets.BUCKETS) for unit in units)])
        version = canary if meets(truths) else primary
        decision = Decision(version, reason, units[0] if units and rules.by_key else 0)
        return _remember(remembered, values, decision, sum(len(value or "") for value in values))

    parameters = [rule.parameter for rule in rules.items]
    if all(parameter.source is Source.HEADER for parameter in parameters):
        names = [header_name(parameter) for parameter in parameters]

        def decide_by_headers(call: Attributes) -> Decision:
            if not call.http:
                return event
            values = tuple(map(call.headers.get, names))
            return remembered.get(values) or of_values(values)

        return decide_by_headers
    readers = [reader(parameter) for parameter in parameters]

    def decide(call: Attributes) -> Decision:
        if not call.http:
            return event
        values = tuple([read(call) for read in readers])
        return remembered.get(values) or of_values(values)

    return decide


def _remember(remembered: dict[K, Decision], key: K, decision: Decision, length: int) -> Decision:
    """Equal values are decided alike, and callers come again. What is kept is bounded."""
    if length <= REMEMBERED_LENGTH:
        if len(remembered) >= REMEMBERED:
            remembered.clear()
        remembered[key] = decision
    return decision


def _text(value: bytes | str) -> str:
    return text_of(value) if isinstance(value, bytes) else value


def matcher(rule: Rule) -> Callable[[str], bool]:
    """What tells whether a value meets a rule that is no percent rule."""
    if rule.operator is Operator.IN:
        return frozenset(rule.members).__contains__
    compare, wanted = _OPERATORS[rule.operator], rule.value
    if rule.order is Order.TEXT:
        return lambda value: compare(value, wanted)
    key = sort_key(rule.order)
    bound = key(wanted)

    def matches(value: str) -> bool:
        found = key(value)
        return found is not None and compare(found, bound)

    return matches


def _test(rule: Rule, salt: str) -> _Test:
    if rule.operator is Operator.PERCENT:
        return _percent_test(rule.percent * 100, salt)
    matches = matcher(rule)

    def test(value: Value) -> tuple[bool | None, int | None]:
        return (None if value is None else matches(_text(value))), None

    return test


def _percent_test(below: int, salt: str) -> _Test:
    def test(value: Value) -> tuple[bool | None, int | None]:
        if value is None:
            return None, None
        unit = buckets.unit(salt, _text(value))
        return unit % buckets.BUCKETS < below, unit

    return test
