"""Inviting by link, and what the link answers to whoever has it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from releases.core.rights import Role
from releases.models import Invitation, Membership, User
from releases.operations import invitations
from tests import make

from .conftest import browser, logged_in

NEW = {"username": "viv", "password": "viv-Passw0rd", "again": "viv-Passw0rd"}


@pytest.fixture
def link(db: None) -> str:
    """The path of an open invitation of shop-team."""
    act = make.act(at=timezone.now())
    secret = invitations.invite(act, make.team(), roles=[Role.VIEWER], expires_at=act.at + timedelta(days=1))
    return reverse("invitation", args=[secret])


def test_invite__roles_and_days__shows_the_link_once(db: None) -> None:
    client, invite = logged_in(make.user()), reverse("team-invite", args=[make.team().pk])
    response = client.post(invite, {"roles": ["viewer", "releaser"], "days": "7"})
    shown = response.context["link"]
    assert shown in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert browser().get(shown).status_code == 200
    secret = shown.rstrip("/").rpartition("/")[2]
    assert secret not in client.get(reverse("team", args=[make.team().pk])).content.decode()
    assert Invitation.objects.get().roles == ["releaser", "viewer"]


@pytest.mark.parametrize("form", [{}, {"days": "7"}, {"roles": ["viewer"], "days": "3000"}])
def test_invite__bad__is_an_error(db: None, form: dict[str, object]) -> None:
    client = logged_in(make.user())
    assert client.post(reverse("team-invite", args=[make.team().pk]), form).status_code == 422
    assert not Invitation.objects.exists()


def test_invitation__opened__asks_and_does_nothing(link: str, anonymous: Client) -> None:
    response = anonymous.get(link)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert Invitation.objects.get().used_by is None
    charlie = logged_in(make.outsider())
    assert "Join as charlie" in charlie.get(link).content.decode()
    assert not Membership.objects.filter(user__username="charlie").exists()


def test_invitation__new_person__has_an_account_and_is_logged_in(link: str, anonymous: Client) -> None:
    response = anonymous.post(link, NEW)
    assert response["Location"] == reverse("team", args=[make.team().pk])
    assert anonymous.get(response["Location"]).status_code == 200
    assert Invitation.objects.get().used_by == User.objects.get(username="viv")


def test_invitation__logged_in__joins_with_that_account(link: str) -> None:
    charlie = make.outsider()
    client = logged_in(charlie)
    assert client.post(link)["Location"] == reverse("team", args=[make.team().pk])
    assert Membership.objects.get(user=charlie).roles == ["viewer"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "a b"}, "username"),
        ({"username": "a\0b"}, "username"),
        ({"password": "12345678", "again": "12345678"}, "password"),
        ({"username": "vivian77", "password": "vivian77", "again": "vivian77"}, "password"),
        ({"again": "other"}, "again"),
    ],
)
def test_invitation__bad_form__is_an_error_and_the_link_stays_good(
    link: str, anonymous: Client, change: dict[str, str], field: str
) -> None:
    response = anonymous.post(link, NEW | change)
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert anonymous.post(link, NEW).status_code == 302


def test_invitation__name_taken__is_a_conflict_in_place(link: str, anonymous: Client) -> None:
    response = anonymous.post(link, NEW | {"username": "Alice"})
    assert response.status_code == 409
    assert "is taken" in response.content.decode()


def used(invitation: Invitation) -> None:
    invitation.used_by = make.user()


def revoked(invitation: Invitation) -> None:
    invitation.revoked_at = timezone.now()


def expired(invitation: Invitation) -> None:
    invitation.expires_at = timezone.now()


@pytest.mark.parametrize(
    ("end", "words"), [(used, "has been used"), (revoked, "was withdrawn"), (expired, "has expired")]
)
def test_invitation__over__says_so_and_nothing_of_the_team(
    link: str, anonymous: Client, end, words: str
) -> None:
    invitation = Invitation.objects.get()
    end(invitation)
    invitation.save()
    for client in (anonymous, logged_in(make.outsider())):
        for response in (client.get(link), client.post(link, NEW)):
            page = response.content.decode()
            assert response.status_code == 410
            assert words in page
            assert make.TEAM not in page
            assert "alice" not in page
    assert not User.objects.filter(username="viv").exists()
    assert not Membership.objects.filter(user__username="charlie").exists()


@pytest.mark.parametrize("secret", ["x", "x" * 300, "ä", "..", "%00"])
def test_invitation__unknown_secret__is_not_found(anonymous: Client, link: str, secret: str) -> None:
    assert anonymous.get(f"/invitations/{secret}/").status_code == 404


def test_invitation_revoke__open__ends_the_link(link: str) -> None:
    client, invitation = logged_in(make.user()), Invitation.objects.get()
    revoke = reverse("team-invitation-revoke", args=[make.team().pk, invitation.pk])
    assert client.post(revoke).status_code == 302
    assert browser().get(link).status_code == 410
    assert "Withdrawn" in client.get(reverse("team", args=[make.team().pk])).content.decode()


def test_invitation_revoke__of_another_team__is_not_found(link: str) -> None:
    eve = logged_in(make.user("eve", Role.ADMIN, of="other"))
    args = [make.team("other").pk, Invitation.objects.get().pk]
    assert eve.post(reverse("team-invitation-revoke", args=args)).status_code == 404
    assert browser().get(link).status_code == 200


def test_invitation_revoke__used__is_refused(link: str, anonymous: Client) -> None:
    anonymous.post(link, NEW)
    args = [make.team().pk, Invitation.objects.get().pk]
    assert logged_in(make.user()).post(reverse("team-invitation-revoke", args=args)).status_code == 409


def test_team__many_used_invitations__still_shows_the_open_one(link: str, django_assert_num_queries) -> None:
    act = make.act(at=timezone.now())
    ends = act.at + timedelta(days=1)
    for _ in range(25):
        invitations.invite(act, make.team(), roles=[Role.VIEWER], expires_at=ends)
    Invitation.objects.exclude(pk=Invitation.objects.earliest("pk").pk).update(used_by=make.user("bob"))
    client, page = logged_in(make.user()), reverse("team", args=[make.team().pk])
    # session, user, roles, team, people, programs, groups, invitations open and over, who made them (2)
    with django_assert_num_queries(11):
        rows = client.get(page).context["invitations"]
    assert [row["state"] for row in rows] == ["open", *["used"] * 20]
