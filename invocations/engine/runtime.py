"""What the engine must know of a language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """How instances of one language are started."""

    name: str
    install: Callable[[Path], Path]
    """Given the folder of runtimes, make this runtime's readable copy there (once) and return its root."""
    command: tuple[str, ...]
    """Starts the worker; `{runtime}` stands for the copy's root. The descriptor's number is added to it."""
    environment: tuple[tuple[str, str], ...] = ()
    """Variables the interpreter itself needs, in the same notation."""
