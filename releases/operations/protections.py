"""The protection that a team's aliases have unless they have one of their own."""

from __future__ import annotations

from django.db import transaction

from releases.core import protection_document
from releases.core.protection_order import covers
from releases.core.protections import NONE, Protection
from releases.models import Alias, Team
from releases.queries import changes as query

from .aliases import ChangedMeanwhile, NothingToChange, protect
from .audit import Act


@transaction.atomic
def protect_team(act: Act, team: Team, *, protection: Protection | None, seen: str) -> list[Alias]:
    """Set the default of a team; None for none. Raises ChangedMeanwhile or NothingToChange.

    For the aliases that rely on it, it may only become stricter. Where the new one does not demand all that
    the old one does, they keep the old one as their own, and are returned: whoever wants them looser proposes
    it for each. `seen` is the digest of the protection that the form was opened on.
    """
    team = Team.objects.select_for_update().get(pk=team.pk)
    before = query.protection_of_team(team)
    if protection_document.digest(before) != seen:
        raise ChangedMeanwhile(f"the protection of team '{team.name}' was changed meanwhile")
    if protection == before:
        raise NothingToChange(f"team '{team.name}' is already protected so")
    kept = [] if covers(protection or NONE, before or NONE, at=act.at) else _relying(team)
    for alias in kept:
        protect(act, alias, before)
    old, team.protection = team.protection, protection and protection_document.document(protection)
    team.save(update_fields=["protection"])
    act.record(
        "team.protect",
        on=None,
        team=team.name,
        path=team.name,
        before={"protection": old},
        after={"protection": team.protection, "kept_by": [str(alias.pk) for alias in kept]},
    )
    return kept


def hold_default(alias: Alias) -> None:
    """Keep the default of the alias's team as it is until this transaction ends. Before the alias's lock."""
    Team.objects.select_for_update(no_key=True).get(pk=alias.service.team_id)


def _relying(team: Team) -> list[Alias]:
    """The aliases that have their team's protection, under their locks."""
    rows = Alias.objects.filter(service__team=team, protection__isnull=True, retired_at=None)
    return list(rows.select_for_update(of=("self",)).select_related("service__team").order_by("pk"))
