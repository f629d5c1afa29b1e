"""The recorder against a real database."""

from __future__ import annotations

import time
import uuid

import psycopg
import pytest
from django.db import connection

from console.gateway.database import conninfo
from invocations.batches import Batch, Writer
from invocations.models import Invocation, RecorderBatch, TrafficBucket
from invocations.recorder import LATENCY_BOUNDS_US, Recorder

from .recorded import AT, AWAY, is_written, record, until

pytestmark = pytest.mark.django_db(transaction=True)


def test_record__one_call__becomes_a_row_and_three_buckets(recorder: Recorder) -> None:
    request_id = record(recorder, cold=True, memory_kb=9000)
    until(lambda: is_written(recorder))
    row = Invocation.objects.get()
    assert str(row.request_id) == request_id
    assert row.started_at.timestamp() == AT
    assert (row.region, row.service, row.function, row.qualifier) == (
        "cn-hangzhou",
        "shop",
        "checkout",
        "alias1",
    )
    assert (row.version, row.alias_revision, row.decision, row.outcome) == ("1", 5, "die 812345", "ok")
    assert (row.duration_us, row.memory_kb, row.cold, row.instance, row.log) == (
        900,
        9000,
        True,
        "i-1",
        "hello\n",
    )
    starts = dict(TrafficBucket.objects.values_list("tier", "start"))
    assert {tier: start.timestamp() for tier, start in starts.items()} == {
        10: 1_800_000_000,
        300: 1_800_000_000,
        3600: 1_800_000_000,
    }


def test_record__many_calls_over_several_commits__adds_up(recorder: Recorder) -> None:
    for _ in range(3):
        for _ in range(50):
            record(recorder, duration_us=100)
        record(recorder, outcome="timeout", error=True, started_at=AT - 1100, duration_us=1_100_000_000)
        until(lambda: is_written(recorder))
    assert RecorderBatch.objects.get().last >= 3
    for bucket in TrafficBucket.objects.all():
        assert (bucket.invocations, bucket.errors) == (153, 3)
        assert bucket.duration_us == 150 * 100 + 3 * 1_100_000_000
        assert bucket.latency == [150, *[0] * (len(LATENCY_BOUNDS_US) - 1), 3]


def test_record__long_call__counts_in_the_slot_in_which_it_ended(recorder: Recorder) -> None:
    record(recorder, duration_us=600_000_000)
    until(lambda: is_written(recorder))
    starts = {tier: start.timestamp() for tier, start in TrafficBucket.objects.values_list("tier", "start")}
    assert starts == {10: 1_800_000_600, 300: 1_800_000_600, 3600: 1_800_000_000}


def test_record__keys_that_differ__are_counted_apart(recorder: Recorder) -> None:
    record(recorder)
    record(recorder, version="2")
    record(recorder, alias_revision=6)
    record(recorder, started_at=AT + 10)
    until(lambda: is_written(recorder))
    assert TrafficBucket.objects.filter(tier=10).count() == 4
    assert TrafficBucket.objects.filter(tier=300).count() == 3


@pytest.mark.parametrize(
    ("log", "kept"),
    [
        (b"tab\there\nback\\slash\\.\r\n", "tab\there\nback\\slash\\.\r\n"),
        (b"nul\0and\xffbinary", "nuland\ufffdbinary"),
        (b"\\N", "\\N"),
        (b"x" * 5000 + b"end", "x" * 4093 + "end"),
        ("Grüße, 世界 🦜".encode(), "Grüße, 世界 🦜"),
    ],
)
def test_record__any_log__is_kept_as_text(recorder: Recorder, log: bytes, kept: str) -> None:
    record(recorder, log=log, decision="a\tb\\n")
    until(lambda: is_written(recorder))
    row = Invocation.objects.get()
    assert (row.log, row.decision) == (kept, "a\tb\\n")


def test_record__row_that_the_database_refuses__is_given_up_and_still_counted(recorder: Recorder) -> None:
    record(recorder, qualifier="q" * 500)
    until(lambda: is_written(recorder))
    assert not Invocation.objects.exists()
    assert TrafficBucket.objects.get(tier=10).invocations == 1
    assert recorder.backlog(time.monotonic()).dropped_rows == 1


def test_record__memory_that_no_column_holds__is_kept_as_the_most_it_holds(recorder: Recorder) -> None:
    record(recorder, memory_kb=2**32 - 1)
    until(lambda: is_written(recorder))
    assert Invocation.objects.get().memory_kb == 2**31 - 1


def test_record__database_away__keeps_counts_and_the_newest_rows() -> None:
    recorder = Recorder(AWAY, max_rows=3)
    recorder.start()
    for _ in range(10):
        record(recorder)
    backlog = recorder.backlog(time.monotonic())
    assert (backlog.invocations, backlog.rows, backlog.dropped_rows) == (10, 3, 7)
    assert backlog.last_commit_age_s is None
    recorder.close(timeout_s=0.1)


def test_record__large_logs__are_bounded_by_their_bytes() -> None:
    recorder = Recorder(AWAY, max_log_bytes=10_000)
    for _ in range(5):
        record(recorder, log=b"x" * 4096)
    backlog = recorder.backlog(0)
    assert (backlog.invocations, backlog.rows, backlog.dropped_rows) == (5, 2, 3)


def test_record__large_log_after_many_empty_ones__drops_as_many_as_it_takes() -> None:
    recorder = Recorder(AWAY, max_log_bytes=10_000)
    for log in (b"x" * 4096, b"", b"", b"x" * 4096, b"x" * 4096):
        record(recorder, log=log)
    assert (recorder.backlog(0).rows, recorder.backlog(0).dropped_rows) == (4, 1)
    record(recorder, log=b"x" * 4096)
    assert (recorder.backlog(0).rows, recorder.backlog(0).dropped_rows) == (2, 4)


def test_recorder__batch_fails_in_an_unknown_way__is_tried_again(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = Writer.commit
    failures = iter([RuntimeError("odd")])

    def odd(writer: Writer, batch: Batch) -> int:
        for failure in failures:
            raise failure
        return commit(writer, batch)

    monkeypatch.setattr(Writer, "commit", odd)
    record(recorder)
    until(lambda: is_written(recorder))
    assert Invocation.objects.count() == 1


def test_writer__answer_to_the_commit_lost__counts_the_batch_once() -> None:
    recorder = Recorder(AWAY)
    record(recorder)
    batch = recorder._next_batch()
    assert batch is not None
    writer = Writer(conninfo(), recorder=uuid.uuid4())
    assert writer.commit(batch) == 0
    writer.close()
    assert writer.commit(batch) == 0
    writer.close()
    assert Invocation.objects.count() == 1
    assert set(TrafficBucket.objects.values_list("invocations", flat=True)) == {1}


def test_recorder__connection_killed__writes_the_rest_on_a_new_one(recorder: Recorder) -> None:
    record(recorder)
    until(lambda: is_written(recorder))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = %s",
            ["serin-gateway"],
        )
        assert cursor.fetchall() == [(True,)]
    record(recorder)
    until(lambda: is_written(recorder))
    assert TrafficBucket.objects.get(tier=10).invocations == 2


def test_close__something_left__is_written_first() -> None:
    recorder = Recorder(conninfo())
    recorder.start()
    for _ in range(20):
        record(recorder)
    recorder.close()
    assert Invocation.objects.count() == 20


def test_close__database_away__returns_in_time() -> None:
    recorder = Recorder(AWAY)
    recorder.start()
    record(recorder)
    began = time.monotonic()
    recorder.close(timeout_s=0.5)
    assert time.monotonic() - began < 5


def test_conninfo__of_the_test_database__connects() -> None:
    with psycopg.connect(conninfo()) as own:
        assert own.info.dbname == connection.settings_dict["NAME"]
