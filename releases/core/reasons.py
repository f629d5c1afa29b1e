"""The reason of a decision in two or three words, for lists; `releases.core.explain` tells the whole."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from .evenness import POINTS


def brief(reason: str) -> str:
    """ "draw 21.3%", "bucket 8,793", "rules T F -"; a reason that cannot be read is given as it stands."""
    kind, _, rest = reason.partition(" ")
    teller = _TELLERS.get(kind)
    return (teller(rest) if teller is not None else None) or reason


def _fixed(words: str) -> Callable[[str], str | None]:
    return lambda rest: None if rest else words


def _point(words: str) -> Callable[[str], str | None]:
    def told(rest: str) -> str | None:
        return f"{words} {100 * int(rest) / POINTS:.1f}%" if _is_number(rest) else None

    return told


def _bucket(rest: str) -> str | None:
    return f"bucket {int(rest):,}" if _is_number(rest) else None


def _rules(rest: str) -> str | None:
    seen, *numbers = rest.split(" ")
    if not seen or set(seen) - set("TF-") or not all(map(_is_number, numbers)):
        return None
    return f"rules {' '.join(seen)}"


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 8


_TELLERS: Final[dict[str, Callable[[str], str | None]]] = {
    "primary": _fixed("not split"),
    "exact": _fixed("exact weight"),
    "event": _fixed("event call"),
    "die": _point("draw"),
    "even": _point("even"),
    "keyless": _point("no key, draw"),
    "sticky": _bucket,
    "rules": _rules,
}
