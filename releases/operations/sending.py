"""Emptying the outbox: one row at a time is claimed, tried and marked, each in a transaction of its own.

At least once: a row is marked after it was sent. Whoever dies in between leaves a claim that ends after
LEASE, and the row is sent again with the same delivery number.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Final

from allauth.account.app_settings import EMAIL_CONFIRMATION_EXPIRE_DAYS
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction

from releases.carriers import NotDelivered, mail, webhook
from releases.models import Outgoing, User, Webhook
from releases.queries import notices
from releases.queries.access_keys import box

from .addresses import KIND as CONFIRM

LEASE: Final = timedelta(minutes=2)
"""Longer than any try takes, resolving the name included."""
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=1)
GIVE_UP: Final = timedelta(days=2)
AWAY: Final = timedelta(seconds=30)
"""So long nothing else is tried at a receiver that was not reached: each try would take as long."""


class Hopeless(Exception):
    """It will never be sent; the text says why."""


def send_next(*, at: datetime) -> bool:
    """Try one row that is due. False when none is."""
    row = _claim(at)
    if row is None:
        return False
    try:
        _deliver(row, at)
    except Hopeless as why:
        _mark(row, error=str(why), next_try_at=None)
    except NotDelivered as why:
        wait = wait_after(row.tries)
        next_try_at = None if at + wait - row.created_at > GIVE_UP else at + wait
        _mark(row, error=str(why), next_try_at=next_try_at)
        if why.is_away:
            _hold_back(row, until=at + AWAY)
    else:
        _mark(row, error="", next_try_at=None, sent_at=at)
    return True


def wait_after(tries: int) -> timedelta:
    """How long after so many tries in vain the next one comes: 10 s, 20 s, 40 s ... 1 h."""
    doublings = min(tries - 1, 20)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


@transaction.atomic
def _claim(at: datetime) -> Outgoing | None:
    due = Outgoing.objects.filter(next_try_at__lte=at).order_by("next_try_at", "pk")
    row = due.select_for_update(skip_locked=True).first()
    if row is None:
        return None
    row.tries += 1
    row.next_try_at = at + LEASE
    row.save(update_fields=["tries", "next_try_at"])
    return Outgoing.objects.select_related("to", "webhook").get(pk=row.pk)


def _mark(
    row: Outgoing, *, error: str, next_try_at: datetime | None, sent_at: datetime | None = None
) -> None:
    """How the try ended. When another one began meanwhile, only that it was sent is still news."""
    rows = Outgoing.objects.filter(pk=row.pk)
    if sent_at is None:
        rows = rows.filter(tries=row.tries, sent_at=None)
    rows.update(error=error, next_try_at=next_try_at, sent_at=sent_at)


def _hold_back(row: Outgoing, *, until: datetime) -> None:
    """What else is due there waits a little, so that one silent receiver does not delay all others."""
    same = Outgoing.objects.filter(way=row.way, webhook=row.webhook_id, next_try_at__lt=until)
    same.exclude(pk=row.pk).update(next_try_at=until)


def _deliver(row: Outgoing, at: datetime) -> None:
    if row.way == Outgoing.Way.WEBHOOK:
        _call(row, row.webhook, at)
    else:
        _mail(row)


def _mail(row: Outgoing) -> None:
    to = row.to
    if to is None or not to.is_active:
        raise Hopeless("the account was deactivated")
    if row.document["kind"] == CONFIRM:
        _mail_link(row, to)
        return
    if to.pk not in notices.confirmed([to.pk]):
        raise Hopeless("the person has no e-mail address any more, or did not confirm it")
    text, link = row.document["text"], settings.CONSOLE_URL + row.document["path"]
    body = f"{text}\n\n{link}\n\nWhat you are told of by e-mail: {settings.CONSOLE_URL}/inbox/preferences/\n"
    mail.send(to.email, subject=f"[Serin] {text}", body=body, reference=_reference(row))


def _mail_link(row: Outgoing, to: User) -> None:
    """The link is made now: it is good for some days from when it is sent, and stands in no table."""
    rows = EmailAddress.objects.filter(pk=row.document["address"], user=to, verified=False)
    address = rows.first()
    if address is None:
        raise Hopeless("the address was changed, or is confirmed already")
    link = f"{settings.CONSOLE_URL}/account/address/{EmailConfirmationHMAC(address).key}/"
    body = (
        f"{to.username} of Serin wants to be told by e-mail at this address what happens there.\n\n"
        f"If that is you, log in and confirm it:\n\n{link}\n\n"
        f"The link is good for {EMAIL_CONFIRMATION_EXPIRE_DAYS} days. If it is not you, do nothing: "
        "nothing else will be sent here.\n"
    )
    subject = "[Serin] Confirm your e-mail address"
    mail.send(address.email, subject=subject, body=body, reference=_reference(row))


def _reference(row: Outgoing) -> str:
    host = settings.CONSOLE_URL.partition("//")[2].partition(":")[0]
    return f"<serin-{row.pk}@{host}>"


def _call(row: Outgoing, hook: Webhook | None, at: datetime) -> None:
    if hook is None or hook.removed_at is not None:
        raise Hopeless("the webhook was removed")
    try:
        secret = box(settings.SECRET_KEY).decrypt(bytes(hook.secret_box)).decode()
    except InvalidToken:
        raise Hopeless("its secret was made under another SERIN_SECRET_KEY: make a new webhook") from None
    document = row.document
    message = {
        "event": document["kind"],
        "text": document["text"],
        "url": settings.CONSOLE_URL + document["path"],
        "team": document["team"],
        "at": document["at"],
        "delivery": str(row.pk),
    }
    body = json.dumps(message, ensure_ascii=False).encode()
    timestamp = int(at.timestamp())
    headers = {
        "Content-Type": "application/json",
        "X-Serin-Event": document["kind"],
        "X-Serin-Delivery": str(row.pk),
        "X-Serin-Timestamp": str(timestamp),
        "X-Serin-Signature": webhook.signature(secret, timestamp, body),
    }
    webhook.post(hook.url, headers=headers, body=body, allowed=settings.WEBHOOK_ALLOW)
