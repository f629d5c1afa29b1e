"""Change requests in every state, made as people make them: alice proposes, bob approves."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone

from releases.core.approvals import Verdict
from releases.core.policies import Canary, Policy
from releases.core.protections import Protection, When
from releases.core.rights import Role
from releases.models import Alias, ChangeRequest
from releases.operations import aliases, applying, changes
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from releases.operations.change_rows import Proposed
from releases.queries import changes as query
from tests import make

from .conftest import browser

ANY = Protection(when=frozenset({When.ANY}))
SIXTY = Policy(1, Canary(2, 6000))


def act(name: str = "alice", at: datetime | None = None) -> Act:
    return Act(by=make.user(name), at=at or timezone.now(), source="page")


def as_user(name: str, *roles: Role) -> Client:
    """A browser in which somebody of the team is logged in."""
    client = browser()
    client.force_login(make.user(name, *roles))
    return client


def outsider() -> Client:
    client = browser()
    client.force_login(make.outsider())
    return client


def protected(protection: Protection = ANY) -> Alias:
    """alias1: 30% go to version 2, and its protection asks for approval."""
    alias = make.alias(make.two_versions(), primary=1, canary=2, weight_bp=3000)
    aliases.protect_alias(act(), alias, protection=protection)
    return Alias.objects.select_related("service__team", "revision").get(pk=alias.pk)


def fresh(change: ChangeRequest) -> ChangeRequest:
    return query.loaded().get(pk=change.pk)


def propose(
    alias: Alias,
    policy: Policy = SIXTY,
    *,
    by: str = "alice",
    draft: bool = False,
    title: str = "More canary",
) -> ChangeRequest:
    """30% become 60%."""
    base = Alias.objects.select_related("revision").get(pk=alias.pk).revision
    assert base is not None
    proposed = Proposed(ChangeRequest.Kind.POLICY, title, Setting(policy=policy))
    made = changes.propose(act(by), alias, proposed, base_revision=base.number, draft=draft)
    return fresh(made)


def seen(change: ChangeRequest) -> str:
    return query.payload_of(fresh(change)).digest


def verdict(
    change: ChangeRequest, given: Verdict = Verdict.APPROVE, *, by: str = "bob", comment: str = ""
) -> ChangeRequest:
    changes.review(act(by), change, verdict=given, seen=seen(change), comment=comment)
    return fresh(change)


def approved(alias: Alias) -> ChangeRequest:
    return verdict(propose(alias))


def scheduled(alias: Alias, *, after: timedelta = timedelta(hours=1)) -> ChangeRequest:
    change = approved(alias)
    applying.schedule(act(), change, when=timezone.now() + after)
    return fresh(change)


def moved(alias: Alias, policy: Policy) -> None:
    """The alias moves beneath a request, as by another request that was applied."""
    row = Alias.objects.select_related("service__team", "revision").get(pk=alias.pk)
    aliases.revise(act(), row, Setting(policy=policy))
