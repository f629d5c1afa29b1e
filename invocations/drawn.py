"""Drawn attributes: headers, cookies and query parameters whose values change from call to call of a run.

The value depends on the run, on the attribute's place in the plan and on the index of the call, and on
nothing else: index i sends the same value however often it is sent, and a chunk may begin anywhere. What is
left to chance is

    die = the first 8 bytes, big-endian, of SHA-256 of "{stream}:{index}"

where the stream is "{run}:{place}". Of stream "7:0" the first four, modulo 10, are 8, 9, 8 and 8.
"""

from __future__ import annotations

import math
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from itertools import accumulate
from typing import Any, Final, TypeAlias

MAX_VALUES: Final = 1000  # of one list
MAX_VALUE: Final = 256  # characters
MAX_KEYS: Final = 1_000_000
MAX_PREFIX: Final = 64
MAX_NAME: Final = 128
TABLE: Final = 4096  # ranks whose Zipf sums are kept; those beyond are computed

Encode: TypeAlias = Callable[[str], bytes]
Value: TypeAlias = Callable[[int], bytes]
"""What an index sends."""
Number: TypeAlias = Callable[[int], int]
"""Which key an index draws, from 1."""


class BadAttribute(ValueError):
    """Cannot be drawn so. `part` is name, values, prefix or count; the text is a sentence."""

    def __init__(self, part: str, text: str) -> None:
        super().__init__(text)
        self.part = part


class Place(StrEnum):
    """Where in the request an attribute stands."""

    HEADER = "Header"
    COOKIE = "Cookie"
    QUERY = "Query"


class Order(StrEnum):
    """How a list is gone through: from its beginning again and again, or by chance."""

    IN_TURN = "in turn"
    AT_RANDOM = "at random"


class Spread(StrEnum):
    """How often each key comes: all equally often, or key number r in proportion to 1/r (Zipf's law)."""

    EVEN = "evenly"
    ZIPF = "Zipf"


@dataclass(frozen=True, slots=True)
class Listed:
    """Values that are given one by one."""

    values: tuple[str, ...]
    order: Order = Order.IN_TURN

    def longest(self, encode: Encode) -> int:
        """Bytes of the longest value."""
        return max(len(encode(value)) for value in self.values)

    def check(self) -> None:
        """Raise BadAttribute."""
        if not 1 <= len(self.values) <= MAX_VALUES:
            raise BadAttribute("values", f"Give from 1 to {MAX_VALUES:,} values, one a line.")
        for value in self.values:
            if len(value) > MAX_VALUE:
                raise BadAttribute(
                    "values", f"A value is too long ({len(value):,} of {MAX_VALUE} characters)."
                )
            if has_controls(value):
                raise BadAttribute("values", "A value holds a control character.")

    def drawn(self, stream: str, encode: Encode) -> Value:
        values = [encode(value) for value in self.values]
        size = len(values)
        if self.order is Order.IN_TURN:
            return lambda index: values[index % size]
        return lambda index: values[die(stream, index) % size]

    def __str__(self) -> str:
        return f"{self.order} from {len(self.values):,} value{'s' if len(self.values) != 1 else ''}"


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys "{prefix}1" to "{prefix}{count}"."""

    count: int
    spread: Spread = Spread.EVEN
    prefix: str = "user-"

    def longest(self, encode: Encode) -> int:
        """Bytes of the longest key."""
        return len(encode(f"{self.prefix}{self.count}"))

    def check(self) -> None:
        """Raise BadAttribute."""
        if not 1 <= self.count <= MAX_KEYS:
            raise BadAttribute("count", f"From 1 to {MAX_KEYS:,} keys.")
        if len(self.prefix) > MAX_PREFIX:
            raise BadAttribute(
                "prefix", f"The prefix is too long ({len(self.prefix)} of {MAX_PREFIX} characters)."
            )
        if has_controls(self.prefix):
            raise BadAttribute("prefix", "The prefix holds a control character.")

    def drawn(self, stream: str, encode: Encode) -> Value:
        number = (evenly if self.spread is Spread.EVEN else zipf)(self.count, stream)
        prefix = encode(self.prefix)
        return lambda index: b"%s%d" % (prefix, number(index))

    def __str__(self) -> str:
        keys = f"{self.count:,} distinct key{'s' if self.count != 1 else ''}"
        return f"{self.spread} from {keys}, {self.prefix}1 to {self.prefix}{self.count}"


@dataclass(frozen=True, slots=True)
class DrawnAttribute:
    """One attribute, and what its values are drawn from."""

    place: Place
    name: str
    source: Listed | Keys

    def document(self) -> dict[str, Any]:
        """What `parse` reads back."""
        named: dict[str, Any] = {"place": self.place.value, "name": self.name}
        source = self.source
        if isinstance(source, Listed):
            return named | {"values": list(source.values), "order": source.order.value}
        return named | {"keys": source.count, "spread": source.spread.value, "prefix": source.prefix}

    def __str__(self) -> str:
        return f"{self.place.lower()} {self.name}: {self.source}"


def parse(document: dict[str, Any]) -> DrawnAttribute:
    """Read what `DrawnAttribute.document` wrote."""
    source: Listed | Keys
    if "values" in document:
        source = Listed(tuple(document["values"]), Order(document["order"]))
    else:
        source = Keys(document["keys"], Spread(document["spread"]), document["prefix"])
    return DrawnAttribute(Place(document["place"]), document["name"], source)


def has_controls(text: str) -> bool:
    """Control characters, and surrogates, which UTF-8 cannot write."""
    return not text.isprintable() and any(
        unicodedata.category(character) in {"Cc", "Cs"} for character in text
    )


def die(stream: str, index: int) -> int:
    """0 to 2^64 - 1."""
    return int.from_bytes(sha256(f"{stream}:{index}".encode()).digest()[:8], "big")


def evenly(count: int, stream: str) -> Number:
    """Each number from 1 to `count` once in every `count` indexes, in an order that each round has to itself.

    The order of a round is n -> n * step + start modulo `count`, with `step` and `count` relatively prime. So
    two attributes of as many keys do not go in step, and nothing grows with `count`.
    """
    order = (-1, 1, 0)

    def number(index: int) -> int:
        nonlocal order
        turn, n = divmod(index, count)
        if turn != order[0]:
            order = (turn, *_order(count, die(stream, turn)))
        return (n * order[1] + order[2]) % count + 1

    return number


def _order(count: int, drawn: int) -> tuple[int, int]:
    """The step and the start of a round."""
    step, start = divmod(drawn, count)
    step %= count
    while math.gcd(step, count) != 1:
        step += 1
    return step, start


def zipf(count: int, stream: str) -> Number:
    """Number r with a chance in proportion to 1/r.

    The sums 1 + 1/2 + ... + 1/r are looked up for the first TABLE numbers. Beyond them, where
    ln((r + 1/2) / (r - 1/2)) is 1/r but for 5 parts in 10^9, they are inverted in closed form: 32 KB serve
    a million keys.
    """
    sums = list(accumulate(1 / r for r in range(1, min(count, TABLE) + 1)))
    edge = len(sums) + 0.5
    total = sums[-1] + math.log((count + 0.5) / edge)

    def number(index: int) -> int:
        wanted = die(stream, index) / 2**64 * total
        if wanted < sums[-1]:
            return bisect_right(sums, wanted) + 1
        return min(count, int(edge * math.exp(wanted - sums[-1]) - 0.5) + 1)

    return number
