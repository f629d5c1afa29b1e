from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from releases.core import protection_document
from releases.core.approvals import Status
from releases.core.policies import Canary, Policy
from releases.core.protections import Evidence, Freeze, Protection, When
from releases.models import Alias, ChangeRequest, Notice
from releases.operations import aliases, applying, break_glass
from releases.operations.aliases import NeedsApproval, NeedsReason, Setting
from releases.operations.change_rows import NotNow
from releases.queries import changes as query
from tests import make

pytestmark = pytest.mark.django_db
DUE = make.NOW + timedelta(hours=2)
WHY = "checkout answers 500 to everybody"
GOOD, BAD = Policy(1, Canary(2, 3000)), Policy(2)


@pytest.fixture
def alias() -> Alias:
    make.user("bob")
    return make.protected_alias()


def now(request: ChangeRequest) -> ChangeRequest:
    return query.loaded().get(pk=request.pk)


def glass(alias: Alias, policy: Policy = BAD) -> ChangeRequest:
    base = make.loaded(alias).revision
    assert base is not None
    return break_glass.break_glass(
        make.act(make.user("zoe", *make.ALL)),
        alias,
        Setting(policy=policy),
        base_revision=base.number,
        reason=WHY,
    )


def test_schedule__due__applied_by_the_tick(alias: Alias) -> None:
    request = applying.schedule(make.act(), make.approved(alias), when=DUE)
    assert (request.status, request.next_look_at) == (Status.SCHEDULED, DUE)
    assert applying.apply_due(make.act(at=DUE), request).status == Status.APPLIED


def test_schedule__meets_a_freeze__suspended_loudly_and_applied_after_it(alias: Alias) -> None:
    request = applying.schedule(make.act(), make.approved(alias), when=DUE)
    frozen = Freeze(DUE, DUE + timedelta(hours=5), "inventory")
    row = make.loaded(alias)
    row.protection = protection_document.document(replace(query.protection_of(row), freezes=(frozen,)))
    row.save()
    for _ in range(2):  # told once, however often it is tried
        suspended = applying.apply_due(make.act(make.user("bob"), at=DUE), request)
    assert (suspended.status, "inventory" in suspended.suspended) == (Status.SCHEDULED, True)
    assert Notice.objects.filter(kind="suspended", to__username="alice").count() == 1
    assert applying.apply_due(make.act(at=DUE + timedelta(hours=5)), request).status == Status.APPLIED


def test_unschedule__scheduled__approved_again(alias: Alias) -> None:
    request = applying.schedule(make.act(), make.approved(alias), when=DUE)
    assert applying.unschedule(make.act(), request).status == Status.APPROVED
    assert now(request).scheduled_at is None


def test_apply__evidence_asked_for_and_missing__says_what_is_missing() -> None:
    make.user("bob")
    guarded = make.protected_alias(evidence=frozenset({Evidence.TEST_RUN, Evidence.LINT}))
    with pytest.raises(NotNow, match="a test run of version 2"):
        applying.apply(make.act(), make.approved(guarded))


@pytest.mark.parametrize("move", ["change", "switch", "delete"])
def test_guard__protected_alias__refuses_every_direct_way(alias: Alias, move: str) -> None:
    applying.apply(make.act(), make.approved(alias))
    alias = make.loaded(alias)
    with pytest.raises(NeedsApproval):
        if move == "change":
            aliases.change_alias(make.act(), alias, base_revision=2, setting=Setting(policy=BAD))
        elif move == "switch":
            aliases.switch_all(make.act(), alias, base_revision=2)
        else:
            aliases.delete_alias(make.act(), alias)


def test_roll_back__protected_alias__needs_a_reason_and_no_approval(alias: Alias) -> None:
    applying.apply(make.act(), make.approved(alias))
    with pytest.raises(NeedsReason):
        aliases.roll_back(make.act(), alias, base_revision=2)
    back = aliases.roll_back(make.act(), alias, base_revision=2, reason="too many errors")
    assert (back.number, back.is_agreed) == (3, True)


def test_restore__what_served_lately_by_approval__needs_a_reason_only(alias: Alias) -> None:
    applying.apply(make.act(), make.approved(alias))
    aliases.roll_back(make.act(), alias, base_revision=2, reason="errors")
    with pytest.raises(NeedsReason):
        aliases.restore(make.act(), alias, number=2, base_revision=3)
    assert aliases.restore(make.act(), alias, number=2, base_revision=3, reason="it was not that").number == 4


def test_restore__what_served_long_ago__needs_approval(alias: Alias) -> None:
    applying.apply(make.act(), make.approved(alias))
    later = make.act(at=make.NOW + timedelta(days=1))
    aliases.roll_back(later, alias, base_revision=2, reason="errors")
    long_after = make.act(at=make.NOW + timedelta(days=40))
    with pytest.raises(NeedsApproval):
        aliases.restore(long_after, alias, number=2, base_revision=3, reason="again")


def test_restore__what_only_broken_glass_reached__needs_approval(alias: Alias) -> None:
    glass(alias)
    aliases.roll_back(make.act(), alias, base_revision=2, reason="it made it worse")
    with pytest.raises(NeedsApproval):
        aliases.restore(make.act(), alias, number=2, base_revision=3, reason="again")


def test_restore__ratified_afterwards__needs_a_reason_only(alias: Alias) -> None:
    request = glass(alias)
    break_glass.ratify(make.act(make.user("bob")), request, seen=query.payload_of(now(request)).digest)
    aliases.roll_back(make.act(), alias, base_revision=2, reason="it made it worse")
    assert aliases.restore(make.act(), alias, number=2, base_revision=3, reason="again").number == 4


def test_break_glass__with_right_and_reason__moves_at_once_and_asks_to_ratify(alias: Alias) -> None:
    request = glass(alias)
    assert request.revision is not None
    assert (request.status, request.revision.is_agreed) == (Status.APPLIED, False)
    assert request.ratify_by == make.NOW + timedelta(hours=24)
    assert Notice.objects.filter(to__username="bob", kind="glass_broken", needs_action=True).exists()


@pytest.mark.parametrize("reason", ["", "urgent", " " * 30])
def test_break_glass__without_an_account__refused(alias: Alias, reason: str) -> None:
    with pytest.raises(NotNow, match="at least 20"):
        break_glass.break_glass(
            make.act(make.user("zoe", *make.ALL)), alias, Setting(policy=BAD), base_revision=1, reason=reason
        )


def test_break_glass__without_the_right__refused(alias: Alias) -> None:
    with pytest.raises(NotNow, match="may not break the glass"):
        break_glass.break_glass(make.act(), alias, Setting(policy=BAD), base_revision=1, reason=WHY)


def test_break_glass__where_nothing_asks__refused() -> None:
    free = make.alias(make.two_versions())
    with pytest.raises(NotNow, match="nothing asks"):
        glass(free)


def test_ratify__by_who_broke_it__refused(alias: Alias) -> None:
    request = glass(alias)
    with pytest.raises(NotNow, match="cannot ratify"):
        break_glass.ratify(make.act(make.user("zoe")), request, seen=query.payload_of(now(request)).digest)


@pytest.mark.parametrize("revert", [True, False])
def test_not_ratified__in_time__alarms_and_reverts_if_asked(revert: bool) -> None:
    make.user("bob")
    guarded = make.protected_alias(revert=revert)
    request = glass(guarded)
    late = make.act(make.user("zoe"), at=make.NOW + timedelta(hours=24))
    for _ in range(2):  # a tick that comes twice does it once
        break_glass.not_ratified(late, request)
    assert Notice.objects.filter(to__username="bob", kind="not_ratified").count() == 1
    assert make.loaded(guarded).revisions.count() == (3 if revert else 2)


def test_not_ratified__alias_moved_since__is_not_reverted() -> None:
    make.user("bob")
    guarded = make.protected_alias(revert=True)
    request = glass(guarded)
    aliases.roll_back(make.act(), guarded, base_revision=2, reason="back by hand")
    break_glass.not_ratified(make.act(make.user("zoe"), at=make.NOW + timedelta(hours=24)), request)
    assert make.loaded(guarded).revisions.count() == 3


def test_protect__unprotected_alias__at_once() -> None:
    free = make.alias(make.two_versions())
    aliases.protect_alias(make.act(), free, protection=Protection(when=frozenset({When.DELETE})))
    with pytest.raises(NeedsApproval):
        aliases.delete_alias(make.act(), make.loaded(free))
