"""Three ways: a policy that was proposed on one revision, beside the one that is in force by now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from .policies import Canary, Policy, format_percent
from .policy_words import rules_sentence, split_name
from .rules import Rules


@dataclass(frozen=True, slots=True)
class Field:
    """One field in three columns, in words. `conflict`: both sides changed it, and not to the same."""

    label: str
    base: str
    live: str
    mine: str
    conflict: bool


_FIELDS: Final[tuple[tuple[str, Callable[[Policy], Any]], ...]] = (
    ("Primary version", lambda policy: policy.primary),
    ("Canary version", lambda policy: policy.canary.version if policy.canary else None),
    ("Weight", lambda policy: policy.canary.weight_bp if policy.canary else None),
    ("Canary type", lambda policy: policy.split),
)


def columns(*, base: Policy, live: Policy, mine: Policy) -> list[Field]:
    """Every field that either side changed."""
    found = []
    for label, read in _FIELDS:
        before, now, wanted = read(base), read(live), read(mine)
        if before == now == wanted:
            continue
        conflict = wanted not in (before, now) and now != before
        told = (_words(label, before), _words(label, now), _words(label, wanted))
        found.append(Field(label, *told, conflict))
    return found


def rebased(*, base: Policy, live: Policy, mine: Policy) -> Policy | None:
    """What was proposed, on top of what is in force; None where both changed the same field differently.

    A canary that one side removed and the other changed is such a field: half a canary is none.
    """
    from_base = {label: read(base) for label, read in _FIELDS}
    merged = {}
    for label, read in _FIELDS:
        now, wanted = read(live), read(mine)
        if now != from_base[label] and wanted not in (from_base[label], now):
            return None
        merged[label] = wanted if wanted != from_base[label] else now
    return _policy(merged)


def _policy(merged: dict[str, Any]) -> Policy | None:
    version, weight = merged["Canary version"], merged["Weight"]
    if (version is None) != (weight is None):
        return None
    canary = Canary(version, weight) if version is not None else None
    return Policy(merged["Primary version"], canary, merged["Canary type"])


def _words(label: str, value: Any) -> str:
    if value is None:
        return "none"
    if label == "Weight":
        return format_percent(value)
    if isinstance(value, Rules):
        return f"by rule: calls {rules_sentence(value)}"
    return split_name(value) if label == "Canary type" else str(value)
