"""Reading inboxes, and what a team's webhooks were sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.db.models import Count, F, Q, QuerySet

from releases.core.notices import Kind
from releases.models import Notice, Outgoing, Preference, Team, User, Webhook


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many of somebody's notices wait for him, and how many more he did not read."""

    needed: int
    unread: int

    @property
    def total(self) -> int:
        return self.needed + self.unread


def waiting(user: User) -> Waiting:
    """One query."""
    unread = Q(read_at=None, needs_action=False)
    found = Notice.objects.filter(to=user).aggregate(
        needed=Count("pk", filter=Q(needs_action=True)), unread=Count("pk", filter=unread)
    )
    return Waiting(**found)


def inbox(user: User) -> QuerySet[Notice]:
    """What waits for the person first, then the newest."""
    return Notice.objects.filter(to=user).order_by("-needs_action", "-pk")


def mailed(user: User) -> dict[Kind, bool]:
    """Whether each kind is sent by e-mail; all are, unless the person said no."""
    silent = set(Preference.objects.filter(user=user, email=False).values_list("kind", flat=True))
    return {kind: kind.value not in silent for kind in Kind}


def confirmed(user_ids: Iterable[int]) -> set[int]:
    """Those of them whose address is confirmed. One query."""
    rows = EmailAddress.objects.filter(user__in=list(user_ids), verified=True, email=F("user__email"))
    return set(rows.values_list("user_id", flat=True))


def webhooks(team: Team) -> QuerySet[Webhook]:
    return Webhook.objects.filter(team=team, removed_at=None).select_related("created_by").order_by("pk")


def deliveries(team: Team) -> QuerySet[Outgoing]:
    """The newest first; those of webhooks that were removed too."""
    return Outgoing.objects.filter(webhook__team=team).select_related("webhook").order_by("-pk")
