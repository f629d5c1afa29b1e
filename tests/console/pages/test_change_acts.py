"""Everything that people do to a change request: works, is refused, and is harmless when repeated."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from releases.core.approvals import Status
from releases.core.policies import Canary, Policy
from releases.core.protections import Freeze, Protection, When
from releases.core.rights import Role
from releases.models import Alias, ChangeComment, ChangeRequest, ChangeReview
from releases.operations import break_glass, changes
from releases.operations.aliases import Setting
from releases.operations.change_rows import Proposed
from tests import make

from . import proposed
from .conftest import HTMX

pytestmark = pytest.mark.django_db

RIGHTS = {
    "submit": Role.RELEASER,
    "review": Role.APPROVER,
    "reject": Role.APPROVER,
    "rebase": Role.RELEASER,
    "schedule": Role.RELEASER,
    "unschedule": Role.RELEASER,
    "apply": Role.RELEASER,
    "ratify": Role.APPROVER,
    "cancel": Role.ADMIN,
}


@pytest.fixture
def alias1(db: None) -> Alias:
    return proposed.protected()


def url(change: ChangeRequest, deed: str) -> str:
    return reverse(f"change-{deed}", args=[make.REGION, change.pk])


def post(client: Client, change: ChangeRequest, deed: str, **given: object) -> int:
    data = {"seen": proposed.seen(change)} | given
    return client.post(url(change, deed), data, headers=HTMX).status_code


def status(change: ChangeRequest) -> str:
    return proposed.fresh(change).status


@pytest.mark.parametrize("deed", [*RIGHTS, "comment"])
def test_change_deed__get_outsider_and_unknown__are_turned_away(
    alice: Client, alias1: Alias, deed: str
) -> None:
    change = proposed.propose(alias1)
    before = proposed.fresh(change).comments.count()
    assert alice.get(url(change, deed)).status_code == 405
    assert post(proposed.outsider(), change, deed) == 404
    unknown = reverse(f"change-{deed}", args=[make.REGION, change.pk + 1])
    assert alice.post(unknown).status_code == 404
    assert proposed.fresh(change).comments.count() == before


@pytest.mark.parametrize(("deed", "role"), RIGHTS.items())
def test_change_deed__member_without_the_right__is_told_why(alias1: Alias, deed: str, role: Role) -> None:
    change = proposed.propose(alias1)
    given = {"seen": proposed.seen(change), "verdict": "approve", "reason": "no"}
    response = proposed.as_user("dora", Role.VIEWER).post(url(change, deed), given)
    assert response.status_code == 403
    assert f"{role} in team shop-team" in response.content.decode()
    assert status(change) == Status.IN_REVIEW


@pytest.mark.parametrize("deed", [deed for deed in RIGHTS if deed != "schedule"])
def test_change_deed__without_or_with_another_payload__counts_nothing(
    alice: Client, alias1: Alias, deed: str
) -> None:
    change = proposed.approved(alias1)
    given = {"verdict": "approve", "reason": "no"}
    bob = proposed.as_user("bob")
    assert bob.post(url(change, deed), given, headers=HTMX).status_code == 422
    assert post(bob, change, deed, seen="0" * 64, **given) == 409
    assert status(change) == Status.APPROVED
    assert ChangeReview.objects.count() == 1


def test_change_submit__draft__asks_for_review_once(alice: Client, alias1: Alias) -> None:
    change = proposed.propose(alias1, draft=True)
    assert post(proposed.as_user("bob"), change, "submit") == 404
    assert post(alice, change, "submit") == 200
    assert status(change) == Status.IN_REVIEW
    assert post(alice, change, "submit") == 409


def test_change_review__approve_twice__is_one_approval(alias1: Alias) -> None:
    change = proposed.propose(alias1)
    bob = proposed.as_user("bob")
    for _ in range(2):
        assert post(bob, change, "review", verdict="approve") == 200
    assert status(change) == Status.APPROVED
    assert post(bob, change, "review", verdict="withdrawn") == 200
    assert status(change) == Status.IN_REVIEW


def test_change_review__by_its_author__does_not_count(alice: Client, alias1: Alias) -> None:
    change = proposed.propose(alias1)
    response = alice.post(url(change, "review"), {"seen": proposed.seen(change), "verdict": "approve"})
    assert response.status_code == 409
    assert "Your approval does not count here: you proposed it" in response.content.decode()
    assert status(change) == Status.IN_REVIEW


def test_change_review__request_changes__needs_a_comment(alias1: Alias) -> None:
    change = proposed.propose(alias1)
    bob = proposed.as_user("bob")
    assert post(bob, change, "review", verdict="request_changes") == 409
    assert post(bob, change, "review", verdict="request_changes", comment="x" * 5000) == 422
    assert post(bob, change, "review", verdict="maybe") == 422
    assert post(bob, change, "review", verdict="request_changes", comment="Take 50%") == 200
    assert status(change) == Status.CHANGES_REQUESTED


def test_change_review__edited_between_look_and_verdict__counts_nothing(alias1: Alias) -> None:
    change = proposed.propose(alias1)
    seen = proposed.seen(change)
    wanted = Proposed(ChangeRequest.Kind.POLICY, "", Setting(policy=Policy(1, Canary(2, 9000))))
    changes.edit(proposed.act(), change, wanted, seen=seen, base_revision=1)
    assert post(proposed.as_user("bob"), change, "review", verdict="approve", seen=seen) == 409
    assert not ChangeReview.objects.exists()


def test_change_reject__with_a_reason__is_final(alias1: Alias) -> None:
    change = proposed.propose(alias1)
    bob = proposed.as_user("bob")
    assert post(bob, change, "reject") == 409
    assert post(bob, change, "reject", reason="Too early") == 200
    assert post(bob, change, "reject", reason="Too early") == 409
    assert (status(change), proposed.fresh(change).ended_reason) == (Status.REJECTED, "Too early")


def test_change_cancel__author_or_admin__needs_a_reason_of_the_other(alice: Client, alias1: Alias) -> None:
    change, other = proposed.propose(alias1), proposed.propose(alias1, Policy(2))
    assert post(alice, change, "cancel") == 200
    assert post(alice, change, "cancel") == 409
    admin = proposed.as_user("dora", Role.ADMIN)
    assert post(admin, other, "cancel") == 409
    assert post(admin, other, "cancel", reason="Left over") == 200
    assert {status(change), status(other)} == {Status.CANCELLED}


def test_change_apply__approved__moves_the_alias_once(alice: Client, alias1: Alias) -> None:
    change = proposed.propose(alias1)
    assert post(alice, change, "apply") == 409
    proposed.verdict(change)
    assert post(alice, change, "apply") == 200
    assert post(alice, change, "apply") == 409
    alias1.refresh_from_db()
    assert alias1.revision is not None
    assert alias1.revision.number == 2
    assert proposed.fresh(change).revision == alias1.revision
    text = alice.get(reverse("alias", args=[make.REGION, "shop", "alias1"])).content.decode()
    assert f"Change request {change.pk}" in text


def test_change_apply__without_javascript__shows_the_refusal_as_a_page(alice: Client, alias1: Alias) -> None:
    change = proposed.propose(alias1)
    response = alice.post(url(change, "apply"), {"seen": proposed.seen(change)})
    assert response.status_code == 409
    assert "It lacks 1 more approval" in response.content.decode()


def test_change_rebase__disjoint_or_not__makes_a_payload_or_says_conflict(
    alice: Client, alias1: Alias
) -> None:
    change, other = proposed.approved(alias1), proposed.propose(alias1, Policy(1, Canary(2, 9000)))
    assert post(alice, change, "rebase") == 409
    proposed.moved(alias1, Policy(2, Canary(2, 3000)))
    assert post(alice, change, "rebase") == 200
    after = proposed.fresh(change)
    assert (after.status, after.payload.number, after.payload.base.number) == (Status.IN_REVIEW, 2, 2)
    proposed.moved(alias1, Policy(2, Canary(2, 1000)))
    response = alice.post(url(other, "rebase"), {"seen": proposed.seen(other)}, headers=HTMX)
    assert response.status_code == 409
    assert "changed the same field" in response.content.decode()


def test_change_schedule__a_time_in_a_zone__is_kept_and_taken_back(alice: Client, alias1: Alias) -> None:
    change = proposed.approved(alias1)
    at = (timezone.now() + timedelta(days=1)).replace(second=0, microsecond=0)
    local = (at + timedelta(hours=8)).strftime("%Y-%m-%dT%H:%M")
    assert post(alice, change, "schedule", at=local, zone="Asia/Shanghai") == 200
    assert (status(change), proposed.fresh(change).scheduled_at) == (Status.SCHEDULED, at)
    assert post(alice, change, "schedule", at=local, zone="Asia/Shanghai") == 409
    assert post(alice, change, "unschedule") == 200
    assert post(alice, change, "unschedule") == 409
    assert status(change) == Status.APPROVED


@pytest.mark.parametrize(
    ("at", "zone", "code"),
    [
        ("", "UTC", 422),
        ("tomorrow", "UTC", 422),
        ("2027-03-28T02:30", "Europe/Berlin", 422),
        ("2026-01-01T00:00", "Mars/Olympus", 422),
        ("2026-01-01T00:00", "UTC", 409),
        ("2999-01-01T00:00", "UTC", 409),
    ],
)
def test_change_schedule__bad_time_or_zone__is_refused(
    alice: Client, alias1: Alias, at: str, zone: str, code: int
) -> None:
    change = proposed.approved(alias1)
    assert post(alice, change, "schedule", at=at, zone=zone) == code
    assert status(change) == Status.APPROVED


def test_change_schedule__within_a_freeze__is_refused(alice: Client) -> None:
    at = timezone.now() + timedelta(hours=5)
    freeze = Freeze(at - timedelta(hours=1), at + timedelta(hours=1), "the fair")
    alias = proposed.protected(Protection(when=frozenset({When.ANY}), freezes=(freeze,)))
    change = proposed.approved(alias)
    data = {"seen": proposed.seen(change), "at": f"{at:%Y-%m-%dT%H:%M}", "zone": "UTC"}
    response = alice.post(url(change, "schedule"), data, headers=HTMX)
    assert response.status_code == 409
    assert "the fair" in response.content.decode()


def test_change_ratify__by_another__settles_it_once(alice: Client, alias1: Alias) -> None:
    make.join(make.user("bob"), *Role)
    change = break_glass.break_glass(
        proposed.act("bob"),
        alias1,
        Setting(policy=Policy(1)),
        base_revision=1,
        reason="Version 2 fails every order",
    )
    assert post(proposed.as_user("bob"), change, "ratify") == 409
    assert post(alice, change, "ratify") == 200
    assert post(alice, change, "ratify") == 409
    assert proposed.fresh(change).ratified_at is not None


def test_change_comment__of_a_viewer__stands_in_the_conversation(alias1: Alias) -> None:
    change = proposed.propose(alias1)
    dora = proposed.as_user("dora", Role.VIEWER)
    assert post(dora, change, "comment", text="<b>Why</b> now?") == 200
    assert post(dora, change, "comment", text=" ") == 422
    assert post(dora, change, "comment", text="x" * 5000) == 422
    assert ChangeComment.objects.filter(is_event=False).count() == 1
    page = dora.get(reverse("change", args=[make.REGION, change.pk])).content.decode()
    assert "&lt;b&gt;Why&lt;/b&gt; now?" in page
