"""Inviting somebody into a team by a link, and taking it up."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from invocations.refusals import Refused
from releases.core import names
from releases.core.invitations import MAX_LIFE, SENTENCES, State, digest
from releases.core.rights import Role
from releases.models import Invitation, Membership, Team
from releases.queries import invitations as query
from releases.queries import teams

from .access_keys import announce_keys
from .audit import Act
from .people import add_account


class InvitationOver(Refused):
    """The link was used, has expired or was withdrawn."""


class BadInvitation(Refused):
    """It gives no role, or for too long."""


@transaction.atomic
def invite(act: Act, team: Team, *, roles: Collection[Role], expires_at: datetime) -> str:
    """The secret of a link by which one person joins with these roles. It is seen this once.

    Raises BadInvitation.
    """
    if not roles:
        raise BadInvitation("an invitation gives at least one role")
    if not act.at < expires_at <= act.at + MAX_LIFE:
        raise BadInvitation(f"an invitation lives for {MAX_LIFE.days} days at most")
    secret = secrets.token_urlsafe(32)
    wanted = sorted(set(roles))
    invitation = Invitation.objects.create(
        team=team,
        roles=wanted,
        digest=digest(secret),
        created_by=act.by,
        created_at=act.at,
        expires_at=expires_at,
    )
    act.record("invitation.create", on=None, team=team.name, path=_path(invitation), after={"roles": wanted})
    return secret


@transaction.atomic
def revoke_invitation(act: Act, invitation: Invitation) -> None:
    """Withdraw it. Raises InvitationOver when it was used; repeating it changes nothing."""
    invitation = (
        Invitation.objects.select_for_update(of=("self",)).select_related("team").get(pk=invitation.pk)
    )
    if invitation.used_by_id is not None:
        raise InvitationOver(SENTENCES[State.USED])
    if invitation.revoked_at is not None:
        return
    invitation.revoked_at = act.at
    invitation.save(update_fields=["revoked_at"])
    act.record("invitation.revoke", on=None, team=invitation.team.name, path=_path(invitation))


@transaction.atomic
def accept(act: Act, invitation: Invitation) -> Team:
    """`act.by` joins the team, keeping the roles that he has there. Raises InvitationOver."""
    team = Team.objects.select_for_update().get(pk=invitation.team_id)
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("team", "created_by")
        .get(pk=invitation.pk)
    )
    state = query.state(invitation, teams.person(invitation.created_by), at=act.at)
    if state is not State.OPEN:
        raise InvitationOver(SENTENCES[state])
    member = Membership.objects.filter(team=team, user=act.by).first()
    before = list(member.roles) if member else []
    after = sorted({*before, *invitation.roles})
    Membership.objects.update_or_create(team=team, user=act.by, defaults={"roles": after})
    invitation.used_by = act.by
    invitation.save(update_fields=["used_by"])
    act.record(
        "invitation.accept",
        on=None,
        team=team.name,
        path=_path(invitation),
        before={"roles": before},
        after={"roles": after},
    )
    announce_keys()
    return team


@transaction.atomic
def accept_as_new(act: Act, invitation: Invitation, *, password: str) -> Team:
    """The same for somebody without an account: `act.by` is not saved yet.

    Raises BadName, NameTaken or InvitationOver. The password's strength is the form's matter.
    """
    names.check_user_name(act.by.username)
    act.by.set_password(password)
    add_account(act.by)
    return accept(act, invitation)


def _path(invitation: Invitation) -> str:
    return f"{invitation.team.name}/invitation {invitation.pk}"
