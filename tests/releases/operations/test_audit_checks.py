from __future__ import annotations

from datetime import timedelta

import pytest

from releases.models import AuditCheck, AuditEntry
from releases.operations.audit_checks import WHOLE_EVERY, ask_verification, verify_audit
from releases.queries import audit as query
from releases.tasks import verify_audit as task
from tests import make

from .test_audit import TABLE, tamper

pytestmark = pytest.mark.django_db

LATER = make.NOW + timedelta(hours=1)


def check() -> AuditCheck:
    return AuditCheck.objects.get()


def test_verify_audit__first_time__reads_all_and_notes_the_head() -> None:
    make.two_versions()
    verify_audit(at=make.NOW)
    last = AuditEntry.objects.order_by("-pk")[0]
    found = check()
    assert (found.chained, found.head, found.digest) == (AuditEntry.objects.count(), last.pk, last.digest)
    assert found.checked_at == found.whole_at == make.NOW
    assert found.broken_at is None


def test_verify_audit__soon_after__reads_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    make.service("one")
    verify_audit(at=make.NOW)
    make.service("two")
    read: list[int] = []
    entry_of = query.entry_of
    monkeypatch.setattr(query, "entry_of", lambda row: read.append(row.pk) or entry_of(row))
    verify_audit(at=LATER)
    newest = list(AuditEntry.objects.order_by("-pk").values_list("pk", flat=True)[:2])
    assert read == newest[::-1]
    found = check()
    assert (found.chained, found.head) == (AuditEntry.objects.count(), newest[0])
    assert (found.checked_at, found.whole_at) == (LATER, make.NOW)


def test_verify_audit__after_a_day__reads_all_again() -> None:
    make.two_versions("one")
    verify_audit(at=make.NOW)
    first = AuditEntry.objects.order_by("pk")[0]
    make.service("two")
    tamper(f"UPDATE {TABLE} SET reason = 'x' WHERE id = %s", first.pk)
    verify_audit(at=LATER)
    assert check().broken_at is None, "an older entry is looked at once a day"
    verify_audit(at=make.NOW + WHOLE_EVERY)
    assert check().broken_at == first.pk


def test_verify_audit__end_cut_off_since__is_found_though_the_rest_holds() -> None:
    make.two_versions()
    verify_audit(at=make.NOW)
    last = AuditEntry.objects.order_by("-pk")[0]
    tamper(f"DELETE FROM {TABLE} WHERE id = %s", last.pk)
    for whole in (False, True, False):
        assert verify_audit(at=LATER, whole=whole).reading.broken is not None
        assert check().broken_at == last.pk
        assert check().head == last.pk


def test_verify_audit__all_deleted__is_found() -> None:
    make.service()
    verify_audit(at=make.NOW)
    tamper(f"DELETE FROM {TABLE}")
    assert verify_audit(at=LATER).reading.broken is not None
    assert verify_audit(at=LATER, whole=True).reading.broken is not None


def test_verify_audit__broken_once__stays_so_until_it_is_mended() -> None:
    make.two_versions()
    entry = AuditEntry.objects.order_by("pk")[2]
    tamper(f"UPDATE {TABLE} SET reason = 'x' WHERE id = %s", entry.pk)
    for _ in range(2):
        assert verify_audit(at=make.NOW).reading.broken is not None
    tamper(f"UPDATE {TABLE} SET reason = %s WHERE id = %s", entry.reason, entry.pk)
    assert verify_audit(at=LATER).reading.broken is None
    assert check().broken_at is None


def test_verify_audit__empty_log__holds() -> None:
    assert verify_audit(at=make.NOW).reading.broken is None
    assert verify_audit(at=LATER).reading.broken is None
    assert check().head is None


def test_verify_audit__long_log__is_read_in_pieces(
    monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    make.two_versions()
    monkeypatch.setattr(query, "CHUNK", 2)
    count = AuditEntry.objects.count()
    with django_assert_num_queries(1 + -(-count // 2) + 1):
        assert query.verify()[0].chained == count


def test_task__somebody_asked__reads_all(caplog: pytest.LogCaptureFixture) -> None:
    make.two_versions()
    task()
    first = AuditEntry.objects.order_by("pk")[0]
    tamper(f"UPDATE {TABLE} SET reason = 'x' WHERE id = %s", first.pk)
    task()
    assert check().broken_at is None
    ask_verification(at=check().checked_at + timedelta(microseconds=1))
    assert check().is_asked
    task()
    assert not check().is_asked
    assert check().broken_at == first.pk
    assert f"entry {first.pk} was changed" in caplog.text
