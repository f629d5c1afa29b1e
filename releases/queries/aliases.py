"""Reading aliases and their revisions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from releases.core import moves, policies, policy_words
from releases.core.policies import Policy
from releases.models import Alias, AliasRevision, Service, Version


@dataclass(frozen=True, slots=True)
class AliasState:
    """An alias as one of its revisions has it, parsed, and which of the versions named there are gone."""

    alias: Alias
    revision: AliasRevision
    policy: Policy
    missing: tuple[int, ...]

    @property
    def name(self) -> str:
        return self.alias.name

    @property
    def sentence(self) -> str:
        return policy_words.sentence(self.policy)


def aliases(service: Service, *, search: str = "") -> list[AliasState]:
    """The live aliases by name. Two queries, however many there are."""
    rows = service.aliases.filter(retired_at=None, name__icontains=search).order_by("name")
    live = set(service.versions.filter(retired_at=None).values_list("number", flat=True))
    return [_state(alias, live) for alias in rows.select_related("revision__created_by")]


def state(alias: Alias) -> AliasState:
    """One alias; `alias.revision` should be loaded with its author."""
    return _state(alias, _live(alias))


def history(alias: Alias, revisions: Iterable[AliasRevision]) -> list[AliasState]:
    """The alias as each of these revisions has it, beside the versions that there are now. One query."""
    live = _live(alias)
    return [_as_of(alias, revision, live) for revision in revisions]


def _live(alias: Alias) -> set[int]:
    versions = Version.objects.filter(service_id=alias.service_id, retired_at=None)
    return set(versions.values_list("number", flat=True))


def current(alias: Alias) -> AliasRevision:
    """The revision in force."""
    if alias.revision is None:
        raise AssertionError(f"alias {alias.pk} has no revision outside the transaction that made it")
    return alias.revision


def _state(alias: Alias, live: set[int]) -> AliasState:
    return _as_of(alias, current(alias), live)


def _as_of(alias: Alias, revision: AliasRevision, live: set[int]) -> AliasState:
    policy = policies.parse(revision.policy)
    return AliasState(alias, revision, policy, tuple(sorted(policy.versions - live)))


def names_needing(service: Service, number: int) -> list[str]:
    """The names of the aliases whose present policy names this version."""
    return [name for name, policy in _policies(service) if number in policy.versions]


def revisions(alias: Alias) -> QuerySet[AliasRevision]:
    """All of them, newest first, with their authors."""
    return alias.revisions.select_related("created_by").order_by("-number")


def rollback_policy(alias: Alias) -> Policy | None:
    """Where *roll back* would lead, for the button to say so; None when it leads nowhere."""
    now = policies.parse(current(alias).policy)
    # The newest alone that had another primary: an alias may have thousands of revisions.
    others = alias.revisions.exclude(policy__versionId=str(now.primary)).order_by("-number")
    return moves.roll_back(now, map(policies.parse, others.values_list("policy", flat=True)[:1]))


def superseded_at(revision: AliasRevision) -> datetime | None:
    """When the next revision took over, or None while this one serves."""
    later = AliasRevision.objects.filter(alias_id=revision.alias_id, number__gt=revision.number)
    return later.order_by("number").values_list("created_at", flat=True).first()


def policies_of(revision_ids: Iterable[int]) -> dict[int, tuple[AliasRevision, Policy]]:
    """The revisions with these ids and their policies, for joining with counts."""
    rows = AliasRevision.objects.filter(pk__in=list(revision_ids)).select_related("alias")
    return {row.pk: (row, policies.parse(row.policy)) for row in rows}


def _policies(service: Service) -> list[tuple[str, Policy]]:
    rows = service.aliases.filter(retired_at=None).order_by("name")
    return [
        (name, policies.parse(document)) for name, document in rows.values_list("name", "revision__policy")
    ]


def missing(service: Service, policy: Policy) -> tuple[int, ...]:
    """The versions that the policy names and that are not there. One query."""
    there = service.versions.filter(retired_at=None, number__in=policy.versions)
    return tuple(sorted(policy.versions - set(there.values_list("number", flat=True))))
