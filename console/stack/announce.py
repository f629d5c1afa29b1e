"""What `manage.py up` writes: one line at a time, with the name of whoever says it."""

from __future__ import annotations

import sys
from contextlib import suppress


def say(who: str, line: str) -> None:
    # A terminal that was closed, or a pipe nobody reads, must not keep the stack from running or stopping.
    with suppress(OSError):
        sys.stdout.write(f"{who:>8} | {line}\n")
        sys.stdout.flush()
