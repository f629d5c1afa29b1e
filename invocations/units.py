"""The distinct keys that a recorder has seen, so that each is sent to the database once.

Memory is bounded: of a revision the first MAX_PER_REVISION keys are told apart, and when all revisions
together have MAX_TOTAL, the one whose first key came longest ago is forgotten. What is forgotten and comes
again is sent again; the database keeps it once.
"""

from __future__ import annotations

from typing import Final, TypeAlias

# alias revision, the key's hash as a signed number of 64 bits, version
Unit: TypeAlias = tuple[int, int, str]

MAX_PER_REVISION: Final = 100_000
MAX_TOTAL: Final = 400_000
_SIGN: Final = 1 << 63
_WHOLE: Final = 1 << 64


class Units:
    """Not for several threads at once: its recorder holds its lock."""

    def __init__(self, *, per_revision: int = MAX_PER_REVISION, total: int = MAX_TOTAL) -> None:
        self._per_revision = per_revision
        self._total = total
        self._count = 0
        self._known: dict[int, set[tuple[int, str]]] = {}
        self._waiting: dict[Unit, float] = {}

    def note(self, alias_revision: int, unit_hash: int, version: str, at: float) -> None:
        """A call of this key; `unit_hash` is unsigned, `at` in seconds since the epoch."""
        known = self._known.setdefault(alias_revision, set())
        key = (signed(unit_hash), version)
        if key in known or len(known) >= self._per_revision or len(self._waiting) >= self._total:
            return
        known.add(key)
        self._count += 1
        self._waiting[(alias_revision, *key)] = at
        while self._count > self._total:
            self._count -= len(self._known.pop(next(iter(self._known))))

    def __bool__(self) -> bool:
        """Whether some wait to be written."""
        return bool(self._waiting)

    def take(self, limit: int) -> dict[Unit, float]:
        """At most `limit` of those that wait, with the time at which each was first seen."""
        if len(self._waiting) <= limit:
            taken, self._waiting = self._waiting, {}
            return taken
        units = [unit for unit, _ in zip(self._waiting, range(limit), strict=False)]
        return {unit: self._waiting.pop(unit) for unit in units}


def signed(unit_hash: int) -> int:
    """As a column of 64 bits holds it."""
    return unit_hash - _WHOLE if unit_hash >= _SIGN else unit_hash
