"""Numbers as the sentences write them."""

from __future__ import annotations

import math


def count(number: int) -> str:
    """ "2,000"."""
    return f"{number:,}"


def about(number: int) -> str:
    """A need rounded to two significant digits: 16136 -> "16,000"."""
    digits = max(0, math.floor(math.log10(number)) - 1) if number > 0 else 0
    return count(round(number, -digits))


def share(value: float) -> str:
    """A share of one: "30.6%", finer near the ends, where only nothing is 0% and only all is 100%."""
    percent = 100 * value
    if 0 < percent < 0.01:
        return "<0.01%"
    if 99.99 < percent < 100:
        return ">99.99%"
    return _plain(percent, 1 if 1 <= percent <= 99 else 2) + "%"


def points(value: float) -> str:
    """A difference of shares in percentage points: 0.15 -> "15 points"."""
    number = _plain(100 * value, 1 if value >= 0.01 else 2)
    return f"{number} point" if number == "1" else f"{number} points"


def _plain(number: float, decimals: int) -> str:
    text = f"{number:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
