"""Distinct keys and labels: the recorder against a real database."""

from __future__ import annotations

import pytest

from console.gateway.database import conninfo
from invocations.models import InvocationLabels, TrafficUnit
from invocations.queries import Units, units_of_revisions
from invocations.recorder import LABELS_PER_BATCH, Recorder

from .recorded import AT, AWAY, is_written, record, until

pytestmark = pytest.mark.django_db(transaction=True)


def test_record__keys__are_written_once_each_and_signed(recorder: Recorder) -> None:
    for _ in range(3):
        record(recorder, unit_hash=2**64 - 1)
        record(recorder, unit_hash=7)
        record(recorder, unit_hash=7, version="2")
        record(recorder, unit_hash=7, alias_revision=6)
        record(recorder, unit_hash=7, alias_revision=0)  # by number: nobody split anything
        record(recorder)
        until(lambda: is_written(recorder))
    found = TrafficUnit.objects.values_list("alias_revision", "unit_hash", "version")
    assert sorted(found) == [(5, -1, "1"), (5, 7, "1"), (5, 7, "2"), (6, 7, "1")]
    assert units_of_revisions([5, 6, 9]) == {5: Units({"1": 1}, 1), 6: Units({"1": 1}, 0)}


def test_record__keys_that_another_gateway_wrote__are_there_once(recorder: Recorder) -> None:
    other = Recorder(conninfo())
    other.start()
    for each in (recorder, other):
        for unit in range(1, 200):
            record(each, unit_hash=unit)
    until(lambda: is_written(recorder) and is_written(other))
    other.close()
    assert TrafficUnit.objects.count() == 199


def test_record__more_keys_than_a_batch_takes__are_all_written(
    recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("invocations.recorder.UNITS_PER_BATCH", 10)
    for unit in range(1, 36):
        record(recorder, unit_hash=unit)
    until(lambda: TrafficUnit.objects.count() == 35)


def test_record__labels__are_kept_with_the_decision(recorder: Recorder) -> None:
    labels = {"kind": "http", "Header x-uid": "Zoë\0\\u0000\t\n\ud800", "Param debug": None}
    request_id = record(recorder, labels=labels)
    record(recorder)
    until(lambda: is_written(recorder))
    row = InvocationLabels.objects.get()
    assert (str(row.request_id), row.at.timestamp()) == (request_id, AT)
    assert (row.alias_revision, row.version, row.decision) == (5, "1", "die 812345")
    assert row.labels == {"kind": "http", "Header x-uid": "Zoë\\u0000\t\n?", "Param debug": None}


def test_record__more_labels_than_a_batch_takes__are_sampled_evenly() -> None:
    recorder = Recorder(AWAY)
    for number in range(20 * LABELS_PER_BATCH):
        record(recorder, labels={"number": number})
    batch = recorder._next_batch()
    assert batch is not None
    numbers = [labelled[-1]["number"] for labelled in batch.labelled]
    assert len(set(numbers)) == LABELS_PER_BATCH
    assert 700 < sum(numbers) / len(numbers) < 1300
    record(recorder, labels={"number": 1})
    assert len(recorder._labelled) == 1
