"""Ending what a hard kill of the supervisor has left behind."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

# Every process of a stack carries its home folder in this variable, and hands it on to its own children.
MARK = "SERIN_STACK"


def end_leftovers(home: Path) -> int:
    """Kill every process that a stack on this home started; returns how many there were.

    Called with the home's lock held: whatever is still there then has lost its supervisor.
    """
    found = list(_marked(home))
    for process in found:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    return len(found)


def _marked(home: Path) -> Iterator[int]:
    mark = f"{MARK}=".encode() + os.fsencode(home)
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit() or int(folder.name) == os.getpid():
            continue
        with suppress(OSError):  # another user's, or gone by now
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)
