"""Records invocations: counts into traffic buckets and rows; no caller ever waits for the database.

`record` adds to counters and a bounded queue in memory. A thread of the recorder's own commits them a few
times a second, in batches; see `invocations.batches`. While the database is away the counters keep
counting - their size depends on how many functions, versions and revisions are called, not on how often - and
of the rows the oldest are dropped, and counted. Distinct keys are bounded (`invocations.units`), and so are
the labels of calls: each batch keeps an even sample of those that came since the one before.
"""

from __future__ import annotations

import logging
import random
import threading
import time
import uuid
from bisect import bisect_left
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg

from invocations.batches import Batch, Cell, CellKey, Labelled, Row, Writer
from invocations.units import Units

logger = logging.getLogger(__name__)

# Upper bounds of the latency histogram, microseconds: 125 us doubling up to 1048 s. A bucket has one count
# per bound (durations at most that long) and a last one for what is longer still.
LATENCY_BOUNDS_US = tuple(125 << n for n in range(24))

FLUSH_EVERY_S = 0.25
MAX_BACKOFF_S = 5.0
MAX_ROWS = 200_000
MAX_LOG_BYTES = 64 * 2**20
ROWS_PER_BATCH = 5_000
UNITS_PER_BATCH = 5_000
LABELS_PER_BATCH = 100
LOG_TAIL = 4096
SLOT_S = 10


@dataclass(frozen=True, slots=True)
class Backlog:
    """What has been recorded and is not yet in the database, and what never will be."""

    invocations: int
    rows: int
    dropped_rows: int
    last_commit_age_s: float | None


class Recorder:
    """One per process. `conninfo` is libpq's; `start` begins writing, `close` writes what is left."""

    def __init__(
        self, conninfo: str, *, max_rows: int = MAX_ROWS, max_log_bytes: int = MAX_LOG_BYTES
    ) -> None:
        self._max_rows = max_rows
        self._max_log_bytes = max_log_bytes
        self._rows: deque[Row] = deque()
        self._log_bytes = 0
        self._dropped = 0
        self._cells: dict[CellKey, Cell] = {}
        self._units = Units()
        self._labelled: list[Labelled] = []
        self._labels_seen = 0
        self._recorded = 0
        self._committed = 0
        self._committed_at: float | None = None
        # Held for a few instructions on either side: the caller never waits for input or output.
        self._lock = threading.Lock()
        self._writer = Writer(conninfo, recorder=uuid.uuid4())
        self._batch: Batch | None = None
        self._number = 0
        self._stopping = threading.Event()
        self._deadline = float("inf")
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)

    def record(
        self,
        *,
        request_id: str,
        started_at: float,
        region: str,
        service: str,
        function: str,
        qualifier: str,
        version: str,
        alias_revision: int,
        decision: str,
        outcome: str,
        error: bool,
        duration_us: int,
        memory_kb: int,
        cold: bool,
        instance: str,
        log: bytes,
        unit_hash: int = 0,
        labels: Mapping[str, Any] | None = None,
    ) -> None:
        """Count one invocation and queue its row. Times are seconds since the epoch.

        It is counted in the slot in which it ended: a slot that has passed does not change any more. What
        `unit_hash` (unsigned, 0 for none) and `labels` (of JSON) mean is the caller's business.
        """
        log = log[-LOG_TAIL:]
        slot = int(started_at + duration_us / 1e6) // SLOT_S * SLOT_S
        key = (alias_revision, region, service, function, version, slot)
        row = (
            request_id,
            started_at,
            region,
            service,
            function,
            qualifier,
            version,
            alias_revision,
            decision,
            outcome,
            duration_us,
            memory_kb,
            cold,
            instance,
            log,
        )
        with self._lock:
            self._count(key, error, duration_us)
            if unit_hash and alias_revision:
                self._units.note(alias_revision, unit_hash, version, started_at)
            if labels is not None:
                self._sample((request_id, started_at, alias_revision, version, decision, labels))
            self._queue(row)

    def _count(self, key: CellKey, error: bool, duration_us: int) -> None:
        cell = self._cells.get(key)
        if cell is None:
            cell = self._cells[key] = Cell(len(LATENCY_BOUNDS_US) + 1)
        cell.invocations += 1
        cell.errors += error
        cell.duration_us += duration_us
        cell.latency[bisect_left(LATENCY_BOUNDS_US, duration_us)] += 1
        self._recorded += 1

    def _queue(self, row: Row) -> None:
        """Behind the others; when there is no room, the oldest go."""
        self._rows.append(row)
        self._log_bytes += len(row[-1])
        while len(self._rows) > self._max_rows or self._log_bytes > self._max_log_bytes:
            self._log_bytes -= len(self._rows.popleft()[-1])
            self._dropped += 1

    def _sample(self, labelled: Labelled) -> None:
        """Keep every call's labels while they are few, then each with the same chance (Vitter's R)."""
        self._labels_seen += 1
        if len(self._labelled) < LABELS_PER_BATCH:
            self._labelled.append(labelled)
            return
        place = random.randrange(self._labels_seen)  # noqa: S311 - a sample, not a secret
        if place < LABELS_PER_BATCH:
            self._labelled[place] = labelled

    def start(self) -> None:
        self._thread.start()

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what is left, for at most about `timeout_s`."""
        self._deadline = time.monotonic() + timeout_s
        self._stopping.set()
        self._thread.join(timeout_s)
        left = self.backlog(time.monotonic())
        if left.invocations or left.rows:
            logger.error("%d invocations and %d rows could not be recorded", left.invocations, left.rows)

    def backlog(self, now: float) -> Backlog:
        """`now` is `time.monotonic()`."""
        with self._lock:
            batch, committed_at = self._batch, self._committed_at
            return Backlog(
                invocations=self._recorded - self._committed,
                rows=len(self._rows) + (len(batch.rows) if batch else 0),
                dropped_rows=self._dropped,
                last_commit_age_s=None if committed_at is None else round(now - committed_at, 3),
            )

    def _run(self) -> None:
        pause = FLUSH_EVERY_S
        while not self._stopping.wait(pause):
            pause = FLUSH_EVERY_S if self._flush() else min(pause * 2, MAX_BACKOFF_S)
        while time.monotonic() < self._deadline and self._has_work():
            if not self._flush():
                time.sleep(FLUSH_EVERY_S)
        self._writer.close()

    def _has_work(self) -> bool:
        return bool(self._batch or self._cells or self._rows or self._units)

    def _flush(self) -> bool:
        """Commit a batch, and more while they come out full; False when the database did not take one."""
        full = True
        while full and (batch := self._next_batch()):
            full = len(batch.rows) == ROWS_PER_BATCH or len(batch.units) == UNITS_PER_BATCH
            try:
                lost = self._writer.commit(batch)
            except Exception as error:  # this thread must go on: without it nothing is recorded any more
                expected = isinstance(error, psycopg.Error)
                first_line = str(error).partition("\n")[0]
                trace = None if expected else error
                logger.warning("recording waits for the database: %s", first_line, exc_info=trace)
                return False
            with self._lock:
                self._batch = None
                self._dropped += lost
                self._committed += batch.invocations
                self._committed_at = time.monotonic()
        return True

    def _next_batch(self) -> Batch | None:
        """The batch under way, or a new one; None when there is nothing to write.

        A batch once tried is never changed: nobody can tell a lost answer from a lost commit.
        """
        with self._lock:
            if self._batch is None and (self._cells or self._rows or self._units):
                self._number += 1
                rows = [self._rows.popleft() for _ in range(min(len(self._rows), ROWS_PER_BATCH))]
                self._log_bytes -= sum(len(row[-1]) for row in rows)
                cells, self._cells = self._cells, {}
                labelled, self._labelled, self._labels_seen = self._labelled, [], 0
                self._batch = Batch(self._number, rows, cells, self._units.take(UNITS_PER_BATCH), labelled)
            return self._batch
