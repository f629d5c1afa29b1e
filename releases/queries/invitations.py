"""Reading invitations."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from releases.core import invitations
from releases.core.invitations import State
from releases.core.rights import Action, Owned, Person, can
from releases.models import Invitation, Team


def by_secret(secret: str) -> Invitation | None:
    """Whose link carries this secret, with its team and who made it."""
    rows = Invitation.objects.select_related("team", "created_by")
    return rows.filter(digest=invitations.digest(secret)).first()


def of_team(team: Team) -> QuerySet[Invitation]:
    """All of a team, the newest first, with who made and who used them."""
    return (
        Invitation.objects.filter(team=team).select_related("team", "created_by", "used_by").order_by("-pk")
    )


def state(invitation: Invitation, inviter: Person, *, at: datetime) -> State:
    """Where it stands. It ends with the right of whoever made it to let people in; no query."""
    may_invite = can(inviter, Action.ADMINISTER, Owned(invitation.team.name, invitation.team.name))
    return invitations.state(
        used=invitation.used_by_id is not None,
        revoked=invitation.revoked_at is not None or not may_invite,
        expires_at=invitation.expires_at,
        at=at,
    )
