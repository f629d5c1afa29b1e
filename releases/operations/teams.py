"""Teams and the roles of people in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from django.db import IntegrityError, transaction

from invocations.refusals import Refused
from releases.core import names
from releases.core.rights import OF_PROGRAMS, Role
from releases.models import Group, Membership, Team, User

from .access_keys import announce_keys
from .audit import Act
from .catalog import NameTaken

ALL_ROLES: Final = tuple(Role)


class LastAdmin(Refused):
    """A team keeps somebody who can administer it."""


class NoSuchMember(Refused):
    """Only members of a team can be in its groups."""


class NotForPrograms(Refused):
    """A service account belongs to one team, and has none of the roles that take a person."""


class DeletedMeanwhile(Refused):
    """Somebody else has removed it already."""


@transaction.atomic
def create_team(act: Act, *, name: str) -> Team:
    """A team without members. Raises BadName or NameTaken."""
    names.check_team_name(name)
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name, created_at=act.at)
    except IntegrityError:
        raise NameTaken(f"team '{name}' already exists") from None
    act.record("team.create", on=None, team=name, path=name)
    return team


@transaction.atomic
def set_roles(act: Act, team: Team, user: User, roles: Collection[Role]) -> None:
    """Make somebody a member with exactly these roles, or none any more without one.

    Raises LastAdmin or NotForPrograms.
    """
    team = Team.objects.select_for_update().get(pk=team.pk)
    member = Membership.objects.filter(team=team, user=user).first()
    before = list(member.roles) if member else []
    if user.is_program:
        _check_program(user, roles, is_member=member is not None)
    wanted = sorted(set(roles))
    if before == wanted:
        return
    if not wanted:
        Membership.objects.filter(team=team, user=user).delete()
        for group in Group.objects.filter(team=team, members=user):
            group.members.remove(user)
    else:
        Membership.objects.update_or_create(team=team, user=user, defaults={"roles": wanted})
    if Role.ADMIN in before and Role.ADMIN not in wanted and not _has_admin(team):
        raise LastAdmin(
            f"{user.username} is the only admin of team '{team.name}': give somebody else the role first"
        )
    act.record(
        "team.roles",
        on=None,
        team=team.name,
        path=f"{team.name}/{user.username}",
        before={"roles": before},
        after={"roles": wanted},
    )
    announce_keys()


@transaction.atomic
def set_group(act: Act, team: Team, *, name: str, members: Iterable[User]) -> Group:
    """A group of members of whom a protection can ask one to approve. Raises BadName or NoSuchMember."""
    names.check_team_name(name)
    team = Team.objects.select_for_update().get(pk=team.pk)
    wanted = {member.pk: member.username for member in members}
    known = set(Membership.objects.filter(team=team).values_list("user_id", flat=True))
    strangers = [name for pk, name in wanted.items() if pk not in known]
    if strangers:
        raise NoSuchMember(f"{strangers[0]} is not a member of team '{team.name}'")
    group, _ = Group.objects.get_or_create(team=team, name=name)
    before = sorted(group.members.values_list("username", flat=True))
    group.members.set(wanted)
    act.record(
        "team.group",
        on=None,
        team=team.name,
        path=f"{team.name}/{name}",
        before={"members": before},
        after={"members": sorted(wanted.values())},
    )
    return group


@transaction.atomic
def delete_group(act: Act, team: Team, *, name: str) -> None:
    """Raises DeletedMeanwhile. A protection that asks for it can then be met by nobody."""
    team = Team.objects.select_for_update().get(pk=team.pk)
    group = Group.objects.filter(team=team, name=name).first()
    if group is None:
        raise DeletedMeanwhile(f"group '{name}' is gone already")
    before = sorted(group.members.values_list("username", flat=True))
    group.members.clear()
    group.delete()
    act.record(
        "team.group_delete",
        on=None,
        team=team.name,
        path=f"{team.name}/{name}",
        before={"members": before},
    )


def _check_program(user: User, roles: Collection[Role], *, is_member: bool) -> None:
    if not roles:
        raise NotForPrograms(f"service account {user.username} keeps a role until it is retired")
    if not is_member:
        raise NotForPrograms(f"{user.username} is a service account of another team")
    beyond = sorted(set(roles) - OF_PROGRAMS)
    if beyond:
        raise NotForPrograms(f"a service account cannot be {beyond[0]}: that takes a person")


def _has_admin(team: Team) -> bool:
    rows = Membership.objects.filter(team=team, user__is_active=True)
    return any(Role.ADMIN in roles for roles in rows.values_list("roles", flat=True))
