"""Commits a recorder's batches: rows by COPY, counts by upsert into three tiers of buckets, once each.

Distinct keys go along, and of the calls whose labels shall be kept a sample.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, TypeAlias

import psycopg

from invocations.units import Unit

# request id, started at, region, service, function, qualifier, version, alias revision, decision, outcome,
# duration in us, memory in KB, cold, instance, log
Row: TypeAlias = tuple[str, float, str, str, str, str, str, int, str, str, int, int, bool, str, bytes]
# request id, started at, alias revision, version, decision, labels
Labelled: TypeAlias = tuple[str, float, int, str, str, Mapping[str, Any]]
# alias revision, region, service, function, version, start of the ten seconds
CellKey: TypeAlias = tuple[int, str, str, str, str, int]

TIERS_S = (10, 300, 3600)
# How many rows are formatted at a stretch: about 1 ms of the interpreter, which calls wait for.
SLICE = 200
# What an instance tells of its memory may be a lie of 32 bits, and a row that fits no column costs its batch.
MAX_MEMORY_KB = 2**31 - 1
# A server that accepts connections but does not answer must not hold the thread for ever.
SERVER_OPTIONS = "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"

COPY = """
COPY invocations_invocation (request_id, started_at, region, service, function, qualifier, version,
    alias_revision, decision, outcome, duration_us, memory_kb, cold, instance, log) FROM STDIN
"""
COPY_LABELS = """
COPY invocations_invocationlabels (request_id, at, alias_revision, version, decision, labels) FROM STDIN
"""
ADD_UNITS = """
INSERT INTO invocations_trafficunit (alias_revision, unit_hash, version, at)
SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])
ON CONFLICT DO NOTHING
"""
CLAIM = """
INSERT INTO invocations_recorderbatch AS seen (recorder, last, at) VALUES (%s, %s, now())
ON CONFLICT (recorder) DO UPDATE SET last = EXCLUDED.last, at = EXCLUDED.at WHERE seen.last < EXCLUDED.last
RETURNING last
"""
UPSERT = """
INSERT INTO invocations_trafficbucket AS bucket (alias_revision, region, service, function, version, tier,
    start, invocations, errors, duration_us, latency)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT ON CONSTRAINT one_traffic_bucket DO UPDATE SET
    invocations = bucket.invocations + EXCLUDED.invocations,
    errors = bucket.errors + EXCLUDED.errors,
    duration_us = bucket.duration_us + EXCLUDED.duration_us,
    latency = (SELECT array_agg(coalesce(old, 0) + coalesce(new, 0) ORDER BY place)
               FROM unnest(bucket.latency, EXCLUDED.latency) WITH ORDINALITY AS pair (old, new, place))
"""


class Cell:
    """Counts of one key; `latency` per bound, in the recorder's order."""

    __slots__ = ("duration_us", "errors", "invocations", "latency")

    def __init__(self, places: int) -> None:
        self.invocations = 0
        self.errors = 0
        self.duration_us = 0
        self.latency = [0] * places

    def add(self, other: Cell) -> None:
        self.invocations += other.invocations
        self.errors += other.errors
        self.duration_us += other.duration_us
        self.latency = [mine + theirs for mine, theirs in zip(self.latency, other.latency, strict=True)]


@dataclass(frozen=True, slots=True)
class Batch:
    """`number` rises by one from batch to batch of a recorder."""

    number: int
    rows: list[Row]
    cells: dict[CellKey, Cell]
    units: dict[Unit, float] = field(default_factory=dict)
    labelled: list[Labelled] = field(default_factory=list)

    @property
    def invocations(self) -> int:
        return sum(cell.invocations for cell in self.cells.values())


class Writer:
    """A connection that is opened when needed and thrown away after any error."""

    def __init__(self, conninfo: str, *, recorder: uuid.UUID) -> None:
        self._conninfo = conninfo
        self._recorder = recorder
        self._connection: psycopg.Connection | None = None

    def commit(self, batch: Batch) -> int:
        """Write a batch that may have been written before: it counts once.

        Returns how many of its rows were given up because the database refuses their content; the counts
        never are. Raises `psycopg.Error` when the batch must be tried again.
        """
        try:
            return self._commit(batch, with_rows=True)
        except (psycopg.DataError, psycopg.IntegrityError):
            return self._commit(batch, with_rows=False)
        except psycopg.Error:
            self.close()
            raise

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _commit(self, batch: Batch, *, with_rows: bool) -> int:
        if self._connection is None:
            self._connection = psycopg.connect(self._conninfo, connect_timeout=5, options=SERVER_OPTIONS)
        with self._connection.transaction(), self._connection.cursor() as cursor:
            if cursor.execute(CLAIM, [self._recorder, batch.number]).fetchone() is None:
                return 0
            if with_rows and batch.rows:
                with cursor.copy(COPY) as copy:
                    for text in copy_text(batch.rows):
                        copy.write(text)
                        time.sleep(0)
            if with_rows and batch.labelled:
                with cursor.copy(COPY_LABELS) as copy:
                    copy.write("".join(map(_labelled_line, batch.labelled)))
            # In one order for all recorders, or two of them could wait for each other's rows.
            cursor.executemany(UPSERT, buckets(batch.cells))
            if batch.units:
                cursor.execute(ADD_UNITS, unit_columns(batch.units))
        return 0 if with_rows else len(batch.rows)


def buckets(cells: dict[CellKey, Cell]) -> list[tuple[Any, ...]]:
    """The parameters of UPSERT, one bucket per tier and key, sorted by key."""
    sums: dict[tuple[int, str, str, str, str, int, int], Cell] = {}
    for (revision, region, service, function, version, slot), cell in cells.items():
        for tier in TIERS_S:
            key = (revision, region, service, function, version, tier, slot // tier * tier)
            sums.setdefault(key, Cell(len(cell.latency))).add(cell)
    return [
        (
            *names,
            datetime.fromtimestamp(start, UTC),
            cell.invocations,
            cell.errors,
            cell.duration_us,
            cell.latency,
        )
        for (*names, start), cell in sorted(sums.items(), key=itemgetter(0))
    ]


def unit_columns(units: Mapping[Unit, float]) -> list[list[Any]]:
    """The parameters of ADD_UNITS, sorted for the same reason as the buckets."""
    ordered = sorted(units)
    times = [datetime.fromtimestamp(units[unit], UTC) for unit in ordered]
    return [*([unit[place] for unit in ordered] for place in range(3)), times]


def copy_text(rows: list[Row]) -> Iterator[str]:
    """The rows in the text format of COPY, some at a time.

    By hand, for it is a third of the work of psycopg's `write_row`, and the interpreter that does it is
    the one that serves calls.
    """
    for first in range(0, len(rows), SLICE):
        yield "".join([_line(row) for row in rows[first : first + SLICE]])


def _line(row: Row) -> str:
    request_id, started, region, service, function, qualifier, version, revision = row[:8]
    decision, outcome, duration_us, memory_kb, cold, instance, log = row[8:]
    return (
        f"{request_id}\t{datetime.fromtimestamp(started, UTC).isoformat()}\t{region}\t{service}\t{function}\t"
        f"{qualifier}\t{version}\t{revision}\t{_escaped(decision[:200])}\t{outcome}\t{duration_us}\t"
        f"{min(memory_kb, MAX_MEMORY_KB)}\t{'t' if cold else 'f'}\t{_escaped(instance)}\t"
        f"{_escaped(log.decode('utf-8', 'replace'))}\n"
    )


def _labelled_line(labelled: Labelled) -> str:
    request_id, at, revision, version, decision, labels = labelled
    return (
        f"{request_id}\t{datetime.fromtimestamp(at, UTC).isoformat()}\t{revision}\t{version}\t"
        f"{_escaped(decision[:200])}\t{_escaped(_document(labels))}\n"
    )


def _document(labels: Mapping[str, Any]) -> str:
    """JSON that PostgreSQL takes: it knows neither NUL nor half a surrogate pair."""
    kept = {_text(name): _text(value) if isinstance(value, str) else value for name, value in labels.items()}
    return json.dumps(kept, ensure_ascii=False)


def _text(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _escaped(text: str) -> str:
    """As COPY reads it back; NUL, which no text in PostgreSQL can hold, goes away."""
    return (
        text.replace("\\", "\\\\")
        .replace("\n", "\\n")
        .replace("\t", "\\t")
        .replace("\r", "\\r")
        .replace("\0", "")
    )
