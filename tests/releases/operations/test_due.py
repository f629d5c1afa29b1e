"""The tick of change requests: applied when due, expired, alarmed; twice, late, and by two beats."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import connection

from releases.core.approvals import Status, Verdict
from releases.core.policies import Canary, Policy
from releases.core.protections import Freeze, Protection, When
from releases.core.rights import Role
from releases.models import Alias, AuditEntry, ChangeRequest, Notice
from releases.operations import aliases, applying, break_glass, changes, due
from releases.operations.aliases import Setting
from releases.operations.change_rows import Proposed
from releases.operations.due import look_after_changes
from releases.queries import changes as query
from releases.tasks import tick
from tests import make

HOUR = timedelta(hours=1)
DUE = make.NOW + HOUR
ANY = Protection(when=frozenset({When.ANY}), expiry=timedelta(days=2))


def alias1(protection: Protection = ANY) -> Alias:
    alias = make.alias(make.two_versions(), canary=2, weight_bp=3000)
    aliases.protect_alias(make.act(), alias, protection=protection)
    return Alias.objects.select_related("service__team", "revision").get(pk=alias.pk)


def approved(alias: Alias) -> ChangeRequest:
    proposed = Proposed(ChangeRequest.Kind.POLICY, "60%", Setting(policy=Policy(1, Canary(2, 6000))))
    change = changes.propose(make.act(), alias, proposed, base_revision=1)
    seen = query.payload_of(fresh(change)).digest
    return changes.review(make.act(make.user("bob")), change, verdict=Verdict.APPROVE, seen=seen)


def scheduled(alias: Alias, *, by: str = "alice") -> ChangeRequest:
    return applying.schedule(make.act(make.user(by)), approved(alias), when=DUE)


def fresh(change: ChangeRequest) -> ChangeRequest:
    return query.loaded().get(pk=change.pk)


def number() -> int:
    revision = Alias.objects.get().revision
    assert revision is not None
    return revision.number


def freeze(alias: Alias, until: datetime) -> None:
    """Nothing may be applied until then: an admin's word, which no request asked for."""
    alias.refresh_from_db()
    frozen = Protection(when=ANY.when, expiry=ANY.expiry, freezes=(Freeze(make.NOW, until, "the fair"),))
    aliases.protect(make.act(), alias, frozen)


@pytest.mark.django_db
def test_tick__before_its_time__does_nothing() -> None:
    change = scheduled(alias1())
    look_after_changes(at=DUE - timedelta(seconds=1))
    assert fresh(change).status == Status.SCHEDULED
    assert number() == 1


@pytest.mark.django_db
def test_tick__due__applies_it_once_in_the_name_of_who_scheduled_it() -> None:
    change = scheduled(alias1(), by="bob")
    for _ in range(2):
        look_after_changes(at=DUE)
    after = fresh(change)
    assert (after.status, after.revision.number, number()) == (Status.APPLIED, 2, 2)
    assert after.next_look_at is None
    entry = AuditEntry.objects.filter(action="change.apply").get()
    assert (entry.by.username, entry.source) == ("bob", "worker")
    told = Notice.objects.filter(kind="applied").values_list("to__username", flat=True)
    assert set(told) == {"alice", "bob"}


@pytest.mark.django_db
def test_tick__delivered_twice_at_the_operation__leaves_one_revision() -> None:
    change = scheduled(alias1())
    act = make.act(at=DUE)
    applying.apply_due(act, change)
    applying.apply_due(act, change)
    assert (fresh(change).status, number()) == (Status.APPLIED, 2)


@pytest.mark.django_db
def test_tick__clock_jumps_or_beat_was_down__applies_it_late() -> None:
    change = scheduled(alias1())
    look_after_changes(at=DUE + 5 * HOUR)
    assert fresh(change).status == Status.APPLIED


@pytest.mark.django_db
def test_tick__beat_was_down_until_it_expired__expires_and_tells_everybody() -> None:
    change = scheduled(alias1())
    look_after_changes(at=make.NOW + timedelta(days=3))
    assert (fresh(change).status, number()) == (Status.EXPIRED, 1)
    told = Notice.objects.filter(kind="ended").values_list("to__username", flat=True)
    assert set(told) == {"alice", "bob"}


@pytest.mark.django_db
def test_tick__frozen__suspends_it_loudly_and_applies_it_once_the_freeze_is_over() -> None:
    alias = alias1()
    change = scheduled(alias)
    freeze(alias, DUE + HOUR)
    look_after_changes(at=DUE)
    suspended = fresh(change)
    assert suspended.status == Status.SCHEDULED
    assert "the fair" in suspended.suspended
    assert suspended.next_look_at == DUE + applying.LOOK
    told = Notice.objects.filter(kind="suspended").values_list("to__username", flat=True)
    assert set(told) == {"alice", "bob"}
    look_after_changes(at=DUE + applying.LOOK)
    assert Notice.objects.filter(kind="suspended").count() == 2
    look_after_changes(at=DUE + HOUR)
    assert (fresh(change).status, fresh(change).suspended, number()) == (Status.APPLIED, "", 2)


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["deactivated", "demoted"])
def test_tick__who_scheduled_it_may_no_more__suspends_it(reason: str) -> None:
    carol = make.user("carol", Role.RELEASER)
    change = scheduled(alias1(), by="carol")
    if reason == "demoted":
        make.join(carol, Role.VIEWER)
    else:
        carol.is_active = False
        carol.save()
    look_after_changes(at=DUE)
    after = fresh(change)
    assert after.status == Status.SCHEDULED
    assert "carol may not release" in after.suspended
    assert number() == 1


@pytest.mark.django_db
def test_tick__nobody_approved_in_time__expires() -> None:
    alias = alias1()
    proposed = Proposed(ChangeRequest.Kind.POLICY, "60%", Setting(policy=Policy(2)))
    change = changes.propose(make.act(), alias, proposed, base_revision=1)
    look_after_changes(at=make.NOW + ANY.expiry)
    assert fresh(change).status == Status.EXPIRED
    look_after_changes(at=make.NOW + ANY.expiry)
    assert AuditEntry.objects.filter(action="change.expire").count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(("revert", "revision"), [(False, 2), (True, 3)])
def test_tick__broken_glass_is_not_ratified_in_time__alarms_and_reverts(revert: bool, revision: int) -> None:
    alias = alias1(Protection(when=ANY.when, revert=revert))
    make.join(make.user("bob"), *Role)
    act = make.act(make.user("bob"))
    setting = Setting(policy=Policy(1))
    reason = "Version 2 fails every order"
    change = break_glass.break_glass(act, alias, setting, base_revision=1, reason=reason)
    look_after_changes(at=make.NOW + timedelta(hours=24))
    look_after_changes(at=make.NOW + timedelta(hours=25))
    assert fresh(change).alarmed_at == make.NOW + timedelta(hours=24)
    assert number() == revision
    assert AuditEntry.objects.filter(action="change.not_ratified").count() == 1


@pytest.mark.django_db
def test_tick__more_than_it_sees_to_at_once__the_next_one_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    alias = alias1()
    monkeypatch.setattr(due, "MOST", 1)
    for weight in (5000, 6000):
        proposed = Proposed(ChangeRequest.Kind.POLICY, "", Setting(policy=Policy(1, Canary(2, weight))))
        changes.propose(make.act(), alias, proposed, base_revision=1)
    for expired in (1, 2):
        look_after_changes(at=make.NOW + ANY.expiry)
        assert ChangeRequest.objects.filter(status=Status.EXPIRED).count() == expired


@pytest.mark.django_db
def test_tick_task__reads_the_clock__and_expires_what_is_long_over() -> None:
    change = scheduled(alias1())
    tick()
    assert fresh(change).status in {Status.EXPIRED, Status.APPLIED}


@pytest.mark.django_db(transaction=True)
def test_tick__two_beats_at_once__apply_it_once() -> None:
    change = scheduled(alias1())
    barrier = threading.Barrier(2)

    def beat() -> None:
        try:
            connection.ensure_connection()
            barrier.wait(10)
            look_after_changes(at=DUE)
        finally:
            connection.close()

    threads = [threading.Thread(target=beat) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    assert (fresh(change).status, number()) == (Status.APPLIED, 2)
