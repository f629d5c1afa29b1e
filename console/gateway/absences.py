"""Names that were looked for in vain a moment ago, so that whoever repeats them is not looked for again."""

from __future__ import annotations

import time
from collections.abc import Hashable

ABSENT_S = 1.0
MOST = 10_000


class Absences:
    """Forgets each name after `ABSENT_S`, and all of them rather than hold more than `MOST`."""

    def __init__(self) -> None:
        self._until: dict[Hashable, float] = {}

    def __contains__(self, name: Hashable) -> bool:
        return self._until.get(name, 0.0) > time.monotonic()

    def note(self, name: Hashable) -> None:
        if len(self._until) >= MOST:
            self._until.clear()
        self._until[name] = time.monotonic() + ABSENT_S
