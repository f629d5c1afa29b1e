"""Reading teams, members and rights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, QuerySet, Subquery
from django.db.models.functions import Coalesce

from releases.core.approvals import Reviewer
from releases.core.rights import Action, Owned, Person, Role, can
from releases.models import Group, Membership, Service, Team, User


def person(user: User) -> Person:
    """Somebody with his roles. One query."""
    rows = Membership.objects.filter(user=user).values_list("team__name", "roles")
    return Person(user.username, user.is_active, _roles(rows), user.is_superuser)


def people(user_ids: Collection[int]) -> dict[int, Person]:
    """The same for several. Two queries, however many there are."""
    rows = Membership.objects.filter(user__in=user_ids).values_list("user_id", "team__name", "roles")
    by_user: dict[int, list[tuple[str, list[str]]]] = defaultdict(list)
    for user_id, team, roles in rows:
        by_user[user_id].append((team, roles))
    return {
        user.pk: Person(user.username, user.is_active, _roles(by_user[user.pk]), user.is_superuser)
        for user in User.objects.filter(pk__in=user_ids)
    }


def members(team: Team, action: Action) -> list[User]:
    """The active people of a team who may do this, by name. Two queries."""
    rows = Membership.objects.filter(team=team, user__is_active=True).select_related("user")
    owned = Owned(team.name, team.name)
    found = []
    for row in rows.order_by("user__username"):
        somebody = Person(row.user.username, True, _roles([(team.name, row.roles)]))
        if can(somebody, action, owned):
            found.append(row.user)
    return found


def reviewers(team: Team) -> list[Reviewer]:
    """Everybody in a team as a reviewer, as of now. Two queries."""
    groups: dict[str, set[str]] = defaultdict(set)
    for group, member in Group.objects.filter(team=team).values_list("name", "members__username"):
        if member is not None:
            groups[member].add(group)
    may = {user.username for user in members(team, Action.APPROVE)}
    names = set(Membership.objects.filter(team=team).values_list("user__username", flat=True))
    return [
        Reviewer(name=name, may_approve=name in may, groups=frozenset(groups[name])) for name in sorted(names)
    ]


def group_names(team: Team) -> list[str]:
    """By name. One query."""
    return list(Group.objects.filter(team=team).order_by("name").values_list("name", flat=True))


def named(names: Collection[str]) -> list[Team]:
    """The teams of these names, by name."""
    return list(Team.objects.filter(name__in=names).order_by("name"))


def roles_allow(roles: Iterable[str], action: Action) -> bool:
    """Whether somebody active with these roles in a team may do this to what it owns."""
    team = "this"
    return bool(can(Person("", True, _roles([(team, list(roles))])), action, Owned(team, "")))


def listed(names: Collection[str] | None) -> QuerySet[Team]:
    """Teams by name, with `people_count`, `program_count` and `service_count`; None for all."""
    found = Team.objects.order_by("name")
    if names is not None:
        found = found.filter(name__in=names)
    joined = Membership.objects.filter(team=OuterRef("pk"), user__is_active=True)
    live = Service.objects.filter(team=OuterRef("pk"), retired_at=None)
    return found.annotate(
        people_count=_count(joined.filter(user__is_program=False)),
        program_count=_count(joined.filter(user__is_program=True)),
        service_count=_count(live),
    )


def memberships(team: Team, *, programs: bool) -> QuerySet[Membership]:
    """Who is in a team, by name: its people, or its service accounts."""
    rows = Membership.objects.filter(team=team, user__is_program=programs).select_related("user")
    return rows.order_by("user__username")


def groups(team: Team) -> QuerySet[Group]:
    """The groups of a team by name, with their members."""
    by_name = Prefetch("members", User.objects.order_by("username"))
    return Group.objects.filter(team=team).prefetch_related(by_name).order_by("name")


def people_list() -> QuerySet[User]:
    """All people who have, or had, an account, with their teams."""
    rows = Prefetch("memberships", Membership.objects.select_related("team").order_by("team__name"))
    return User.objects.filter(is_program=False).prefetch_related(rows).order_by("username")


def _count(rows: QuerySet[Any]) -> Coalesce:
    """How many of these a team has. Joined, as `Count` would, they would multiply one another."""
    counted = rows.order_by().values("team").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n")), 0)


def owned(service: Service) -> Owned:
    """A service as rights see it; `service.team` should be loaded."""
    return Owned(service.team.name, f"service {service.name}")


def _roles(rows: Iterable[tuple[str, list[str]]]) -> dict[str, frozenset[Role]]:
    known = set(Role)
    return {team: frozenset(Role(role) for role in roles if role in known) for team, roles in rows}
