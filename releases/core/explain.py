"""Why a call went where it went, told from the policy and the reason that was recorded with the call.

Nothing but the reason is needed, so any decision can be told again later from the alias revision that made
it. The values that the call had are shown where somebody has them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .buckets import BUCKETS
from .evenness import POINTS
from .parameters import Parameter
from .policies import WHOLE_BP, Policy, Sticky, format_percent
from .policy_words import condition
from .routing import POINTS_PER_BP
from .rules import Combiner, Operator, Rule, Rules


class Truth(StrEnum):
    TRUE = "true"
    FALSE = "false"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Step:
    """One condition or draw: what was asked, how it came out, and the value, where it is known."""

    asked: str
    truth: Truth
    detail: str = ""
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Trace:
    """The steps of a decision and its outcome. `version` is None when the reason is none of this policy's."""

    steps: tuple[Step, ...]
    outcome: str
    version: int | None


Values = Mapping[Parameter, str]


def explain(policy: Policy, reason: str, values: Values | None = None) -> Trace:
    """Tell a decision. A reason that this policy cannot have given is said to be so, never guessed at."""
    kind, _, rest = reason.partition(" ")
    teller = _TELLERS.get(kind)
    trace = teller(policy, rest, values or {}) if teller is not None else None
    return trace or Trace((), "This reason cannot be read with the policy of its alias revision.", None)


def _primary(policy: Policy, rest: str, values: Values) -> Trace | None:
    if policy.canary is not None and policy.canary.version != policy.primary:
        return None
    return Trace((), f"Nothing is split: every call goes to version {policy.primary}.", policy.primary)


def _exact(policy: Policy, rest: str, values: Values) -> Trace | None:
    canary = policy.canary
    if canary is None or 0 < canary.weight_bp < WHOLE_BP:
        return None
    version = canary.version if canary.weight_bp else policy.primary
    weight = format_percent(canary.weight_bp)
    return Trace((), f"The weight is {weight}, so nothing is drawn: to version {version}.", version)


def _event(policy: Policy, rest: str, values: Values) -> Trace | None:
    if not isinstance(policy.split, Rules):
        return None
    outcome = (
        f"Rules act on calls of HTTP functions; an event call goes to the primary version, {policy.primary}."
    )
    return Trace((), outcome, policy.primary)


def _point(policy: Policy, rest: str, values: Values, *, drawn: str) -> Trace | None:
    point = _number(rest, POINTS)
    canary = policy.canary
    if canary is None or point is None:
        return None
    below = point < canary.weight_bp * POINTS_PER_BP
    weight = format_percent(canary.weight_bp)
    asked = f"{drawn} {_percent(point, POINTS)} is below the weight {weight}"
    return _ended(policy, (Step(asked, Truth.TRUE if below else Truth.FALSE),), below)


def _die(policy: Policy, rest: str, values: Values) -> Trace | None:
    return _point(policy, rest, values, drawn="The draw")


def _even(policy: Policy, rest: str, values: Values) -> Trace | None:
    return _point(policy, rest, values, drawn="The even sequence's point")


def _keyless(policy: Policy, rest: str, values: Values) -> Trace | None:
    trace = _die(policy, rest, values)
    if trace is None or not isinstance(policy.split, Sticky):
        return None
    missing = Step(f"The call has {policy.split.parameter} to stay together by", Truth.MISSING)
    return Trace((missing, *trace.steps), trace.outcome, trace.version)


def _sticky(policy: Policy, rest: str, values: Values) -> Trace | None:
    bucket = _number(rest, BUCKETS)
    canary = policy.canary
    if canary is None or bucket is None or not isinstance(policy.split, Sticky):
        return None
    below = bucket < canary.weight_bp
    parameter = policy.split.parameter
    asked = f"The bucket of {parameter} is below the weight {format_percent(canary.weight_bp)}"
    step = Step(asked, Truth.TRUE if below else Truth.FALSE, _bucket(bucket), values.get(parameter))
    return _ended(policy, (step,), below)


def _rules(policy: Policy, rest: str, values: Values) -> Trace | None:
    seen, *numbers = rest.split(" ")
    split = policy.split
    if not isinstance(split, Rules) or len(seen) != len(split.items) or set(seen) - set(_TRUTHS):
        return None
    hashed = iter([_number(number, BUCKETS) for number in numbers])
    steps = tuple(
        _condition(rule, _TRUTHS[letter], hashed, values)
        for rule, letter in zip(split.items, seen, strict=True)
    )
    meets = all if split.combiner is Combiner.ALL else any
    met = meets(letter == "T" for letter in seen)
    wanted = "all rules are met" if split.combiner is Combiner.ALL else "a rule is met"
    unmet = "not all rules are met" if split.combiner is Combiner.ALL else "no rule is met"
    return _ended(policy, steps, met, because=wanted if met else unmet)


def _condition(rule: Rule, truth: Truth, hashed: Iterator[int | None], values: Values) -> Step:
    detail = ""
    if rule.operator is Operator.PERCENT and truth is not Truth.MISSING:
        number = next(hashed, None)
        detail = _bucket(number) if number is not None else ""
    return Step(condition(rule), truth, detail, values.get(rule.parameter))


def _ended(policy: Policy, steps: tuple[Step, ...], met: bool, *, because: str = "") -> Trace:
    canary = policy.canary
    version = canary.version if met and canary is not None else policy.primary
    name = "canary" if met else "primary"
    told = f"To the {name}, version {version}"
    return Trace(steps, f"{told}: {because}." if because else f"{told}.", version)


def _number(text: str, below: int) -> int | None:
    if not text.isascii() or not text.isdigit() or len(text) > 7:
        return None
    return int(text) if int(text) < below else None


def _bucket(bucket: int) -> str:
    return f"bucket {bucket:,} of {BUCKETS:,}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.4f}%"


_TRUTHS = {"T": Truth.TRUE, "F": Truth.FALSE, "-": Truth.MISSING}
_TELLERS: dict[str, Callable[[Policy, str, Values], Trace | None]] = {
    "primary": _primary,
    "exact": _exact,
    "event": _event,
    "die": _die,
    "even": _even,
    "keyless": _keyless,
    "sticky": _sticky,
    "rules": _rules,
}
