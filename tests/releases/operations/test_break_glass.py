"""Breaking the glass: who is told, who may ratify, and what happens when nobody does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from releases.core.approvals import Status
from releases.core.policies import Canary, Policy
from releases.core.protections import Barred, Freeze, When
from releases.core.rights import Role
from releases.models import Alias, AliasRevision, AuditEntry, ChangeRequest, Notice, User
from releases.operations import aliases
from releases.operations.aliases import ChangedMeanwhile, NeedsApproval, Setting
from releases.operations.break_glass import break_glass, not_ratified, ratify, told_of
from releases.operations.change_rows import EditedMeanwhile, NotNow
from releases.queries import changes as query
from tests import make

pytestmark = pytest.mark.django_db

WHY = "checkout answers 500 to everybody"
BAD = Policy(1, Canary(2, 9000))


@pytest.fixture
def people(db: None) -> None:
    make.user("alice")
    make.user("bob", Role.APPROVER)
    make.user("carol", Role.ADMIN)
    make.user("vera", Role.VIEWER)
    make.user("zoe", Role.BREAK_GLASS, Role.APPROVER)


@pytest.fixture
def alias(people: None) -> Alias:
    return make.protected_alias(ratify=timedelta(hours=2), revert=True)


def glass(alias: Alias, *, by: str = "zoe", reason: str = WHY, base: int = 1) -> ChangeRequest:
    return break_glass(make.act(make.user(by)), alias, Setting(policy=BAD), base_revision=base, reason=reason)


def agree(request: ChangeRequest, name: str, *, after: timedelta = timedelta(0)) -> ChangeRequest:
    seen = query.payload_of(query.loaded().get(pk=request.pk)).digest
    return ratify(make.act(make.user(name), at=make.NOW + after), request, seen=seen)


def late(request: ChangeRequest) -> ChangeRequest:
    return not_ratified(make.act(make.user("alice"), at=make.NOW + timedelta(hours=2)), request)


def newest() -> AliasRevision:
    return AliasRevision.objects.latest("pk")


def told(kind: str) -> list[str]:
    return sorted(Notice.objects.filter(kind=kind).values_list("to__username", flat=True))


def test_break_glass__moves_at_once__not_as_agreed_to(alias: Alias) -> None:
    request = glass(alias)
    assert (request.status, request.ratify_by) == (Status.APPLIED, make.NOW + timedelta(hours=2))
    assert (newest().number, newest().is_agreed, newest().reason) == (2, False, f"Break glass: {WHY}")
    entry = AuditEntry.objects.filter(action="change.break_glass").get()
    assert (entry.source, entry.reason, entry.by.username) == ("break-glass", WHY, "zoe")


def test_break_glass__tells__all_who_may_approve_or_administer_but_not_himself(alias: Alias) -> None:
    glass(alias)
    assert told("glass_broken") == ["alice", "bob", "carol"]
    assert [user.username for user in told_of(alias)] == ["alice", "bob", "zoe", "carol"]
    assert Notice.objects.filter(needs_action=True).count() == 3


@pytest.mark.parametrize("reason", ["", "urgent", "x" * 19, " " * 40, "urgent".ljust(40)])
def test_break_glass__without_an_account__refused(alias: Alias, reason: str) -> None:
    with pytest.raises(NotNow, match="at least 20 characters"):
        glass(alias, reason=reason)
    assert newest().number == 1


def test_break_glass__without_the_right__refused_with_the_reason(alias: Alias) -> None:
    with pytest.raises(NotNow, match="carol may not break the glass of service shop"):
        glass(alias, by="carol")
    assert glass(alias).status == Status.APPLIED


def test_break_glass__on_an_old_revision__refused(alias: Alias) -> None:
    glass(alias)
    with pytest.raises(ChangedMeanwhile):
        glass(alias)


def test_break_glass__in_a_freeze__moves(people: None) -> None:
    frozen = Freeze(make.NOW, make.NOW + timedelta(days=1), "inventory")
    assert glass(make.protected_alias(freezes=(frozen,))).status == Status.APPLIED


def test_break_glass__what_nothing_asks_about__refused(people: None) -> None:
    with pytest.raises(NotNow, match="nothing asks for approval here"):
        glass(make.protected_alias(when=frozenset({When.PRIMARY})))


def test_ratify__by_an_approver__counts_as_agreed_from_then_on(alias: Alias) -> None:
    request = agree(glass(alias), "bob")
    assert request.ratified_at == make.NOW
    assert late(request).alarmed_at is None
    aliases.roll_back(make.act(), alias, base_revision=2, reason="it is mended")
    back = aliases.restore(make.act(), alias, number=2, base_revision=3, reason="it was not mended")
    assert back.number == 4
    assert not Notice.objects.filter(needs_action=True).exists()
    assert AuditEntry.objects.filter(action="change.ratify").count() == 1


@pytest.mark.parametrize(
    ("name", "why"),
    [("zoe", "you cannot ratify it"), ("carol", "that needs approver"), ("vera", "that needs approver")],
)
def test_ratify__by_who_broke_it_or_may_not_approve__refused(alias: Alias, name: str, why: str) -> None:
    request = glass(alias)
    with pytest.raises(NotNow, match=why):
        agree(request, name)
    assert agree(request, "bob").ratified_at is not None


def test_ratify__by_who_broke_it_though_authors_are_not_barred__refused(people: None) -> None:
    request = glass(make.protected_alias(barred=frozenset()))
    with pytest.raises(NotNow, match="you broke the glass"):
        agree(request, "zoe")


def test_ratify__by_the_publisher__refused_where_barred(people: None) -> None:
    request = glass(make.protected_alias(barred=frozenset({Barred.PUBLISHER})))
    with pytest.raises(NotNow, match="you published the version"):
        agree(request, "alice")


def test_ratify__twice_and_what_broke_no_glass__refused(alias: Alias) -> None:
    request = agree(glass(alias), "bob")
    with pytest.raises(NotNow, match="nothing to ratify"):
        agree(request, "alice")
    other = make.protected_alias(make.two_versions("other"))
    with pytest.raises(NotNow, match="nothing to ratify"):
        agree(make.change(other), "bob")


def test_ratify__another_payload_than_was_seen__refused(alias: Alias) -> None:
    request = glass(alias)
    with pytest.raises(EditedMeanwhile):
        ratify(make.act(make.user("bob")), request, seen="0" * 64)


def test_not_ratified__in_time__alarms_everybody_and_goes_back(alias: Alias) -> None:
    request = late(glass(alias))
    assert request.alarmed_at == make.NOW + timedelta(hours=2)
    assert (newest().number, newest().policy["versionId"], newest().is_agreed) == (3, "1", True)
    assert newest().policy == alias.revisions.get(number=1).policy
    assert {"bob", "carol", "zoe"} <= set(told("not_ratified"))
    assert late(request).alarmed_at == request.alarmed_at
    assert newest().number == 3


def test_not_ratified__without_revert__alarms_and_stays(people: None) -> None:
    late(glass(make.protected_alias()))
    assert newest().number == 2
    assert "bob" in told("not_ratified")


def test_not_ratified__alias_moved_since__alarms_and_is_left_alone(alias: Alias) -> None:
    request = glass(alias)
    aliases.roll_back(make.act(), alias, base_revision=2, reason="it made it worse")
    late(request)
    assert newest().number == 3
    assert "bob" in told("not_ratified")


def test_not_ratified__in_time__agreed_to_late_is_better_than_never(alias: Alias) -> None:
    request = agree(late(glass(alias)), "bob", after=timedelta(days=1))
    assert request.ratified_at == make.NOW + timedelta(days=1)


def test_not_ratified__reverted__it_cannot_be_restored_without_approval(alias: Alias) -> None:
    late(glass(alias))
    with pytest.raises(NeedsApproval):
        aliases.restore(
            make.act(User.objects.get(username="zoe")), alias, number=2, base_revision=3, reason="again"
        )
