"""Routing decisions: which version serves one call, and why.

A policy is compiled when its alias changes, so that a call pays for one draw and one comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from releases.core.policies import WHOLE_BP, Policy


class Decision(NamedTuple):
    """The version that serves a call, and a short text for the record: "primary" or "random:2"."""

    version: int
    reason: str


Draw: TypeAlias = Callable[[], float]
Decide: TypeAlias = Callable[[], Decision]


def compile_policy(policy: Policy, draw: Draw) -> Decide:
    """Make the decider of `policy`. `draw` gives floats uniform in [0, 1), such as `random.random`.

    Both decisions are made here, once; a call only picks one. A draw below the weight goes to the
    canary (Function Compute's rule), which makes weights of 0 and 10000 exact: they need no draw.
    """
    canary = policy.canary
    if canary is None:
        return _always(Decision(policy.primary, "primary"))
    to_primary = Decision(policy.primary, f"random:{policy.primary}")
    to_canary = Decision(canary.version, f"random:{canary.version}")
    if canary.weight_bp <= 0:
        return _always(to_primary)
    if canary.weight_bp >= WHOLE_BP:
        return _always(to_canary)
    weight = canary.weight
    return lambda: to_canary if draw() < weight else to_primary


def _always(decision: Decision) -> Decide:
    return lambda: decision
