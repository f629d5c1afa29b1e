from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from releases.core.notices import Kind
from releases.models import AuditEntry, User
from releases.operations.inbox import prefer
from releases.queries import notices as query
from tests import make

PAGE = reverse("inbox-preferences")


def user() -> User:
    return User.objects.get(username="alice")


def all_but(*kinds: Kind) -> dict[str, str]:
    return {f"mail_{kind.value}": "on" for kind in Kind if kind not in kinds}


def test_preferences__anonymous__is_sent_to_log_in(anonymous: Client) -> None:
    for response in (anonymous.get(PAGE), anonymous.post(PAGE)):
        assert response.status_code == 302


def test_preferences__never_set__are_all_on(alice: Client, settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example"
    response = alice.get(PAGE)
    assert all(field.value() for field in response.context["form"].switches)
    assert "has no mail server" not in response.content.decode()


def test_preferences__no_mail_server__says_so(alice: Client, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    assert "has no mail server" in alice.get(PAGE).content.decode()


def test_preferences__saved__are_kept_and_audited(alice: Client) -> None:
    sent = {"email": "alice@example.com"} | all_but(Kind.APPLIED, Kind.COMMENTED)
    assert alice.post(PAGE, sent)["Location"] == PAGE
    assert user().email == "alice@example.com"
    assert {kind for kind, on in query.mailed(user()).items() if not on} == {Kind.APPLIED, Kind.COMMENTED}
    entry = AuditEntry.objects.get(action="account.notices")
    assert entry.after == {"email": "alice@example.com", "silent": ["applied", "commented"]}
    alice.post(PAGE, {"email": ""} | all_but())
    assert (user().email, all(query.mailed(user()).values())) == ("", True)


def test_preferences__saved_again_alike__leave_no_second_entry(alice: Client) -> None:
    for _ in range(2):
        alice.post(PAGE, {"email": "alice@example.com"} | all_but(Kind.APPLIED))
    assert AuditEntry.objects.filter(action="account.notices").count() == 1


@pytest.mark.parametrize(
    "email",
    ["alice", "a@b", "a b@example.com", "a@example.com\nBcc: e@x.com", "x" * 250 + "@example.com", "\0"],
)
def test_preferences__no_address__is_an_error_at_the_field(alice: Client, email: str) -> None:
    response = alice.post(PAGE, {"email": email} | all_but())
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"email"}
    assert user().email == ""


def test_prefer__one_person__leaves_others_alone(alice: Client) -> None:
    bob = make.user("bob")
    prefer(make.act(bob), email="bob@example.com", mailed={Kind.APPLIED: False})
    assert query.mailed(user())[Kind.APPLIED]
    assert not query.mailed(bob)[Kind.APPLIED]
