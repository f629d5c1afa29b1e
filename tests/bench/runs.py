"""A test run through Celery beside the direct rate of the gateway."""

from __future__ import annotations

import time

from django.utils import timezone

from invocations.operations import Plan
from releases.models import Service
from releases.operations import testruns
from releases.operations.audit import Act

from .figures import Figure
from .gateway import CONCURRENCY
from .load import Subject, in_turn, requests_per_second

TOTAL = 10_000


def test_run(act: Act, service: Service, direct: Subject) -> list[Figure]:
    """A test run and direct calls of the same function, in turn."""
    rates = in_turn(
        {
            "direct": lambda: requests_per_second(direct, connections=CONCURRENCY),
            "run": lambda: _rate(act, service),
        }
    )
    name = f"test run of {TOTAL:,} through Celery, {CONCURRENCY} at once"
    return [Figure(name, rates["run"], "req/s", "the gateway, called directly", rates["direct"], ">= 0.6")]


def _rate(act: Act, service: Service) -> float:
    """Invocations per second from the first lease to the last count."""
    plan = Plan(
        region=service.region,
        service=service.name,
        function="hello",
        qualifier="alias1",
        payloads=["{}"],
        total=TOTAL,
        concurrency=CONCURRENCY,
    )
    run = testruns.start_test_run(Act(by=act.by, at=timezone.now(), source="command"), service, plan)
    while run.finished_at is None:
        time.sleep(0.05)
        run.refresh_from_db()
    if run.errors or run.started_at is None:
        raise SystemExit(f"bench: test run {run.pk} had {run.errors} errors")
    return run.done / (run.finished_at - run.started_at).total_seconds()
