"""Access keys: one's own, and those of a team's service accounts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from releases.core.rights import Role
from releases.models import AccessKey, User
from releases.operations import people
from releases.operations.access_keys import create_access_key, note_used_keys
from releases.queries import access_keys
from tests import make

from .conftest import logged_in

KEYS = reverse("access-keys")
CREATE = reverse("access-key-create")


@pytest.fixture
def program(db: None) -> User:
    return people.create_program(make.act(), make.team(), name="ci", roles=[Role.DEVELOPER])


def test_access_keys__none__says_what_they_are_for(alice: Client) -> None:
    assert "No access keys" in alice.get(KEYS).content.decode()


def test_access_key_create__valid__shows_the_secret_once(db: None) -> None:
    client = logged_in(make.user())
    response = client.post(CREATE, {"name": "laptop", "days": "90"})
    [signer] = access_keys.load()
    secret = signer.secret.decode()
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    page = client.get(KEYS).content.decode()
    assert (signer.key_id in page, secret in page) == (True, False)
    key = AccessKey.objects.get()
    assert key.name == "laptop"
    assert timedelta(days=89) < key.expires_at - timezone.now() < timedelta(days=91)


def test_access_key_create__without_end__never_expires(db: None) -> None:
    logged_in(make.user()).post(CREATE, {"name": "laptop", "days": "0"})
    assert AccessKey.objects.get().expires_at is None


@pytest.mark.parametrize("form", [{}, {"name": "a\0b", "days": "30"}, {"name": "laptop", "days": "31"}])
def test_access_key_create__bad__is_an_error(db: None, form: dict[str, str]) -> None:
    response = logged_in(make.user()).post(CREATE, form)
    assert response.status_code == 422
    assert response.context["form"].errors
    assert not AccessKey.objects.exists()


def test_access_keys__used_and_expired__are_told_apart(alice: Client) -> None:
    used = create_access_key(make.act(), make.user(), name="used")
    create_access_key(make.act(), make.user(), name="old", expires_at=timezone.now())
    note_used_keys([used.key_id], at=timezone.now() - timedelta(minutes=3))
    page = alice.get(KEYS).content.decode()
    assert "3 min ago" in page
    assert "Expired" in page


def test_access_key_revoke__own__is_gone_for_ever(alice: Client) -> None:
    pair = create_access_key(make.act(), make.user())
    assert alice.post(reverse("access-key-revoke", args=[pair.key_id]))["Location"] == KEYS
    assert access_keys.load() == []
    assert pair.key_id not in alice.get(KEYS).context["rows"]


def test_access_key_revoke__of_somebody_else__is_not_found(alice: Client) -> None:
    bob = make.user("bob")
    pair = create_access_key(make.act(), bob)
    revoke = reverse("access-key-revoke", args=[pair.key_id])
    assert alice.post(revoke).status_code == 404
    assert len(access_keys.load()) == 1
    assert logged_in(bob).post(revoke).status_code == 302


def test_program_keys__admin__makes_and_revokes_them(program: User) -> None:
    client, args = logged_in(make.user()), [make.team().pk, program.pk]
    response = client.post(reverse("program-key-create", args=args), {"name": "pipeline", "days": "30"})
    assert response.context["pair"].secret in response.content.decode()
    key = program.access_keys.get()
    assert key.key_id in client.get(reverse("program-keys", args=args)).content.decode()
    client.post(reverse("program-key-revoke", args=[*args, key.key_id]))
    assert access_keys.load() == []


def test_program_keys__of_a_person__are_not_found(program: User) -> None:
    """An admin makes no key that acts for another member."""
    bob = make.user("bob", Role.APPROVER)
    client, args = logged_in(make.user()), [make.team().pk, bob.pk]
    assert client.get(reverse("program-keys", args=args)).status_code == 404
    create = reverse("program-key-create", args=args)
    assert client.post(create, {"name": "x", "days": "30"}).status_code == 404
    assert not bob.access_keys.exists()


def test_program_keys__admin_of_another_team__are_not_found(program: User) -> None:
    eve = logged_in(make.user("eve", Role.ADMIN, of="other"))
    for team in (make.team(), make.team("other")):
        create = reverse("program-key-create", args=[team.pk, program.pk])
        assert eve.post(create, {"name": "x", "days": "30"}).status_code == 404
    assert not program.access_keys.exists()


def test_access_keys__many__take_no_more_queries(alice: Client, django_assert_num_queries) -> None:
    for _ in range(10):
        create_access_key(make.act(), make.user())
    with django_assert_num_queries(3):  # session, user, keys
        alice.get(KEYS)
