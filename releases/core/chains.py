"""A chain of entries: each digest covers the entry and the digest before, so none can be changed or taken out
without every later one telling.

    digest = SHA-256 of canonical JSON of {"previous": ..., "entry": {...}}, in hexadecimal

The first entry's `previous` is empty. Canonical: keys sorted, no blanks, ASCII only, times in UTC.
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
class Broken:
    """Where a chain does not hold, and in what."""

    number: int
    text: str


def digest(previous: str, entry: Mapping[str, Any]) -> str:
    document = {"previous": previous, "entry": entry}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def first_break(links: Iterable[Link]) -> Broken | None:
    """Where the chain, read from its beginning, breaks first; None when it holds."""
    previous = ""
    for link in links:
        if link.previous != previous:
            return Broken(link.number, "does not follow the entry before it: one was taken out or put in")
        if link.digest != digest(previous, link.entry):
            return Broken(link.number, "was changed after it was written")
        previous = link.digest
    return None
