"""Typed readers of environment variables. A bad value is one clear line, never a guess."""

from __future__ import annotations

import os
from pathlib import Path


class BadEnvironment(Exception):
    """An environment variable has a value that cannot be used. The text names the variable."""


def text(name: str, default: str = "") -> str:
    """The variable, or the default when it is unset or empty."""
    return os.environ.get(name) or default


def integer(name: str, default: int, *, low: int = 0, high: int = 2**31 - 1) -> int:
    raw = text(name)
    if not raw:
        return default
    if not raw.isascii() or not raw.isdigit() or not low <= int(raw) <= high:
        raise BadEnvironment(f"{name} must be a whole number from {low} to {high}, not {raw!r}")
    return int(raw)


def port(name: str, default: int) -> int:
    return integer(name, default, low=1, high=65535)


def flag(name: str, default: bool = False) -> bool:
    raw = text(name).lower()
    if not raw:
        return default
    if raw not in {"0", "1", "false", "true", "no", "yes"}:
        raise BadEnvironment(f"{name} must be 1 or 0, not {raw!r}")
    return raw in {"1", "true", "yes"}


def names(name: str, default: list[str]) -> list[str]:
    """A comma-separated list."""
    raw = text(name)
    return [part.strip() for part in raw.split(",") if part.strip()] if raw else default


def folder(name: str, default: Path) -> Path:
    return Path(text(name, str(default))).expanduser().resolve()


def home() -> Path:
    """Where everything lives that Serin writes."""
    return folder("SERIN_HOME", Path(__file__).resolve().parent.parent / "var")
