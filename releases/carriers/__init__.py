"""How a message leaves the house: by HTTP or by SMTP. It knows no rows, and its callers know no protocol."""

from __future__ import annotations


class NotDelivered(Exception):
    """It did not arrive, or may not have; the text is one line for those who look why.

    `is_away` when nobody was reached, so that the next message there would wait as long for nothing.
    """

    def __init__(self, why: str, *, is_away: bool = False) -> None:
        super().__init__(" ".join(why.split())[:256])
        self.is_away = is_away
