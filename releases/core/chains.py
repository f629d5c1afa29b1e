"""A chain of entries: each digest covers the entry and the digest before, so none can be changed or taken out
without every later one telling.

    digest = SHA-256 of canonical JSON of {"previous": ..., "entry": {...}}, in hexadecimal

The first entry's `previous` is empty. Canonical: keys sorted, no blanks, ASCII only, times in UTC. What was
written before there was a chain has no digest, and comes before all that has one.

A chain does not know its own end: whoever cuts entries off its end, or writes all of it anew, leaves one that
holds. So its head is kept elsewhere (`Head`), and looked for later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as it was read back. `number` is what the reader knows it by."""

    number: int
    entry: Mapping[str, Any]
    previous: str
    digest: str


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry of a chain."""

    number: int
    digest: str


@dataclass(frozen=True, slots=True)
class Broken:
    """Where a chain does not hold, and in what."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a chain, up to where it breaks. `unchained` entries came before it began.

    `head` is the last entry that holds; None when there is none.
    """

    chained: int
    unchained: int
    head: Head | None
    broken: Broken | None


def digest(previous: str, entry: Mapping[str, Any]) -> str:
    document = {"previous": previous, "entry": entry}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def read(links: Iterable[Link], *, start: Head | None = None) -> Reading:
    """Follow a chain from its beginning, or from an entry that held when it was read before.

    With `start`, the first link must be that entry; it is read again but counted no more.
    """
    chained = unchained = 0
    head: Head | None = None
    for link in links:
        if start is not None and head is None:
            broken = _not_the_start(link, start)
        elif head is None and not link.digest and not link.previous:
            unchained += 1
            continue
        else:
            broken = _not_next(link, head.digest if head else "")
        if broken is not None:
            return Reading(chained, unchained, head, broken)
        chained += 0 if start is not None and head is None else 1
        head = Head(link.number, link.digest)
    if start is not None and head is None:
        return Reading(0, 0, None, Broken(start.number, "was taken out after it had been verified"))
    return Reading(chained, unchained, head, None)


def _not_the_start(link: Link, start: Head) -> Broken | None:
    if link.number != start.number:
        return Broken(start.number, "was taken out after it had been verified")
    if link.digest != start.digest or link.digest != digest(link.previous, link.entry):
        return Broken(start.number, "was changed after it had been verified")
    return None


def _not_next(link: Link, previous: str) -> Broken | None:
    if not link.digest:
        return Broken(link.number, "has no digest although the chain had begun: it was put in")
    if link.previous != previous:
        return Broken(link.number, "does not follow the entry before it: one was taken out or put in")
    if link.digest != digest(previous, link.entry):
        return Broken(link.number, "was changed after it was written")
    return None
