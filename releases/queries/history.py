"""The time machine of an alias: its revisions, when each served, and what each changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from invocations.queries import totals_of_revisions
from releases.core import policies, policy_words
from releases.models import Alias, AliasRevision

from . import aliases
from .aliases import AliasState


@dataclass(frozen=True, slots=True)
class Reign:
    """A revision in its time. `until` is None while it is in force.

    `changes` tells what became of the one before. The counts are of its whole life: `errors` are part of
    `invocations`.
    """

    state: AliasState
    until: datetime | None
    changes: list[str]
    invocations: int
    errors: int

    @property
    def number(self) -> int:
        return self.state.revision.number

    @property
    def since(self) -> datetime:
        return self.state.revision.created_at

    def lasted(self, now: datetime) -> timedelta:
        """For how long it served. Never negative, though the clocks of two consoles may differ."""
        return max((self.until or now) - self.since, timedelta(0))


def newest(alias: Alias, *, before: int | None = None, size: int) -> tuple[list[Reign], bool]:
    """The newest `size` revisions, of those before a number if one is given; and whether there are older."""
    found = aliases.revisions(alias)
    rows = list((found.filter(number__lt=before) if before is not None else found)[: size + 1])
    return reigns(alias, rows[:size]), len(rows) > size


def at(alias: Alias, moment: datetime) -> AliasRevision | None:
    """The revision in force at that moment, or None: the alias was not there yet."""
    return aliases.revisions(alias).filter(created_at__lte=moment).first()


def numbered(alias: Alias, numbers: Iterable[int]) -> dict[int, Reign]:
    """These revisions by number; those that never were are left out."""
    rows = aliases.revisions(alias).filter(number__in=list(numbers))
    return {reign.number: reign for reign in reigns(alias, rows)}


def reigns(alias: Alias, revisions: Iterable[AliasRevision]) -> list[Reign]:
    """Each with its neighbours and counts. Three queries, however many they are."""
    rows = list(revisions)
    beside = {row.number + step for row in rows for step in (-1, 1)} - {row.number for row in rows}
    known = {row.number: row for row in alias.revisions.filter(number__in=beside)} if beside else {}
    known |= {row.number: row for row in rows}
    totals = totals_of_revisions([row.pk for row in rows])
    made = []
    for state in aliases.history(alias, rows):
        revision = state.revision
        counts = totals.get(revision.pk, {}).values()
        later, earlier = known.get(revision.number + 1), known.get(revision.number - 1)
        made.append(
            Reign(
                state=state,
                until=later.created_at if later else None,
                changes=_changes(earlier, revision),
                invocations=sum(n for n, _ in counts),
                errors=sum(bad for _, bad in counts),
            )
        )
    return made


def _changes(earlier: AliasRevision | None, revision: AliasRevision) -> list[str]:
    if earlier is None:
        return ["The alias was created."]
    told = policy_words.changes(policies.parse(earlier.policy), policies.parse(revision.policy))
    if revision.description != earlier.description:
        told.append("The description changed.")
    return told or ["The same was set again."]
