from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from django.test import TestCase
from pytest_django.fixtures import Settings

from invocations import operations, tasks
from invocations.drawn import DrawnAttribute, Keys, Place
from invocations.models import TestRun
from invocations.request_plan import RequestPlan
from tests.invocations.test_driver import endpoint
from tests.make import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def gateway(settings: Settings) -> Iterator[list[object]]:
    """What an endpoint in the gateway's place was asked."""
    with endpoint() as server:
        settings.GATEWAY_URL = f"http://127.0.0.1:{server.server_port}"
        yield server.seen


def start(*, total: int, concurrency: int, **sent: object) -> TestRun:
    plan = operations.Plan(
        region="cn-hangzhou",
        service="shop",
        function="checkout",
        qualifier="alias1",
        total=total,
        concurrency=concurrency,
        **({"payloads": ["fine"]} | sent),
    )
    return operations.start_run(plan, by="alice", at=NOW)


def test_drive__time_for_all__counts_every_index(gateway: list[object]) -> None:
    run = start(total=250, concurrency=4)
    tasks.drive(run.pk)
    run.refresh_from_db()
    assert (run.status, run.done, run.errors, len(gateway)) == (TestRun.Status.FINISHED, 250, 0, 250)


def test_drive__http_function__sends_what_each_index_draws(gateway: list[tuple[str, str, str]]) -> None:
    drawn = (DrawnAttribute(Place.QUERY, "user", Keys(50)),)
    run = start(total=200, concurrency=4, payloads=(), request=RequestPlan(path="/fine", drawn=drawn))
    tasks.drive(run.pk)
    run.refresh_from_db()
    assert (run.status, run.done, run.errors) == (TestRun.Status.FINISHED, 200, 0)
    users = Counter(path.partition("?user=")[2] for path, _, _ in gateway)
    assert users == {f"user-{number}": 4 for number in range(1, 51)}


def test_drive__time_is_up_within_a_chunk__gives_back_the_rest_and_comes_again(
    gateway: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "BUDGET_S", 0.0)
    monkeypatch.setattr(tasks, "COMMIT_S", 0.0)  # how often the driver looks at the time
    run = start(total=100, concurrency=1)
    with TestCase.captureOnCommitCallbacks() as callbacks:
        tasks.drive(run.pk)
    run.refresh_from_db()
    assert 0 < len(gateway) < 100
    assert (run.done, len(callbacks)) == (len(gateway), 1)
    rest = operations.lease_chunk(run.pk, at=NOW)
    assert rest is not None
    assert (rest.first, rest.size) == (run.done, 100 - run.done)
