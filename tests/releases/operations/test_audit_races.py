"""Many who write at once: one chain."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from releases.models import AuditEntry
from releases.operations.audit import Act
from releases.queries import audit as query
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS = 8
EACH = 25


def test_record__eight_writers_at_once__make_one_chain_without_a_fork() -> None:
    act = make.act()
    before = AuditEntry.objects.count()
    barrier = threading.Barrier(WRITERS)
    failed: list[Exception] = []

    def write(writer: int) -> None:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            for number in range(EACH):
                with transaction.atomic():
                    act.record("service.create", on=None, path=f"writer-{writer}", after={"n": number})
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert failed == []
    assert AuditEntry.objects.count() == before + WRITERS * EACH
    assert query.verify()[0].broken is None
    digests = AuditEntry.objects.values_list("digest", flat=True)
    assert len(set(digests)) == len(digests)


def test_record__rolled_back__leaves_no_gap_in_the_chain() -> None:
    act = make.act()

    def write(path: str, *, fail: bool = False) -> None:
        with transaction.atomic():
            act.record("service.create", on=None, path=path)
            if fail:
                raise ValueError("changed my mind")

    write("one")
    with pytest.raises(ValueError, match=r"^changed my mind$"):
        write("two", fail=True)
    write("three")
    last, before = AuditEntry.objects.order_by("-pk")[:2]
    assert (before.object, last.object) == ("one", "three")
    assert last.previous == before.digest


def test_record__by_other_while_one_waits__comes_after_it() -> None:
    """The lock is held to the commit: nobody builds on an entry that may still vanish."""
    act = make.act()
    go = threading.Event()
    done = threading.Event()

    def second() -> None:
        other = Act(by=act.by, at=make.NOW, source="page")
        with transaction.atomic():
            go.set()
            other.record("service.create", on=None, path="second")
        done.set()
        connection.close()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        act.record("service.create", on=None, path="first")
        thread.start()
        assert go.wait(10)
        assert not done.wait(0.3)
    thread.join(10)
    assert [row.object for row in AuditEntry.objects.order_by("-pk")[:2]] == ["second", "first"]
    assert query.verify()[0].broken is None
