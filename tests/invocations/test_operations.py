from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from invocations import operations, queries
from invocations.drawn import DrawnAttribute, Keys, Place
from invocations.driver import Answer
from invocations.models import TestRun, TestRunChunk
from invocations.operations import AlreadyEnded, BadRun, Lease, LeaseLost, Plan
from invocations.request_plan import BadRequestPlan, RequestPlan, parse
from tests.make import NOW

pytestmark = pytest.mark.django_db

Status = TestRun.Status
LATER = NOW + operations.LEASE


def plan(**changes: object) -> Plan:
    asked = {
        "region": "cn-hangzhou",
        "service": "shop",
        "function": "checkout",
        "qualifier": "alias1",
        "payloads": ["{}"],
        "total": 250,
        "concurrency": 64,
    }
    return Plan(**(asked | changes))


def start(**changes: object) -> TestRun:
    return operations.start_run(plan(**changes), by="alice", at=NOW)


def lease(run: TestRun, at: object = NOW) -> Lease:
    held = operations.lease_chunk(run.pk, at=at)
    assert held is not None
    return held


def answers(first: int, size: int, *, version: str = "1", error: str = "") -> list[Answer]:
    return [Answer(index, version, 7, error, 1000) for index in range(first, first + size)]


def finish_chunk(held: Lease, **outcome: str) -> bool:
    return operations.count(held, held.offset, answers(held.first, held.size, **outcome), at=NOW)


def test_start_run__valid__offers_every_index_once() -> None:
    run = start(total=250)
    chunks = list(run.chunks.order_by("first").values_list("first", "size"))
    assert (run.status, chunks) == (Status.QUEUED, [(0, 100), (100, 100), (200, 50)])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("total", 0),
        ("total", 1_000_001),
        ("concurrency", 0),
        ("concurrency", 257),
        ("payloads", []),
        ("payloads", ["x"] * 101),
        ("payloads", ["a\0b"]),
        ("payloads", ["a\ud800b"]),
        ("payloads", ["x" * 131_073]),
    ],
)
def test_start_run__out_of_bounds__is_refused_and_nothing_made(field: str, value: object) -> None:
    with pytest.raises(BadRun) as refusal:
        start(**{field: value})
    assert refusal.value.field == field
    assert not TestRun.objects.exists()


def test_start_run__with_a_request__keeps_it_and_counts_on_without_it() -> None:
    wanted = RequestPlan(path="/carts", drawn=(DrawnAttribute(Place.HEADER, "x-uid", Keys(500)),))
    run = start(payloads=(), request=wanted)
    held = lease(run)
    assert parse(held.run.request) == wanted
    with CaptureQueriesContext(connection) as queries_of_count:
        finish_chunk(held)
    assert not any('"request"' in query["sql"] for query in queries_of_count)


def test_start_run__bad_request__is_refused_and_nothing_made() -> None:
    with pytest.raises(BadRequestPlan) as refusal:
        start(payloads=(), request=RequestPlan(path="carts"))
    assert refusal.value.field == "path"
    assert not TestRun.objects.exists()


def test_start_run__concurrency_200__calls_two_lanes(django_capture_on_commit_callbacks: object) -> None:
    with django_capture_on_commit_callbacks() as callbacks:
        start(concurrency=200)
    assert len(callbacks) == 2


def test_lease_chunk__several_lanes__never_exceed_the_concurrency() -> None:
    run = start(concurrency=160)
    assert [lease(run).connections, lease(run).connections] == [128, 32]
    assert operations.lease_chunk(run.pk, at=NOW) is None


def test_lease_chunk__holder_died__offers_what_it_had_not_counted() -> None:
    run = start(total=100, concurrency=1)
    dead = lease(run)
    operations.count(dead, 0, answers(0, 30), at=NOW)
    assert operations.lease_chunk(run.pk, at=NOW) is None
    again = lease(run, at=LATER)
    assert (again.first, again.size, again.offset) == (30, 70, 30)


def test_count__by_a_holder_that_was_thought_dead__counts_nothing() -> None:
    run = start(total=100, concurrency=1)
    late = lease(run)
    lease(run, at=LATER)
    with pytest.raises(LeaseLost):
        operations.count(late, 0, answers(0, 30), at=LATER)
    run.refresh_from_db()
    assert (run.done, queries.counts(run)) == (0, [])


def test_count__the_same_answers_twice__counts_them_once() -> None:
    run = start(total=100, concurrency=1)
    held = lease(run)
    operations.count(held, 0, answers(0, 30), at=NOW)
    with pytest.raises(LeaseLost):
        operations.count(held, 0, answers(0, 30), at=NOW)
    run.refresh_from_db()
    assert run.done == 30


def test_count__every_index__finishes_the_run_with_exact_sums() -> None:
    run = start(total=250, concurrency=256)
    for outcome in ({"version": "1"}, {"version": "2"}, {"version": "", "error": "ConnectionLost"}):
        finish_chunk(lease(run), **outcome)
    run.refresh_from_db()
    counts = {(c.version, c.error): c.n for c in queries.counts(run)}
    assert (run.status, run.done, run.errors, run.finished_at) == (Status.FINISHED, 250, 50, NOW)
    assert counts == {("1", ""): 100, ("2", ""): 100, ("", "ConnectionLost"): 50}


def test_count__nothing_new__renews_the_lease() -> None:
    run = start(total=100, concurrency=1)
    held = lease(run)
    almost = LATER - timedelta(seconds=1)
    operations.count(held, 0, [], at=almost)
    assert operations.lease_chunk(run.pk, at=LATER) is None


def test_give_back__part_of_a_chunk__offers_the_rest_at_once() -> None:
    run = start(total=100, concurrency=1)
    held = lease(run)
    operations.count(held, 0, answers(0, 30), at=NOW)
    operations.give_back(held)
    again = lease(run)
    assert (again.first, again.size, again.connections) == (30, 70, 1)


def test_give_back__by_a_holder_that_was_thought_dead__leaves_the_chunk_to_the_other() -> None:
    run = start(total=100, concurrency=1)
    late = lease(run)
    lease(run, at=LATER)
    operations.give_back(late)
    assert operations.lease_chunk(run.pk, at=LATER) is None


def test_cancel_run__queued__ends_at_once() -> None:
    assert operations.cancel_run(start(), at=NOW).status == Status.CANCELLED


def test_cancel_run__under_way__keeps_what_was_counted_and_stops_the_lane() -> None:
    run = start(total=100)
    held = lease(run)
    assert operations.cancel_run(run, at=NOW).status == Status.CANCELLING
    assert operations.count(held, 0, answers(0, 30), at=NOW) is False
    run.refresh_from_db()
    assert (run.status, run.done) == (Status.CANCELLED, 30)


def test_cancel_run__ended__is_refused() -> None:
    run = start(total=100)
    finish_chunk(lease(run))
    with pytest.raises(AlreadyEnded, match="finished already"):
        operations.cancel_run(run, at=NOW)


def test_look_after_runs__lane_died__calls_a_worker_again(django_capture_on_commit_callbacks: object) -> None:
    run = start(total=100)
    lease(run)
    with django_capture_on_commit_callbacks() as callbacks:
        operations.look_after_runs(at=LATER)
    assert len(callbacks) == 1
    assert TestRun.objects.get().next_look_at == LATER + operations.LOOK


def test_look_after_runs__cancelled_run_whose_lane_died__ends_it() -> None:
    run = start(total=100)
    lease(run)
    operations.cancel_run(run, at=NOW)
    operations.look_after_runs(at=LATER)
    assert TestRun.objects.get().status == Status.CANCELLED


def test_look_after_runs__run_ended__looks_no_more() -> None:
    run = start(total=100)
    finish_chunk(lease(run))
    assert TestRun.objects.get().next_look_at is None


def test_orders__several_tallies__keep_the_order_of_the_answers() -> None:
    run = start(total=100, concurrency=1)
    held = lease(run)
    operations.count(held, 0, answers(0, 3) + answers(3, 2, version="2"), at=NOW)
    operations.count(held, 5, answers(5, 1, version="", error="ConnectionLost") + answers(6, 2), at=NOW)
    order = queries.orders(run)[7]
    assert [order.versions[code] for code in order.sequence] == ["1", "1", "1", "2", "2", "1", "1"]
    assert order.steps("2", points=4) == [(1, 0), (2, 0), (4, 1), (7, 2)]
    assert TestRunChunk.objects.get().done == 8
