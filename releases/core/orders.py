"""How a rule compares values: as text, as Function Compute does, or as number or version, our extensions."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(?:\.[0-9]{1,30})?")
_VERSION = re.compile(
    r"v?([0-9]{1,18}(?:\.[0-9]{1,18}){0,7})(?:-([0-9A-Za-z.-]{1,64}))?(?:\+[0-9A-Za-z.-]{1,64})?"
)
_PARTS: Final = 8


class Order(StrEnum):
    """TEXT compares code point by code point: "10" sorts before "9"."""

    TEXT = "text"
    NUMBER = "number"
    VERSION = "version"


def sort_key(order: Order) -> Callable[[str], Any]:
    """Makes of a text what `order` compares; None where the text is no such thing."""
    return _KEYS[order]


def _as_text(text: str) -> str:
    return text


def as_number(text: str) -> Decimal | None:
    """A plain decimal number, such as "-3" or "10.50"."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def as_version(text: str) -> tuple[object, ...] | None:
    """ "1.10.2", "v2" or "1.0.0-rc.1", in the precedence of Semantic Versioning 2.0.0 (section 11)."""
    match = _VERSION.fullmatch(text)
    if match is None:
        return None
    numbers = [int(part) for part in match[1].split(".")]
    padded = numbers + [0] * (_PARTS - len(numbers))
    # A pre-release sorts before its release; numbers in it before words.
    before = match[2]
    if before is None:
        return (*padded, (1,))
    parts = tuple(
        (0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part)
        for part in before.split(".")
    )
    return (*padded, (0, parts))


_KEYS: Final[dict[Order, Callable[[str], Any]]] = {
    Order.TEXT: _as_text,
    Order.NUMBER: as_number,
    Order.VERSION: as_version,
}
