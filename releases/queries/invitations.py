"""Reading invitations."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q, QuerySet

from releases.core import invitations
from releases.core.invitations import State
from releases.core.rights import Action, Owned, Person, can
from releases.models import Invitation, Team

_OPEN = Q(used_by=None, revoked_at=None)


def by_secret(secret: str) -> Invitation | None:
    """Whose link carries this secret, with its team and who made it."""
    rows = Invitation.objects.select_related("team", "created_by")
    return rows.filter(digest=invitations.digest(secret)).first()


def open_of(team: Team, *, at: datetime) -> QuerySet[Invitation]:
    """Those of a team that let somebody in, if whoever made them still may; the newest first."""
    return _of(team).filter(_OPEN, expires_at__gt=at)


def over_of(team: Team, *, at: datetime) -> QuerySet[Invitation]:
    """Those that were used, withdrawn or have expired, the newest first."""
    return _of(team).exclude(_OPEN, expires_at__gt=at)


def state(invitation: Invitation, inviter: Person, *, at: datetime) -> State:
    """Where it stands. It ends with the right of whoever made it to let people in; no query."""
    may_invite = can(inviter, Action.ADMINISTER, Owned(invitation.team.name, invitation.team.name))
    return invitations.state(
        used=invitation.used_by_id is not None,
        revoked=invitation.revoked_at is not None or not may_invite,
        expires_at=invitation.expires_at,
        at=at,
    )


def _of(team: Team) -> QuerySet[Invitation]:
    rows = Invitation.objects.filter(team=team).select_related("team", "created_by", "used_by")
    return rows.order_by("-pk")
