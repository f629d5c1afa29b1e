"""Accounts: of programs, and closing and opening those of people. Nobody is ever deleted."""

from __future__ import annotations

from collections.abc import Collection

from django.db import IntegrityError, transaction

from invocations.refusals import Refused
from releases.core import names
from releases.core.rights import OF_PROGRAMS, Role
from releases.models import AccessKey, Membership, Team, User

from .access_keys import announce_keys
from .audit import Act
from .catalog import NameTaken
from .teams import LastAdmin, NotForPrograms


class LastAdministrator(Refused):
    """An installation keeps somebody who can manage its people."""


@transaction.atomic
def create_program(act: Act, team: Team, *, name: str, roles: Collection[Role]) -> User:
    """A service account of a team. It has no password. Raises BadName, NameTaken or NotForPrograms."""
    names.check_user_name(name)
    beyond = sorted(set(roles) - OF_PROGRAMS)
    if beyond:
        raise NotForPrograms(f"a service account cannot be {beyond[0]}: that takes a person")
    team = Team.objects.select_for_update().get(pk=team.pk)
    user = User(username=name, is_program=True)
    user.set_unusable_password()
    add_account(user)
    wanted = sorted(set(roles))
    Membership.objects.create(team=team, user=user, roles=wanted)
    act.record("program.create", on=None, team=team.name, path=f"{team.name}/{name}", after={"roles": wanted})
    return user


@transaction.atomic
def retire_program(act: Act, team: Team, user: User) -> None:
    """End a service account: its keys with it, for ever. Repeating it changes nothing."""
    team = Team.objects.select_for_update().get(pk=team.pk)
    if not Membership.objects.filter(team=team, user=user, user__is_program=True).delete()[0]:
        return
    User.objects.filter(pk=user.pk).update(is_active=False)
    AccessKey.objects.filter(user=user, revoked_at=None).update(revoked_at=act.at)
    act.record("program.retire", on=None, team=team.name, path=f"{team.name}/{user.username}")
    announce_keys()


@transaction.atomic
def deactivate(act: Act, user: User) -> None:
    """Close an account: no log-in, no key, no verdict counts. Raises LastAdmin or LastAdministrator."""
    teams = Team.objects.filter(memberships__user=user, memberships__roles__contains=[Role.ADMIN])
    held = list(Team.objects.select_for_update().filter(pk__in=teams.values("pk")).order_by("pk"))
    # In one order, and first: the last two administrators cannot close each other's accounts at once.
    chiefs = list(User.objects.select_for_update().filter(is_superuser=True, is_active=True).order_by("pk"))
    user = User.objects.select_for_update().get(pk=user.pk)
    if not user.is_active:
        return
    others = User.objects.exclude(pk=user.pk).filter(is_active=True)
    if user.is_superuser and [chief.pk for chief in chiefs] == [user.pk]:
        raise LastAdministrator(f"{user.username} is the only administrator of this installation")
    for team in held:
        admins = Membership.objects.filter(team=team, user__in=others, roles__contains=[Role.ADMIN])
        if not admins.exists():
            raise LastAdmin(
                f"{user.username} is the only admin of team '{team.name}': give somebody else the role first"
            )
    user.is_active = False
    user.save(update_fields=["is_active"])
    act.record("person.deactivate", on=None, path=user.username)
    announce_keys()


@transaction.atomic
def reactivate(act: Act, user: User) -> None:
    """Open an account again, with the roles and the keys that it had. Raises NotForPrograms."""
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.is_program:
        raise NotForPrograms(f"service account {user.username} was retired: create another")
    if user.is_active:
        return
    user.is_active = True
    user.save(update_fields=["is_active"])
    act.record("person.reactivate", on=None, path=user.username)
    announce_keys()


def add_account(user: User) -> None:
    """Write a new account. Names differ by more than their case. Raises NameTaken."""
    taken = NameTaken(f"the user name '{user.username}' is taken")
    if User.objects.filter(username__iexact=user.username).exists():
        raise taken
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise taken from None
