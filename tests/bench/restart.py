"""How long `manage.py up` takes on a home that has been up before."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from console.stack import throwaway

from .figures import Figure


def second_start() -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="serin-bench-") as folder:
        home = Path(folder).resolve()
        first, second = (_seconds_until_ready(home) for _ in range(2))
    return [Figure("manage.py up, the second time", second, "s", "the first time, empty home", first)]


def _seconds_until_ready(home: Path) -> float:
    since = time.perf_counter()
    with throwaway.whole_stack(home):
        return time.perf_counter() - since
