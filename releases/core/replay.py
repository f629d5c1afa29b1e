"""Blast radius: which recorded calls would go elsewhere, were the alias set otherwise.

Each call is routed twice, as the alias is set now and as the draft has it, and moves if the versions differ.
Under the policy that routed it, it goes where it went. Under any other:

- a draw is not made again: the recorded point meets the new weight, so that of two weights only what lies
  between them moves. A call that drew nothing gets a point from its id;
- a key falls into its bucket again, which comes from its recorded value, or from the reason when the same key
  was split then;
- a rule meets the recorded value, or is as true as the same rule was then.

A call of which too little was recorded is left out, and what was missing is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from . import buckets
from .parameters import Parameter
from .policies import WHOLE_BP, Policy, Sticky
from .recording import EVENT, KIND, MAX_VALUE, Labels, folded, label
from .routing import POINTS, POINTS_PER_BP, matcher
from .rules import Combiner, Operator, Rule, Rules
from .statistics import wilson

_DRAWS: Final = frozenset({"die", "even", "keyless"})


@dataclass(frozen=True, slots=True)
class Call:
    """A recorded call: the policy that routed it, the reason that it gave, and what was kept of the call."""

    id: str
    policy: Policy
    version: int
    reason: str
    labels: Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """`moved` of `calls` would go to another version; `to` counts them by where they would go.

    `keys` are the distinct values of what is split or looked at among those that would move, None where no
    value was recorded. `left_out` calls could not be replayed, for want of `missing`.
    """

    calls: int
    moved: int
    to: Mapping[int, int]
    keys: int | None
    left_out: int
    missing: tuple[Parameter, ...]

    @property
    def share(self) -> float:
        return self.moved / self.calls if self.calls else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95% interval of the share, in fractions of one."""
        return wilson(self.moved, self.calls)


_Missing: TypeAlias = set[Parameter]
_Route: TypeAlias = Callable[[Call, _Missing], int | None]
# True, false, or None where too little is known.
_Truth: TypeAlias = Callable[[Call], bool | None]


def replay(calls: Sequence[Call], *, now: Policy, draft: Policy, salt: str) -> Replay:
    """Route the recorded calls of an alias again; `salt` is the alias's, `now` its policy in force."""
    before_of, after_of = _route(now, salt), _route(draft, salt)
    names = [label(parameter) for parameter in draft.parameters or now.parameters]
    missing: _Missing = set()
    to = Counter[int]()
    keys: set[tuple[str | None, ...]] = set()
    routed = 0
    for call in calls:
        after = after_of(call, missing)
        before = call.version if call.policy == now else before_of(call, set())
        if before is None or after is None:
            continue
        routed += 1
        if before != after:
            to[after] += 1
            keys.add(tuple(call.labels.get(name) for name in names))
    is_known = any(name in call.labels for call in calls for name in names)
    return Replay(
        calls=routed,
        moved=to.total(),
        to=to,
        keys=len(keys - {(None,) * len(names)}) if is_known else None,
        left_out=len(calls) - routed,
        missing=tuple(parameter for parameter in draft.parameters if parameter in missing),
    )


def _route(policy: Policy, salt: str) -> _Route:
    canary = policy.canary
    if canary is None or canary.version == policy.primary:
        return lambda call, missing: policy.primary
    if isinstance(policy.split, Rules):
        return _by_rules(policy.primary, canary.version, policy.split, salt)
    below = canary.weight_bp
    chosen = canary.version

    def by_point(call: Call, missing: _Missing) -> int:
        return chosen if _point(call) < below * POINTS_PER_BP else policy.primary

    if not isinstance(policy.split, Sticky) or below in (0, WHOLE_BP):
        return by_point
    parameter = policy.split.parameter
    bucket_of = _bucket_reader(parameter, salt)

    def by_key(call: Call, missing: _Missing) -> int | None:
        bucket = bucket_of(call)
        if bucket is None:
            missing.add(parameter)
            return None
        if bucket is _NO_KEY:
            return by_point(call, missing)
        return chosen if bucket < below else policy.primary

    return by_key


def _point(call: Call) -> int:
    """The point that the call drew, or one made of its id, 0 to 999999."""
    kind, _, rest = call.reason.partition(" ")
    if kind in _DRAWS and rest.isdigit():
        return int(rest)
    return buckets.unit("", call.id) % POINTS


_NO_KEY: Final = -1


def _bucket_reader(parameter: Parameter, salt: str) -> Callable[[Call], int | None]:
    """What tells a call's bucket, _NO_KEY when it had no key, None when nobody knows."""
    name, wanted = label(parameter), folded(parameter)

    def read(call: Call) -> int | None:
        if call.policy.key is not None and folded(call.policy.key) == wanted:
            recorded = _recorded_bucket(call.reason)
            if recorded is not None:
                return recorded
        if name not in call.labels:
            return None
        value = call.labels[name]
        if value is None:
            return _NO_KEY
        return None if len(value) >= MAX_VALUE else buckets.bucket(salt, value)

    return read


def _recorded_bucket(reason: str) -> int | None:
    """The bucket that a split by key found, as it said itself."""
    kind, *parts = reason.split(" ")
    if kind == "keyless" or (kind == "rules" and parts == ["-"]):
        return _NO_KEY
    if kind in {"sticky", "rules"} and parts and parts[-1].isdigit():
        return int(parts[-1])
    return None


def _by_rules(primary: int, canary: int, rules: Rules, salt: str) -> _Route:
    tests = [(rule.parameter, _truth(rule, salt)) for rule in rules.items]
    decisive = rules.combiner is Combiner.ANY  # the truth that settles the matter alone

    def route(call: Call, missing: _Missing) -> int | None:
        if call.labels.get(KIND) == EVENT or call.reason == "event":
            return primary
        found = [(parameter, test(call)) for parameter, test in tests]
        truths = [truth for _, truth in found]
        if decisive in truths:
            return canary if decisive else primary
        if None in truths:
            missing.update(parameter for parameter, truth in found if truth is None)
            return None
        return primary if decisive else canary

    return route


def _truth(rule: Rule, salt: str) -> _Truth:
    """What tells whether a call meets the rule; a missing parameter meets none."""
    if rule.operator is Operator.PERCENT:
        bucket_of, below = _bucket_reader(rule.parameter, salt), rule.percent * 100

        def falls(call: Call) -> bool | None:
            bucket = bucket_of(call)
            return _recorded_truth(rule, call) if bucket is None else 0 <= bucket < below

        return falls
    name, matches = label(rule.parameter), matcher(rule)

    def meets(call: Call) -> bool | None:
        if name not in call.labels:
            return _recorded_truth(rule, call)
        value = call.labels[name]
        if value is None:
            return False
        return _recorded_truth(rule, call) if len(value) >= MAX_VALUE else matches(value)

    return meets


def _recorded_truth(rule: Rule, call: Call) -> bool | None:
    """How the same rule came out then, if the call met it."""
    split = call.policy.split
    kind, _, rest = call.reason.partition(" ")
    if kind != "rules" or not isinstance(split, Rules) or rule not in split.items:
        return None
    return rest[split.items.index(rule)] == "T"
