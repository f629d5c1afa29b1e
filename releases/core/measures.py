"""How a split is measured: what is counted, and against what."""

from __future__ import annotations

from enum import StrEnum

from .policies import WHOLE_BP, Even, Policy
from .rules import Rules


class Measure(StrEnum):
    CALLS = "calls"  # each draws by itself
    EVEN = "even"  # calls, spread by a sequence
    KEYS = "keys"  # each distinct one is drawn once, its calls follow
    RULES = "rules"  # no chance is involved


def measure_of(policy: Policy) -> Measure | None:
    """None where nothing is split. A weight of 0% or 100% draws nothing: each of its calls is held to it."""
    canary = policy.canary
    if canary is None or canary.version == policy.primary:
        return None
    if isinstance(policy.split, Rules):
        return Measure.KEYS if policy.key else Measure.RULES
    if not 0 < canary.weight_bp < WHOLE_BP:
        return Measure.CALLS
    if policy.key:
        return Measure.KEYS
    return Measure.EVEN if isinstance(policy.split, Even) else Measure.CALLS


def share_of(policy: Policy) -> float | None:
    """The share, of one, that the canary shall get of what is measured; None where none is configured."""
    return None if policy.share_bp is None else policy.share_bp / WHOLE_BP
