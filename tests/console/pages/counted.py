"""Traffic and test runs as a gateway and a worker would have counted them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from invocations import models, operations
from invocations.driver import Answer
from invocations.operations import Plan
from invocations.queries import TIERS
from releases.models import AliasRevision, Service
from releases.operations import testruns
from tests import make

BOUNDS = 25  # of a bucket's histogram


def traffic(revision: AliasRevision, version: int, n: int, *, at: datetime, errors: int = 0) -> None:
    """`n` more calls of checkout that this revision routed, in every tier."""
    service = revision.alias.service
    counts = {"invocations": n, "errors": errors, "duration_us": n * 900}
    for tier in TIERS:
        bucket, is_new = models.TrafficBucket.objects.get_or_create(
            alias_revision=revision.pk,
            tier=tier,
            start=datetime.fromtimestamp(int(at.timestamp()) // tier * tier, tz=at.tzinfo),
            region=service.region,
            service=service.name,
            function="checkout",
            version=str(version),
            defaults=counts | {"latency": [0] * BOUNDS},
        )
        if not is_new:
            added = {name: F(name) + count for name, count in counts.items()}
            models.TrafficBucket.objects.filter(pk=bucket.pk).update(**added)


def plan(service: Service, **changes: object) -> Plan:
    wanted = {"qualifier": "alias1", "payloads": ["{}"], "total": 2000, "concurrency": 16} | changes
    return Plan(region=service.region, service=service.name, function="checkout", **wanted)


def run(service: Service, **changes: object) -> models.TestRun:
    """A test run that waits for a worker."""
    return testruns.start_test_run(make.act(), service, plan(service, **changes))


def answers(n: int, version: int | str, *, revision: int = 0, error: str = "") -> list[Answer]:
    return [Answer(0, str(version), revision, error, 900) for _ in range(n)]


def count(run: models.TestRun, given: Iterable[Answer], *, at: datetime = make.NOW) -> models.TestRun:
    """Count these answers, as one worker would: chunk by chunk, one second after the run has started."""
    left = list(given)
    while left:
        lease = operations.lease_chunk(run.pk, at=at)
        assert lease is not None, "more answers than the run has indexes"
        batch, left = left[: lease.size], left[lease.size :]
        operations.count(lease, lease.offset, batch, at=at + timedelta(seconds=1))
    return models.TestRun.objects.get(pk=run.pk)


def invocation(number: int, **columns: object) -> models.Invocation:
    """The row of a call, as the recorder writes it; several start within the same second."""
    row = {
        "request_id": UUID(int=number),
        "started_at": make.NOW + timedelta(seconds=number // 3),
        "region": make.REGION,
        "service": "shop",
        "function": "checkout",
        "qualifier": "LATEST",
        "version": "LATEST",
        "alias_revision": 0,
        "outcome": "ok",
        "duration_us": 870,
        "memory_kb": 10240,
        "cold": False,
        "log": "FC Invoke Start RequestId: x\n",
    }
    return models.Invocation.objects.create(**row | columns)
