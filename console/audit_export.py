"""Entries of the audit log as CSV and as JSON, piece by piece: memory does not grow with the log.

Both hold all that the digests cover, so that they can be verified without Serin (docs/audit.md).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice
from typing import Any, Final

from releases.models import AuditEntry
from releases.queries import audit

COLUMNS: Final = (
    *("number", "at", "by", "person", "source", "action", "region", "object", "team", "before", "after"),
    *("reason", "request", "ip", "previous", "digest"),
)
ROWS: Final = 500
"""Entries of one piece."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")


def csv_pieces(rows: Iterable[AuditEntry]) -> Iterator[str]:
    """A line of names, then one per entry. `before` and `after` are JSON, or empty."""
    yield _lines([COLUMNS])
    for part in _parts(rows):
        yield _lines([[_cell(document[name]) for name in COLUMNS] for document in part])


def json_pieces(rows: Iterable[AuditEntry]) -> Iterator[str]:
    """An array with an entry on each line. One that was cut off is no JSON, and says so by that."""
    before = "[\n"
    for part in _parts(rows):
        yield before + ",\n".join(json.dumps(document, sort_keys=False) for document in part)
        before = ",\n"
    yield "\n]\n" if before != "[\n" else "[]\n"


def _parts(rows: Iterable[AuditEntry]) -> Iterator[list[dict[str, Any]]]:
    left = iter(rows)
    people: dict[int, str] = {}
    while part := list(islice(left, ROWS)):
        people |= audit.names(row for row in part if row.by_id not in people)
        yield [_document(row, people.get(row.by_id, "")) for row in part]


def _document(row: AuditEntry, person: str) -> dict[str, Any]:
    chain = {"number": row.pk, "person": person, "previous": row.previous, "digest": row.digest}
    whole = audit.entry_of(row) | chain
    return {name: whole[name] for name in COLUMNS}


def _lines(rows: Iterable[Iterable[str]]) -> str:
    text = StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cell(value: object) -> str:
    """As text that no spreadsheet takes for a formula: a quote stands before what might be one, and before a
    quote, so that taking one off gives the value back.
    """
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
