"""What Celery runs. Tasks take ids, read the clock, make one call and may be delivered twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from operator import attrgetter

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from . import operations, retention, tokens
from .driver import Answer, Driver
from .models import TestRun
from .operations import MAX_OUTCOMES, Lease, LeaseLost
from .queue import enqueue
from .request_plan import parse
from .requests import RequestOf, Target, calls, events

# Then the task begins no more calls, makes room for another run and calls itself again. So neither can a slow
# function keep a worker to itself, nor does a call begin after the token has expired.
BUDGET_S = 20.0
COMMIT_S = 0.25
ANSWER_S = 660.0  # the longest time-out of a function, and a minute to start it


@shared_task(name="invocations.drive")
def drive(run_id: int) -> None:
    """Take chunk after chunk of a test run and send it to the gateway."""
    deadline = time.monotonic() + BUDGET_S
    driver: Driver | None = None
    try:
        while (lease := operations.lease_chunk(run_id, at=timezone.now())) is not None:
            if driver is None or driver.connections != lease.connections:
                if driver is not None:
                    driver.close()
                driver = _driver(lease)
            if not _work(lease, driver, until=deadline):
                return
            if time.monotonic() > deadline:
                enqueue("invocations.drive", run_id)
                return
    finally:
        if driver is not None:
            driver.close()


@shared_task(name="invocations.tick")
def tick() -> None:
    operations.look_after_runs(at=timezone.now())


@shared_task(name="invocations.retention")
def forget() -> None:
    retention.forget(at=timezone.now())


def _driver(lease: Lease) -> Driver:
    run = lease.run
    claims = {"sub": run.created_by, "region": run.region}
    token = tokens.mint(tokens.derive_key(settings.SECRET_KEY), claims, time.time() + BUDGET_S + ANSWER_S)
    target = Target(
        settings.GATEWAY_URL, run.service, run.qualifier, run.function, f"{tokens.SCHEME} {token}"
    )
    return Driver(
        target.endpoint, _request_of(run, target), connections=lease.connections, timeout_s=ANSWER_S
    )


def _request_of(run: TestRun, target: Target) -> RequestOf:
    if run.request is None:
        return events(target, [payload.encode() for payload in run.payloads])
    return calls(target, parse(run.request), run=str(run.pk))


def _work(lease: Lease, driver: Driver, *, until: float) -> bool:
    """Drive one chunk, or what can be begun of it; False when the run was cancelled or the lease lost."""
    counted = lease.offset
    indexes = range(lease.first, lease.first + lease.size)
    try:
        for answers in _in_prefixes(driver.answers(indexes, every_s=COMMIT_S, until=until), lease.first):
            if not operations.count(lease, counted, answers, at=timezone.now()):
                return False
            counted += len(answers)
    except LeaseLost:
        return False
    operations.give_back(lease)
    return True


def _in_prefixes(batches: Iterator[list[Answer]], first: int) -> Iterator[list[Answer]]:
    """Regroup answers so that each group, after those before it, covers the next indexes without a gap.

    A chunk remembers how many indexes are counted, not which; answers that overtook an earlier index wait
    for it. Within a group they keep the order in which they came. An empty group renews the lease.
    """
    waiting: list[Answer] = []
    for batch in batches:
        waiting += batch
        there = {answer.index for answer in waiting}
        end = first
        while end in there:
            end += 1
        ready = [answer for answer in waiting if answer.index < end]
        waiting = [answer for answer in waiting if answer.index >= end]
        first = end
        yield from _groups(ready)


def _groups(ready: list[Answer]) -> Iterator[list[Answer]]:
    """One group, or, in the odd case of more outcomes than a tally can tell apart, several by index."""
    if len({(answer.alias_revision, answer.version, answer.error) for answer in ready}) <= MAX_OUTCOMES:
        yield ready
        return
    ready.sort(key=attrgetter("index"))
    for start in range(0, len(ready), MAX_OUTCOMES):
        yield ready[start : start + MAX_OUTCOMES]
