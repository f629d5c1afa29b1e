"""The outbox, emptied to real servers on loopback."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import socket
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import transaction
from pytest_django.fixtures import Settings

from releases import tasks
from releases.core.notices import Kind
from releases.core.targets import Allowed, parse_allowed
from releases.models import Outgoing, User, Webhook
from releases.operations import notices, sending, webhooks
from releases.operations.sending import AWAY, FIRST_WAIT, GIVE_UP, LEASE, LONGEST_WAIT, send_next, wait_after
from releases.operations.webhooks import NewWebhook
from tests import make
from tests.make import NOW
from tests.releases.receivers import Mailbox, Receiver, http_receiver, mail_server

pytestmark = pytest.mark.django_db

PATH = "/cn-hangzhou/changes/7/"
S = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def loopback(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW = parse_allowed(["127.0.0.1"])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with http_receiver() as running:
        yield running


@pytest.fixture
def mailbox(settings: Settings) -> Iterator[Mailbox]:
    with mail_server() as running:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", running.port
        yield running


def hook(url: str) -> NewWebhook:
    return webhooks.add_webhook(make.act(), make.team(), url=url)


def tell(*people: User, kind: Kind = Kind.APPLIED, text: str = "shop/alias1: applied") -> None:
    notices.tell(make.act(), kind, people, team=make.team(), text=text, path=PATH)


def bob(email: str = "bob@example.com") -> User:
    return make.mailed(make.user("bob"), email)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_send__webhook__is_signed_so_that_its_receiver_can_check(
    receiver: Receiver, settings: Settings
) -> None:
    secret = hook(receiver.url).secret
    tell(text="shop/älias: applied")
    assert send_next(at=NOW)
    (call,) = receiver.calls
    row = Outgoing.objects.get()
    signed = call.headers["X-Serin-Timestamp"].encode() + b"." + call.body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    assert call.headers["X-Serin-Signature"] == f"sha256={digest}"
    assert call.headers["X-Serin-Timestamp"] == str(int(NOW.timestamp()))
    assert (call.headers["X-Serin-Event"], call.headers["X-Serin-Delivery"]) == ("applied", str(row.pk))
    assert call.headers["Content-Type"] == "application/json"
    assert json.loads(call.body) == {
        "event": "applied",
        "text": "shop/älias: applied",
        "url": f"{settings.CONSOLE_URL}{PATH}",
        "team": make.TEAM,
        "at": NOW.isoformat(),
        "delivery": str(row.pk),
    }
    assert (row.sent_at, row.next_try_at, row.error, row.tries) == (NOW, None, "", 1)


def test_send__nothing_due__does_nothing() -> None:
    assert not send_next(at=NOW)


def test_send__rolled_back__sends_nothing(receiver: Receiver) -> None:
    hook(receiver.url)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        tell()
        raise ZeroDivisionError
    assert not send_next(at=NOW)
    assert receiver.calls == []


def test_send__receiver_down_then_up__is_delivered_once_it_is_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    port = free_port()
    hook(f"http://127.0.0.1:{port}/hook")
    tell()
    at = NOW
    with caplog.at_level(logging.DEBUG, logger="releases"):
        for tries in range(1, 6):
            assert send_next(at=at)
            row = Outgoing.objects.get()
            assert (row.tries, row.sent_at) == (tries, None)
            assert "Connection refused" in row.error
            assert row.next_try_at is not None
            at = row.next_try_at
            assert not send_next(at=at - S)
    assert caplog.records == []
    with http_receiver(port) as receiver:
        assert send_next(at=at)
        assert not send_next(at=at + GIVE_UP)
        assert [call.headers["X-Serin-Delivery"] for call in receiver.calls] == [str(row.pk)]
    row.refresh_from_db()
    assert (row.sent_at, row.error) == (at, "")


def test_send__in_vain_for_two_days__is_given_up_and_says_why(receiver: Receiver) -> None:
    receiver.status = 500
    hook(receiver.url)
    tell()
    at = NOW
    while (row := Outgoing.objects.get()).next_try_at is not None:
        at = row.next_try_at
        assert send_next(at=at)
    assert GIVE_UP - LONGEST_WAIT <= at - NOW <= GIVE_UP
    assert (row.sent_at, row.error) == (None, "it answered 500")
    assert row.tries == len(receiver.calls) < 70


def test_wait_after__each_try__doubles_to_an_hour() -> None:
    waits = [wait_after(tries) for tries in (1, 2, 3, 9, 10, 60)]
    assert waits == [FIRST_WAIT, 2 * FIRST_WAIT, 4 * FIRST_WAIT, 256 * FIRST_WAIT, LONGEST_WAIT, LONGEST_WAIT]


def test_send__silent_receiver__delays_only_what_goes_there(receiver: Receiver) -> None:
    hook(f"http://127.0.0.1:{free_port()}/hook")
    hook(receiver.url)
    for _ in range(3):
        tell()
    tried = 0
    while send_next(at=NOW):
        tried += 1
    assert (tried, len(receiver.calls)) == (4, 3)
    waiting = Outgoing.objects.filter(sent_at=None)
    assert {row.next_try_at for row in waiting} == {NOW + FIRST_WAIT, NOW + AWAY}


def test_send__webhook_removed_meanwhile__is_given_up_at_once(receiver: Receiver) -> None:
    webhook = hook(receiver.url).webhook
    tell()
    webhooks.remove_webhook(make.act(), webhook)
    assert send_next(at=NOW)
    row = Outgoing.objects.get()
    assert (row.next_try_at, row.sent_at, row.error) == (None, None, "the webhook was removed")
    assert receiver.calls == []


def test_send__made_under_another_secret_key__says_what_to_do(receiver: Receiver) -> None:
    webhook = hook(receiver.url).webhook
    Webhook.objects.filter(pk=webhook.pk).update(secret_box=b"x" * 40)
    tell()
    assert send_next(at=NOW)
    assert "make a new webhook" in Outgoing.objects.get().error


def test_send__no_longer_allowed__reaches_nothing_inside(receiver: Receiver, settings: Settings) -> None:
    hook(receiver.url)
    tell()
    settings.WEBHOOK_ALLOW = Allowed()
    assert send_next(at=NOW)
    assert "127.0.0.1, which is not public: loopback" in Outgoing.objects.get().error
    assert receiver.calls == []


def test_send__email__is_plain_text_with_the_page_that_asks(mailbox: Mailbox, settings: Settings) -> None:
    tell(bob(), text="shop/alias1: Break glass\nBcc: eve@example.com")
    assert send_next(at=NOW)
    (message,) = mailbox.messages
    assert message["To"] == "bob@example.com"
    assert message["From"] == settings.DEFAULT_FROM_EMAIL
    assert message["Subject"] == "[Serin] shop/alias1: Break glass Bcc: eve@example.com"
    assert message["Bcc"] is None
    assert message.get_content_type() == "text/plain"
    assert f"{settings.CONSOLE_URL}{PATH}" in message.get_content()
    assert Outgoing.objects.get().sent_at == NOW


def test_send__mail_server_refuses_an_address__keeps_its_words(mailbox: Mailbox) -> None:
    tell(bob("nobody@example.com"))
    assert send_next(at=NOW)
    row = Outgoing.objects.get()
    assert row.error == "the mail server refuses nobody@example.com: no such mailbox"
    assert row.next_try_at == NOW + FIRST_WAIT


def test_send__mail_server_away__is_sent_when_it_is_back(mailbox: Mailbox, settings: Settings) -> None:
    settings.EMAIL_PORT = free_port()
    tell(bob())
    assert send_next(at=NOW)
    assert "the mail server cannot be used: Connection refused" in Outgoing.objects.get().error
    settings.EMAIL_PORT = mailbox.port
    assert send_next(at=NOW + AWAY)
    assert len(mailbox.messages) == 1


def test_send__mail_server_taken_out_of_the_settings__says_so(mailbox: Mailbox, settings: Settings) -> None:
    tell(bob())
    settings.EMAIL_HOST = ""
    assert send_next(at=NOW)
    assert Outgoing.objects.get().error == "no mail server is configured (SERIN_SMTP_URL)"


def test_send__account_deactivated_meanwhile__gets_nothing(mailbox: Mailbox) -> None:
    person = bob()
    tell(person)
    person.is_active = False
    person.save()
    assert send_next(at=NOW)
    row = Outgoing.objects.get()
    assert (row.next_try_at, row.sent_at) == (None, None)
    assert mailbox.messages == []


def test_send__worker_died_after_its_claim__is_sent_when_the_claim_ends(receiver: Receiver) -> None:
    hook(receiver.url)
    tell()
    assert sending._claim(NOW) is not None
    assert not send_next(at=NOW + LEASE - S)
    assert send_next(at=NOW + LEASE)
    assert (len(receiver.calls), Outgoing.objects.get().tries) == (1, 2)


def test_send__slow_try_fails_after_another_sent_it__stays_sent(receiver: Receiver) -> None:
    hook(receiver.url)
    tell()
    slow = sending._claim(NOW)
    assert slow is not None
    assert send_next(at=NOW + LEASE)
    sending._mark(slow, error="no answer", next_try_at=NOW)
    row = Outgoing.objects.get()
    assert (row.sent_at, row.next_try_at, row.error) == (NOW + LEASE, None, "")


def test_task__message_to_the_worker_lost__next_tick_sends_it(receiver: Receiver) -> None:
    """Only the row says that there is something to send: who is killed before telling loses nothing."""
    hook(receiver.url)
    for _ in range(3):
        tell()
    tasks.send()
    assert len(receiver.calls) == 3
    tasks.send()
    assert len(receiver.calls) == 3
