"""E-mail addresses, with a real mail server: nothing is sent before somebody who reads it there said so."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from pytest_django.fixtures import Settings

from releases.core.notices import Kind
from releases.models import AuditEntry, Outgoing, User
from releases.operations import addresses, inbox, notices
from releases.operations.addresses import LinkOver, NothingToConfirm, TooManyLinks
from releases.operations.sending import send_next
from tests import make
from tests.releases.receivers import Mailbox, mail_server

pytestmark = pytest.mark.django_db

ALL = dict.fromkeys(Kind, True)
SOON = make.NOW + timedelta(seconds=1)


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with mail_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


@pytest.fixture
def bob(db: None) -> User:
    return make.user("bob")


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def prefer(user: User, email: str) -> bool:
    return inbox.prefer(make.act(fresh(user)), email=email, mailed=ALL)


def key_in(mailbox: Mailbox) -> str:
    """The key of the link in the last e-mail."""
    found = re.search(r"/account/address/(\S+)/\s", mailbox.messages[-1].get_content())
    assert found is not None
    return found[1]


def sent_all() -> None:
    while send_next(at=SOON):
        pass


def tell(user: User) -> None:
    path = "/cn-hangzhou/changes/7/"
    notices.tell(make.act(), Kind.APPLIED, [fresh(user)], team=make.team(), text="applied", path=path)


def test_prefer__first_address__gets_a_link_and_nothing_else_before_it_is_confirmed(
    bob: User, mailbox: Mailbox
) -> None:
    assert prefer(bob, " Bob@Example.com ")
    tell(bob)
    sent_all()
    (message,) = mailbox.messages
    assert (message["To"], message["Subject"]) == ("bob@example.com", "[Serin] Confirm your e-mail address")
    assert addresses.confirm(make.act(fresh(bob)), key=key_in(mailbox)) == "bob@example.com"
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.after) == ("account.address", {"email": "bob@example.com"})
    tell(bob)
    sent_all()
    assert mailbox.messages[-1]["Subject"] == "[Serin] applied"


def test_prefer__another_address__is_unconfirmed_and_the_old_link_confirms_nothing(
    bob: User, mailbox: Mailbox
) -> None:
    prefer(bob, "bob@example.com")
    sent_all()
    old = key_in(mailbox)
    assert prefer(bob, "else@example.com")
    with pytest.raises(LinkOver):
        addresses.confirm(make.act(fresh(bob)), key=old)
    tell(bob)
    assert not Outgoing.objects.filter(document__kind="applied").exists()


def test_prefer__address_taken_away_and_given_again__must_be_confirmed_again(
    bob: User, mailbox: Mailbox
) -> None:
    make.mailed(bob)
    assert not prefer(bob, "")
    assert not EmailAddress.objects.exists()
    assert prefer(bob, "bob@example.com")
    assert not EmailAddress.objects.get().verified


def test_prefer__same_address__stays_confirmed(bob: User, mailbox: Mailbox) -> None:
    make.mailed(bob)
    assert not inbox.prefer(make.act(bob), email="bob@example.com", mailed=ALL | {Kind.APPLIED: False})
    assert EmailAddress.objects.get().verified


def test_send__address_changed_since_it_was_told__is_not_sent(bob: User, mailbox: Mailbox) -> None:
    make.mailed(bob)
    tell(bob)
    prefer(bob, "else@example.com")
    sent_all()
    assert [message["To"] for message in mailbox.messages] == ["else@example.com"]
    assert "did not confirm it" in Outgoing.objects.get(document__kind="applied").error


def test_send__link_of_an_address_that_is_gone__is_not_sent(bob: User, mailbox: Mailbox) -> None:
    prefer(bob, "bob@example.com")
    prefer(bob, "")
    sent_all()
    assert mailbox.messages == []


def test_confirm__link_of_somebody_else__confirms_nothing(bob: User, mailbox: Mailbox) -> None:
    prefer(bob, "alice@example.com")
    sent_all()
    with pytest.raises(LinkOver, match="ask for another one"):
        addresses.confirm(make.act(make.user("alice")), key=key_in(mailbox))
    assert not EmailAddress.objects.get().verified


def test_confirm__address_that_another_account_confirmed__refused(bob: User, mailbox: Mailbox) -> None:
    make.mailed(make.user("alice"), "bob@example.com")
    prefer(bob, "bob@example.com")
    sent_all()
    with pytest.raises(LinkOver, match="another account has confirmed"):
        addresses.confirm(make.act(fresh(bob)), key=key_in(mailbox))


@pytest.mark.parametrize("key", ["", "x", "MQ:1vNNNN:x", "\0", "é" * 300])
def test_confirm__key_that_was_never_made__refused(bob: User, key: str) -> None:
    with pytest.raises(LinkOver):
        addresses.confirm(make.act(bob), key=key)


def test_send_link__again_and_again__stops_before_a_mailbox_is_full(bob: User, mailbox: Mailbox) -> None:
    prefer(bob, "bob@example.com")
    for _ in range(addresses.MAX_LINKS - 1):
        addresses.send_link(make.act(fresh(bob)))
    with pytest.raises(TooManyLinks):
        addresses.send_link(make.act(fresh(bob)))
    assert not prefer(bob, "victim@example.com")  # nor by way of another address
    assert Outgoing.objects.count() == addresses.MAX_LINKS
    later = make.act(fresh(bob), at=make.NOW + timedelta(hours=1))
    assert addresses.send_link(later) == "victim@example.com"


def test_send_link__address_from_before_addresses_were_confirmed__gets_one(
    bob: User, mailbox: Mailbox
) -> None:
    bob.email = "Bob@Example.com"
    bob.save()
    tell(bob)
    addresses.send_link(make.act(bob))
    sent_all()
    assert len(mailbox.messages) == 1
    addresses.confirm(make.act(bob), key=key_in(mailbox))
    tell(bob)
    sent_all()
    assert mailbox.messages[-1]["To"] == "Bob@Example.com"


def test_send_link__nothing_to_confirm__refused(bob: User, mailbox: Mailbox) -> None:
    for _ in range(2):  # without an address, and with one that is confirmed
        with pytest.raises(NothingToConfirm, match="no address that is still to be confirmed"):
            addresses.send_link(make.act(fresh(bob)))
        make.mailed(bob)


def test_send_link__no_mail_server__refused_and_the_address_is_kept(bob: User, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    assert not prefer(bob, "bob@example.com")
    with pytest.raises(NothingToConfirm, match="no mail server"):
        addresses.send_link(make.act(fresh(bob)))
    assert (fresh(bob).email, Outgoing.objects.count()) == ("bob@example.com", 0)
