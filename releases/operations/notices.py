"""Telling people: rows written with what happened; a tick sends them afterwards.

So nothing is sent for a transaction that rolled back, and nothing is lost while a receiver is away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import QuerySet

from invocations.queue import enqueue
from releases.carriers import mail
from releases.core.notices import Kind
from releases.models import Notice, Outgoing, Preference, Team, User, Webhook
from releases.queries import notices as query

from .audit import Act

MAX_TEXT = 512


def tell(act: Act, kind: Kind, people: Iterable[User], *, team: Team, text: str, path: str) -> None:
    """Put a notice into each inbox, and e-mails and webhook calls into the outbox. Nobody is told of what
    he did himself; what the tick does in his name, he is told of like the others.

    `path` is the page that asks what to do; no link ever acts by itself.
    """
    text = text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"
    himself = None if act.source == "worker" else act.by.pk
    told = {person.pk: person for person in people if person.pk != himself and person.is_active}
    if kind.needs_action:  # asked again: the newer notice takes the place of the older
        _waiting(path).filter(kind=kind, to__in=told).update(needs_action=False)
    Notice.objects.bulk_create(
        Notice(to=person, kind=kind, text=text, path=path, needs_action=kind.needs_action, at=act.at)
        for person in told.values()
    )
    document = {"kind": kind.value, "text": text, "path": path, "at": act.at.isoformat(), "team": team.name}
    outgoing = [Outgoing(way=Outgoing.Way.EMAIL, to=person) for person in _mailed(kind, told.values())]
    hooks = Webhook.objects.filter(team=team, removed_at=None)
    outgoing += [Outgoing(way=Outgoing.Way.WEBHOOK, webhook=hook) for hook in hooks]
    for each in outgoing:
        each.document, each.created_at, each.next_try_at = document, act.at, act.at
    if Outgoing.objects.bulk_create(outgoing):
        enqueue("releases.send")


def _mailed(kind: Kind, people: Collection[User]) -> list[User]:
    """Those who confirmed an address and did not say no; nobody where there is no mail server."""
    if not mail.is_configured():
        return []
    silent = set(
        Preference.objects.filter(user__in=people, kind=kind, email=False).values_list("user_id", flat=True)
    )
    confirmed = query.confirmed(person.pk for person in people)
    return [person for person in people if person.pk in confirmed and person.pk not in silent]


def settle(path: str, *, of: User | None = None) -> None:
    """What waited for somebody at this page, or for one person alone, waits no longer."""
    rows = _waiting(path)
    (rows.filter(to=of) if of is not None else rows).update(needs_action=False)


def _waiting(path: str) -> QuerySet[Notice]:
    return Notice.objects.filter(path=path, needs_action=True)
