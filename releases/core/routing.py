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
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from releases.core import buckets, evenness
from releases.core.orders import Order, sort_key
from releases.core.parameters import Attributes, Parameter, Source
from releases.core.policies import WHOLE_BP, Canary, Even, Policy, Sticky
from releases.core.rules import Combiner, Operator, Rule, Rules

POINTS: Final = evenness.POINTS
POINTS_PER_BP: Final = POINTS // WHOLE_BP
REMEMBERED_KEYS: Final = 8192
REMEMBERED_LENGTH: Final = 128  # characters of a key


T = TypeVar("T")


class Decision(NamedTuple):
    """The version that serves a call, and why. `unit` is the hash of the key that was split, 0 for none."""

    version: int
    reason: str
    unit: int = 0


Draw: TypeAlias = Callable[[], float]
Decide: TypeAlias = Callable[[Attributes], Decision]
_Read: TypeAlias = Callable[[Attributes], str | None]
# True, false, or None for a missing parameter; beside it the unit that a percent rule looked at.
_Test: TypeAlias = Callable[[Attributes], tuple[bool | None, int]]

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
    weight_bp, version = canary.weight_bp, canary.version

    @_remembering
    def of_key(key: str) -> Decision:
        unit = buckets.unit(salt, key)
        bucket = unit % buckets.BUCKETS
        return Decision(version if bucket < weight_bp else primary, f"sticky {bucket}", unit)

    def decide(call: Attributes) -> Decision:
        key = read(call)
        return keyless(call) if key is None else of_key(key)

    return decide


def _by_rules(primary: int, canary: int, rules: Rules, salt: str) -> Decide:
    tests = [_test(rule, salt) for rule in rules.items]
    hashes = any(rule.operator is Operator.PERCENT for rule in rules.items)
    counted = rules.by_key is not None
    meets = all if rules.combiner is Combiner.ALL else any
    event = Decision(primary, "event")

    @lru_cache(REMEMBERED_KEYS)
    def of_truths(truths: tuple[bool | None, ...], units: tuple[int, ...]) -> Decision:
        seen = "".join("-" if truth is None else "FT"[truth] for truth in truths)
        reason = " ".join(["rules", seen, *(str(unit % buckets.BUCKETS) for unit in units)])
        return Decision(canary if meets(truths) else primary, reason, units[0] if counted and units else 0)

    def decide_plain(call: Attributes) -> Decision:
        return of_truths(tuple([test(call)[0] for test in tests]), ()) if call.http else event

    def decide_hashing(call: Attributes) -> Decision:
        if not call.http:
            return event
        found = [test(call) for test in tests]
        units = tuple([unit for truth, unit in found if unit])
        return of_truths(tuple([truth for truth, _ in found]), units)

    return decide_hashing if hashes else decide_plain


def reader(parameter: Parameter) -> _Read:
    """What gives a call's value of `parameter`."""
    if parameter.source is Source.HEADER:
        name = parameter.key.lower().encode()
        return lambda call: call.header(name)
    key = parameter.key
    if parameter.source is Source.COOKIE:
        return lambda call: call.cookie(key)
    return lambda call: call.parameter(key)


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
    read = reader(rule.parameter)
    if rule.operator is Operator.PERCENT:
        return _percent_test(read, rule.percent * 100, salt)
    matches = matcher(rule)

    def test(call: Attributes) -> tuple[bool | None, int]:
        value = read(call)
        return (None if value is None else matches(value)), 0

    return test


def _percent_test(read: _Read, below: int, salt: str) -> _Test:
    unit_of = _remembering(lambda value: buckets.unit(salt, value))

    def test(call: Attributes) -> tuple[bool | None, int]:
        value = read(call)
        if value is None:
            return None, 0
        unit = unit_of(value)
        return unit % buckets.BUCKETS < below, unit

    return test


def _remembering(of_key: Callable[[str], T]) -> Callable[[str], T]:
    """Callers come again, and hashing is most of what a key costs. Long keys are not kept, for their size."""
    remembered = lru_cache(REMEMBERED_KEYS)(of_key)
    return lambda key: remembered(key) if len(key) <= REMEMBERED_LENGTH else of_key(key)
