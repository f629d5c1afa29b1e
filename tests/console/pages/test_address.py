"""The pages of an e-mail address: how it stands, the link again, and what the link leads to."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from releases.models import Outgoing, User
from tests import make

from .conftest import logged_in

PAGE = reverse("inbox-preferences")
LINK = reverse("address-link")
AGAIN = "Send the link again"


@pytest.fixture
def mail(settings: Settings) -> None:
    settings.EMAIL_HOST = "mail.example"


def user(email: str = "alice@example.com") -> User:
    found = User.objects.get(username="alice")
    found.email = email
    found.save()
    return found


def address() -> str:
    """Where the link to alice's unconfirmed address leads."""
    row = EmailAddress.objects.create(user=user(), email="alice@example.com", primary=True)
    return reverse("address-confirm", args=[EmailConfirmationHMAC(row).key])


@pytest.mark.usefixtures("mail")
def test_preferences__unconfirmed_address__says_so_and_sends_the_link_again(alice: Client) -> None:
    user()
    text = alice.get(PAGE).content.decode()
    assert "is not confirmed: nothing is sent there." in text
    assert AGAIN in text
    text = alice.post(LINK, follow=True).content.decode()
    assert "A link was sent to alice@example.com." in text
    assert Outgoing.objects.get().document["kind"] == "confirm_address"


@pytest.mark.usefixtures("mail")
def test_preferences__confirmed_and_none__offer_no_link(alice: Client) -> None:
    assert AGAIN not in alice.get(PAGE).content.decode()
    assert alice.post(LINK).status_code == 409
    make.mailed(user(), "alice@example.com")
    text = alice.get(PAGE).content.decode()
    assert "is confirmed." in text
    assert AGAIN not in text


def test_preferences__no_mail_server__says_when_it_can_be_confirmed(
    alice: Client, settings: Settings
) -> None:
    settings.EMAIL_HOST = ""
    user()
    text = alice.get(PAGE).content.decode()
    assert "The link that confirms it can be sent once there is a mail server." in text
    assert AGAIN not in text
    assert alice.post(LINK).status_code == 409


def test_link__opened__asks_and_acts_by_post_alone(alice: Client) -> None:
    page = address()
    assert "will be sent to <strong>alice@example.com</strong>" in alice.get(page).content.decode()
    assert not EmailAddress.objects.get().verified
    text = alice.post(page, follow=True).content.decode()
    assert "alice@example.com is confirmed" in text
    assert EmailAddress.objects.get().verified
    assert alice.get(page).status_code == alice.post(page).status_code == 404  # it is over


def test_link__opened_by_somebody_else_or_nobody__confirms_nothing(alice: Client, anonymous: Client) -> None:
    page = address()
    bob = logged_in(make.user("bob"))
    assert bob.get(page).status_code == bob.post(page).status_code == 404
    assert anonymous.post(page)["Location"].startswith(reverse("log-in"))
    assert not EmailAddress.objects.get().verified
