"""A service goes to another team: its aliases stay as protected as they were, open changes are judged anew.

Locks are taken in the order of all others: requests, teams, the service, its aliases, the audit log's end.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction

from invocations.refusals import Refused
from releases.core import approvals, protections
from releases.core.approvals import REVIEWED, Status
from releases.core.notices import Kind as Told
from releases.core.rights import Action, Owned, can
from releases.models import Alias, ChangeRequest, Notice, Service, Team, User
from releases.queries import changes as query
from releases.queries import teams, transfers

from . import catalog
from .audit import Act
from .break_glass import told_of
from .change_notes import ask_reviewers, path_of, say, tell_of
from .routing import announce


class NotYours(Refused):
    """It takes an admin of both teams."""


class OwnedMeanwhile(Refused):
    """The service is not what the page showed: it has another owner, or a change was proposed."""


class LacksGroup(Refused):
    """A protection would ask for a group that the team does not have."""


@dataclass(frozen=True, slots=True)
class Transferred:
    """What came of it: the aliases that keep what they had as their own protection, and the open requests."""

    kept: list[Alias]
    requests: list[ChangeRequest]


@transaction.atomic
def transfer_service(act: Act, service: Service, *, seen: int, to: Team) -> Transferred:
    """Give the service to another team, whose people count from now on. `seen` is the key of its owner as the
    page showed it.

    Raises NotYours, OwnedMeanwhile or LacksGroup. Nothing is loosened: an alias that relied on a default
    which the new team's does not cover keeps it as its own.
    """
    requests = _open_requests(service)
    pair = Team.objects.filter(pk__in=[service.team_id, to.pk]).order_by("pk")
    held = {team.pk: team for team in pair.select_for_update(no_key=True)}
    owner, to = held[service.team_id], held[to.pk]
    service = catalog.locked(service)
    aliases = list(Alias.objects.select_for_update().filter(service=service, retired_at=None).order_by("pk"))
    if service.team_id != owner.pk or seen != owner.pk or owner.pk == to.pk:
        raise OwnedMeanwhile(f"service '{service.name}' belongs to team '{service.team.name}'")
    if transfers.open_requests(service).exclude(pk__in=[row.pk for row in requests]).exists():
        raise OwnedMeanwhile(f"a change of service '{service.name}' was proposed meanwhile: look again")
    _must_administer(act.by, service, owner, to)
    kept = transfers.relying(aliases) if transfers.would_loosen(owner, to, at=act.at) else []
    _must_have_groups(service, aliases, kept, owner, to)
    Alias.objects.filter(pk__in=[alias.pk for alias in kept]).update(protection=owner.protection)
    # All that ever had the name goes along: calls and test runs know services by name.
    Service.objects.filter(region=service.region, name=service.name).update(team=to)
    Service.objects.filter(pk=service.pk).update(modified_at=act.at)
    judged = [_judged_anew(act, row, owner, to) for row in requests]
    _record(act, service, owner, to, kept)
    announce(service)
    return Transferred(kept, judged)


def _open_requests(service: Service) -> list[ChangeRequest]:
    """Those that wait for somebody, under their locks."""
    rows = transfers.open_requests(service).order_by("pk")
    return list(rows.select_for_update(of=("self",)))


def _must_administer(user: User, service: Service, *owners: Team) -> None:
    somebody = teams.person(user)
    for team in owners:
        answer = can(somebody, Action.ADMINISTER, Owned(team.name, f"service {service.name}"))
        if not answer:
            raise NotYours(answer.reason)


def _must_have_groups(
    service: Service, aliases: list[Alias], kept: list[Alias], owner: Team, to: Team
) -> None:
    known = set(teams.group_names(to))
    default = query.protection_of_team(owner) or protections.NONE
    for alias in aliases:
        asked = default if alias in kept else query.own_protection(alias) or protections.NONE
        missing = sorted(set(asked.groups) - known) if asked.when else []
        if missing:
            raise LacksGroup(
                f"alias '{alias.name}' of service '{service.name}' asks for an approval of "
                f"group {missing[0]}, which team '{to.name}' does not have: make it first"
            )


def _record(act: Act, service: Service, owner: Team, to: Team, kept: list[Alias]) -> None:
    """The entry is the old owner's, as `service` was read: its people shall find out where it went."""
    act.record(
        "service.transfer",
        on=service,
        path=service.name,
        before={"team": owner.name, "protection": owner.protection},
        after={"team": to.name, "protection": to.protection, "kept_by": [alias.name for alias in kept]},
    )


def _judged_anew(act: Act, request: ChangeRequest, owner: Team, to: Team) -> ChangeRequest:
    """Count by the people and the protection of the new owner, and ask them; others are asked no more."""
    row = query.loaded().get(pk=request.pk)
    say(act, row, f"gave the service from team {owner.name} to team {to.name}, whose people judge it now")
    waiting = Notice.objects.filter(path=path_of(row), needs_action=True)
    waiting.exclude(to__memberships__team=to).update(needs_action=False)
    if row.status in REVIEWED:
        reviewers = teams.reviewers(to)
        row.status = approvals.assess(query.as_rules_see(row), query.demanded(row), reviewers).status
        row.save(update_fields=["status"])
    ask_reviewers(act, row)
    if row.status == Status.APPLIED:
        tell_of(
            act, row, Told.GLASS_BROKEN, told_of(row.alias), f"{row.author.username} asks you to ratify it"
        )
    return row
