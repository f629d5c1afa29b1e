"""The webhooks of a team: who is told, by HTTP, of what happens to its things."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from invocations.queue import enqueue
from invocations.refusals import Refused
from releases.core import targets
from releases.core.notices import TEST
from releases.models import Outgoing, Team, Webhook
from releases.queries.access_keys import box

from .audit import Act

MAX_WEBHOOKS: Final = 10
BETWEEN_TESTS: Final = timedelta(seconds=5)


class TooMany(Refused):
    """The team has as many as it may."""


class NotTestable(Refused):
    """The webhook was removed meanwhile, or was tested a moment ago."""


@dataclass(frozen=True, slots=True)
class NewWebhook:
    """The only time that the secret is seen in the clear."""

    webhook: Webhook
    secret: str


@transaction.atomic
def add_webhook(act: Act, team: Team, *, url: str) -> NewWebhook:
    """Tell `url` of what happens to the team's things. Raises BadTarget or TooMany.

    The name is resolved when something is sent, each time anew.
    """
    target = targets.parse(url)
    targets.check(target, settings.WEBHOOK_ALLOW)
    team = Team.objects.select_for_update().get(pk=team.pk)
    if Webhook.objects.filter(team=team, removed_at=None).count() >= MAX_WEBHOOKS:
        raise TooMany(f"team '{team.name}' has {MAX_WEBHOOKS} webhooks, which is the most: remove one first")
    secret = secrets.token_urlsafe(32)
    webhook = Webhook.objects.create(
        team=team,
        url=url,
        secret_box=box(settings.SECRET_KEY).encrypt(secret.encode()),
        created_by=act.by,
        created_at=act.at,
    )
    # Without path and query: some receivers have a password there, and everybody in the team reads the audit.
    place = f"{target.scheme}://{target.authority}"
    act.record("webhook.add", on=None, team=team.name, path=_path(webhook), after={"host": place})
    return NewWebhook(webhook, secret)


@transaction.atomic
def remove_webhook(act: Act, webhook: Webhook) -> None:
    """End it; what was not sent yet never will be. Removing it again changes nothing."""
    row = Webhook.objects.select_for_update().get(pk=webhook.pk)
    if row.removed_at is not None:
        return
    row.removed_at = act.at
    row.save(update_fields=["removed_at"])
    act.record("webhook.remove", on=None, team=row.team.name, path=_path(row))


@transaction.atomic
def send_test(act: Act, webhook: Webhook) -> Outgoing:
    """Put a call that means nothing into the outbox. Raises NotTestable."""
    row = Webhook.objects.select_for_update().get(pk=webhook.pk)
    if row.removed_at is not None:
        raise NotTestable("the webhook was removed meanwhile")
    lately = Outgoing.objects.filter(webhook=row, created_at__gt=act.at - BETWEEN_TESTS)
    if lately.exists():
        raise NotTestable("something was sent there a moment ago: look how that went first")
    document = {
        "kind": TEST,
        "text": f"{act.by.username} tests this webhook",
        "path": f"/teams/{row.team.pk}/webhooks/",
        "at": act.at.isoformat(),
        "team": row.team.name,
    }
    sent = Outgoing.objects.create(
        way=Outgoing.Way.WEBHOOK, webhook=row, document=document, created_at=act.at, next_try_at=act.at
    )
    act.record("webhook.test", on=None, team=row.team.name, path=_path(row))
    enqueue("releases.send")
    return sent


def _path(webhook: Webhook) -> str:
    return f"{webhook.team.name}/webhooks/{webhook.pk}"
