"""Two routing policies side by side: field by field, and rule by rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .fields import Field
from .policies import Policy, format_percent
from .policy_words import condition, split_name
from .rules import Combiner, Rules

NOTHING: Final = ""


class Mark(StrEnum):
    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class RuleLine:
    condition: str
    mark: Mark


def fields(old: Policy, new: Policy) -> list[Field]:
    """Every field that either of them has, in the order of the panel."""
    before, after = _fields(old), _fields(new)
    both = [Field(name, before[name], after[name]) for name in before]
    return [field for field in both if field.old or field.new]


def rules(old: Policy, new: Policy) -> list[RuleLine]:
    """The rules of the old policy, kept or removed, and then those that were added.

    Their order decides nothing and is no change; of equal rules as many are kept as both have.
    """
    left = Counter(_conditions(new))
    lines = []
    for rule in _conditions(old):
        lines.append(RuleLine(rule, Mark.KEPT if left[rule] else Mark.REMOVED))
        left[rule] -= 1 if left[rule] else 0
    return lines + [RuleLine(rule, Mark.ADDED) for rule in left.elements()]


def _fields(policy: Policy) -> dict[str, str]:
    canary, split = policy.canary, policy.split
    by_rule = isinstance(split, Rules)
    weight = format_percent(canary.weight_bp) if canary else NOTHING
    return {
        "Primary version": str(policy.primary),
        "Canary version": str(canary.version) if canary else NOTHING,
        "Canary type": split_name(split) if canary or by_rule else NOTHING,
        "Weight": NOTHING if by_rule else weight,
        "Rule pattern": _pattern(split) if isinstance(split, Rules) else NOTHING,
        "Canary's share of provisioned instances": weight if by_rule else NOTHING,
    }


def _pattern(rules: Rules) -> str:
    return "meet all" if rules.combiner is Combiner.ALL else "meet any"


def _conditions(policy: Policy) -> list[str]:
    return [condition(rule) for rule in policy.split.items] if isinstance(policy.split, Rules) else []
