"""Protections in words."""

from __future__ import annotations

from datetime import datetime

from .policies import format_percent
from .protections import Barred, Evidence, Freeze, Protection, When

_BARRED = {
    Barred.AUTHOR: "who proposed it",
    Barred.CONTRIBUTORS: "who edited it",
    Barred.PUBLISHER: "who published its versions",
}


def sentence(protection: Protection) -> str:
    """ "Any change needs 2 approvals and one of group ops." """
    if not protection.when:
        return "Nothing is asked of a change: it takes effect at once."
    asked = f"{_joined(_when(protection)).capitalize()} needs {_joined(_needed(protection), 'and')}"
    barred = [_BARRED[each] for each in sorted(protection.barred)]
    return f"{asked}{f', not of those {_joined(barred)}' if barred else ''}."


def evidence(kind: Evidence) -> str:
    return {
        Evidence.TEST_RUN: "a test run of the canary version that finished without an error",
        Evidence.LINT: "a clean lint",
    }[kind]


def coming(protection: Protection, at: datetime) -> list[Freeze]:
    """The freezes that are not over."""
    return [freeze for freeze in protection.freezes if freeze.end > at]


def _when(protection: Protection) -> list[str]:
    if When.ANY in protection.when:
        return ["any change"]
    told = {
        When.PRIMARY: "another primary version",
        When.WEIGHT_ABOVE: f"a canary weight above {format_percent(protection.weight_above_bp)}",
        When.WEIGHT_RISES: (
            f"a canary weight that rises by more than {protection.weight_rises_bp / 100:g} points"
        ),
        When.RULES: "a change of the rules",
        When.DELETE: "deleting it",
    }
    return [words for when, words in told.items() if when in protection.when]


def _needed(protection: Protection) -> list[str]:
    n = protection.approvals
    needed = [f"{n} approval{'' if n == 1 else 's'}"] if n else []
    needed += [f"an approval of group {group}" for group in protection.groups]
    needed += [evidence(kind) for kind in sorted(protection.evidence)]
    return needed or ["nobody's approval"]


def _joined(words: list[str], last: str = "or") -> str:
    *rest, end = words
    return f"{', '.join(rest)} {last} {end}" if rest else end
