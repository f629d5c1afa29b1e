"""What `manage.py up` writes: one line at a time, with the name of whoever says it."""

from __future__ import annotations

import sys


def say(who: str, line: str) -> None:
    sys.stdout.write(f"{who:>8} | {line}\n")
    sys.stdout.flush()
