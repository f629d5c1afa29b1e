"""Traffic and test runs as a gateway and a worker would have counted them."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F

from invocations import models, operations
from invocations.driver import Answer
from invocations.operations import Plan
from invocations.queries import TIERS
from releases.core import policies, recording
from releases.core.parameters import Attributes
from releases.core.routing import compile_policy
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


def keys(revision: AliasRevision, version: int, units: Iterable[int], *, at: datetime = make.NOW) -> None:
    """Distinct keys that this revision sent to a version."""
    rows = [
        models.TrafficUnit(alias_revision=revision.pk, unit_hash=unit, version=str(version), at=at)
        for unit in units
    ]
    models.TrafficUnit.objects.bulk_create(rows)


def labelled(revision: AliasRevision, sent: Iterable[Attributes], *, at: datetime = make.NOW) -> None:
    """These calls as a gateway would have routed and recorded them."""
    chance = random.Random(revision.pk)
    alias = revision.alias
    decide = compile_policy(policies.parse(revision.policy), salt=alias.salt, draw=chance.random)
    read = recording.compile_labels(recording.parse(alias.recorded))
    rows = []
    for number, attributes in enumerate(sent):
        decision = decide(attributes)
        row = models.InvocationLabels(
            request_id=uuid.UUID(int=chance.getrandbits(128)),
            at=at + timedelta(milliseconds=number),
            alias_revision=revision.pk,
            version=str(decision.version),
            decision=decision.reason,
            labels=read(attributes),
        )
        rows.append(row)
    models.InvocationLabels.objects.bulk_create(rows)


def plan(service: Service, **changes: object) -> Plan:
    wanted = {
        "qualifier": "alias1",
        "function": "checkout",
        "payloads": ["{}"],
        "total": 2000,
        "concurrency": 16,
    } | changes
    return Plan(region=service.region, service=service.name, **wanted)


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
