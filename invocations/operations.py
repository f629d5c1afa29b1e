"""Writing test runs: chunks are leases over indexes, and each index is counted once.

Lock order: the run, then its chunk, then its counts.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet, Sum

from .driver import Answer
from .models import TestRun, TestRunChunk, TestRunTally
from .queries import SENT
from .queue import enqueue
from .refusals import Refused
from .request_plan import RequestPlan

MAX_TOTAL = 1_000_000
MAX_CONCURRENCY = 256
MAX_PAYLOADS = 100
MAX_PAYLOAD_BYTES = 128 * 1024  # of all payloads of a run together
LANE = 128  # calls that one task keeps in flight; two worker processes keep MAX_CONCURRENCY
MAX_OUTCOMES = 256  # that one tally can tell apart
# A chunk is counted as it goes, so a large one loses no more with its holder; each costs a lease and a lull.
CHUNKS, MIN_CHUNK, MAX_CHUNK = 8, 100, 5000
LEASE = timedelta(seconds=8)
LOOK = timedelta(seconds=4)

Status = TestRun.Status
_UNFINISHED = Q(done__lt=F("size"))


class BadRun(ValueError):
    """What was asked for is out of bounds. `field` names the part, the text is for the person."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


class AlreadyEnded(Refused):
    """A run that is over cannot be cancelled."""


class LeaseLost(Exception):
    """The chunk was given to another holder: what this one holds must not be counted."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to call indexes `first` .. `first + size - 1` of a run with so many calls in flight."""

    run: TestRun
    chunk_id: int
    holder: uuid.UUID
    offset: int
    first: int
    size: int
    connections: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a test run shall do. `payloads` are for event functions, `request` is for HTTP functions."""

    region: str
    service: str
    function: str
    qualifier: str
    payloads: Sequence[str] = ()
    total: int
    concurrency: int
    request: RequestPlan | None = None

    def check(self) -> None:
        """Raise BadRun or BadRequestPlan."""
        if not 1 <= self.total <= MAX_TOTAL:
            raise BadRun("total", f"from 1 to {MAX_TOTAL:,} invocations")
        if not 1 <= self.concurrency <= MAX_CONCURRENCY:
            raise BadRun("concurrency", f"from 1 to {MAX_CONCURRENCY} at once")
        if self.request is not None:
            self.request.check()
            return
        if not 1 <= len(self.payloads) <= MAX_PAYLOADS:
            raise BadRun("payloads", f"from 1 to {MAX_PAYLOADS} payloads")
        if any("\0" in payload for payload in self.payloads):
            raise BadRun("payloads", "a payload cannot hold the NUL character")
        try:
            size = sum(len(payload.encode()) for payload in self.payloads)
        except UnicodeEncodeError:
            raise BadRun("payloads", "a payload must be text that UTF-8 can write") from None
        if size > MAX_PAYLOAD_BYTES:
            raise BadRun("payloads", f"payloads are too large ({size:,} of {MAX_PAYLOAD_BYTES:,} bytes)")


@transaction.atomic
def start_run(plan: Plan, *, by: str, at: datetime) -> TestRun:
    """Queue a run and offer its chunks. Raises BadRun or BadRequestPlan."""
    plan.check()
    run = TestRun.objects.create(
        region=plan.region,
        service=plan.service,
        function=plan.function,
        qualifier=plan.qualifier,
        payloads=list(plan.payloads),
        request=plan.request.document() if plan.request else None,
        total=plan.total,
        concurrency=plan.concurrency,
        created_by=by,
        created_at=at,
        next_look_at=at + LOOK,
    )
    size = min(MAX_CHUNK, max(MIN_CHUNK, plan.total // CHUNKS))
    TestRunChunk.objects.bulk_create(
        TestRunChunk(run=run, first=first, size=min(size, plan.total - first))
        for first in range(0, plan.total, size)
    )
    _call_lanes(run, free=plan.concurrency)
    return run


@transaction.atomic
def cancel_run(run: TestRun, *, at: datetime) -> TestRun:
    """Ask the lanes to stop; each does at its next count. Raises AlreadyEnded."""
    run = TestRun.objects.select_for_update().get(pk=run.pk)
    if run.status in {Status.FINISHED, Status.CANCELLED}:
        raise AlreadyEnded(f"test run {run.pk} is {run.status} already")
    run.status = Status.CANCELLING
    _end_if_idle(run, at)
    run.save(update_fields=["status", "finished_at", "next_look_at"])
    return run


@transaction.atomic
def lease_chunk(run_id: int, *, at: datetime) -> Lease | None:
    """The next chunk that nobody works on, or None: nothing left, or the concurrency is used up."""
    run = TestRun.objects.select_for_update().filter(pk=run_id).first()
    if run is None or run.status not in {Status.QUEUED, Status.RUNNING}:
        return None
    free = run.concurrency - _in_flight(run, at)
    chunk = _offered(run, at).order_by("first").first()
    if free <= 0 or chunk is None:
        return None
    if run.status == Status.QUEUED:
        run.status, run.started_at = Status.RUNNING, at
        run.save(update_fields=["status", "started_at"])
    chunk.holder = uuid.uuid4()
    chunk.leased_until = at + LEASE
    chunk.connections = min(free, LANE)
    chunk.save(update_fields=["holder", "leased_until", "connections"])
    return Lease(
        run,
        chunk.pk,
        chunk.holder,
        chunk.done,
        chunk.first + chunk.done,
        chunk.size - chunk.done,
        chunk.connections,
    )


@transaction.atomic
def count(lease: Lease, offset: int, answers: Sequence[Answer], *, at: datetime) -> bool:
    """Count the answers to the next `len(answers)` indexes of a leased chunk, and renew the lease.

    `offset` is how many indexes of the chunk were counted before. Returns whether to go on. Raises
    LeaseLost, with nothing counted, when the chunk is held by another.
    """
    run = TestRun.objects.select_for_update().defer(*SENT).get(pk=lease.run.pk)
    held = TestRunChunk.objects.filter(pk=lease.chunk_id, holder=lease.holder, done=offset)
    go_on = run.status == Status.RUNNING
    renewed = held.update(done=offset + len(answers), leased_until=at + LEASE if go_on else None)
    if not renewed:
        raise LeaseLost(f"chunk {lease.chunk_id} of test run {run.pk} was offered again")
    if answers:
        _tally(lease, offset, answers)
        _add_counts(run.pk, answers)
    run.done += len(answers)
    run.errors += sum(1 for answer in answers if answer.error)
    if run.done == run.total:
        run.status, run.finished_at, run.next_look_at = Status.FINISHED, at, None
    _end_if_idle(run, at)
    run.save(update_fields=["done", "errors", "status", "finished_at", "next_look_at"])
    return go_on


def give_back(lease: Lease) -> None:
    """Offer what is left of a chunk at once, instead of when the lease runs out."""
    TestRunChunk.objects.filter(pk=lease.chunk_id, holder=lease.holder).update(leased_until=None)


def look_after_runs(*, at: datetime) -> None:
    """Call a worker to every run that wants one: chunks whose holder died are offered again.

    Runs are claimed by their `next_look_at` with SKIP LOCKED, so two beats at once do no harm.
    """
    while (run := _claim_due(at)) is not None:
        with transaction.atomic():
            run = TestRun.objects.select_for_update().get(pk=run.pk)
            _end_if_idle(run, at)
            run.save(update_fields=["status", "finished_at", "next_look_at"])
            if run.status in {Status.QUEUED, Status.RUNNING}:
                _call_lanes(run, free=run.concurrency - _in_flight(run, at))


@transaction.atomic
def _claim_due(at: datetime) -> TestRun | None:
    due = TestRun.objects.filter(next_look_at__lte=at).order_by("next_look_at")
    run = due.select_for_update(skip_locked=True).first()
    if run is not None:
        run.next_look_at = at + LOOK
        run.save(update_fields=["next_look_at"])
    return run


def _call_lanes(run: TestRun, *, free: int) -> None:
    """Enqueue as many tasks as the free concurrency has work for."""
    for _ in range(min(-(-max(free, 0) // LANE), run.chunks.filter(_UNFINISHED).count())):
        enqueue("invocations.drive", run.pk)


def _offered(run: TestRun, at: datetime) -> QuerySet[TestRunChunk]:
    return run.chunks.filter(_UNFINISHED).filter(Q(leased_until=None) | Q(leased_until__lte=at))


def _in_flight(run: TestRun, at: datetime) -> int:
    leased = run.chunks.filter(_UNFINISHED, leased_until__gt=at)
    in_flight: int = leased.aggregate(n=Sum("connections", default=0))["n"]
    return in_flight


def _end_if_idle(run: TestRun, at: datetime) -> None:
    """A run that is being cancelled ends when no lane holds a chunk any more."""
    if run.status == Status.CANCELLING and not run.chunks.filter(_UNFINISHED, leased_until__gt=at).exists():
        run.status, run.finished_at, run.next_look_at = Status.CANCELLED, at, None


def _tally(lease: Lease, offset: int, answers: Sequence[Answer]) -> None:
    """Keep the order of the outcomes: a legend and one byte each.

    Callers of `count` see to it that there are at most MAX_OUTCOMES distinct ones.
    """
    legend: dict[tuple[int, str, str], int] = {}
    sequence = bytes(
        legend.setdefault((answer.alias_revision, answer.version, answer.error), len(legend))
        for answer in answers
    )
    TestRunTally.objects.create(
        run=lease.run, chunk_id=lease.chunk_id, offset=offset, legend=list(legend), sequence=sequence
    )


def _add_counts(run_id: int, answers: Sequence[Answer]) -> None:
    n: Counter[tuple[int, str, str]] = Counter()
    latency: dict[tuple[int, str, str], int] = defaultdict(int)
    for answer in answers:
        outcome = (answer.alias_revision, answer.version, answer.error)
        n[outcome] += 1
        latency[outcome] += answer.latency_us
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO invocations_testruncount (run_id, alias_revision, version, error, n, latency_us)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (run_id, alias_revision, version, error) DO UPDATE"
            " SET n = invocations_testruncount.n + excluded.n,"
            " latency_us = invocations_testruncount.latency_us + excluded.latency_us",
            [(run_id, *outcome, n[outcome], latency[outcome]) for outcome in sorted(n)],
        )
