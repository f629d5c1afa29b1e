"""What approvals a change needs, from the first keystroke on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

from releases.core import policies
from releases.core.approvals import Request, Reviewer
from releases.core.policies import Policy
from releases.core.protections import Protection
from releases.core.requirements import Member, Need, members, needs
from releases.models import Alias, ChangeRequest, User, Version

from . import aliases, changes, teams


@dataclass(frozen=True, slots=True)
class Needed:
    """The requirement box: what is needed, and who may give it or why not."""

    protection: Protection
    needs: list[Need]
    members: list[Member]


def needs_of(request: Request, protection: Protection, reviewers: list[Reviewer]) -> Needed:
    return Needed(protection, needs(request, protection, reviewers), members(request, protection, reviewers))


def needs_of_draft(alias: Alias, policy: Policy, author: User, change: ChangeRequest | None) -> Needed:
    """Of a change that is still being typed, in place of the payload of `change` if there is one."""
    protection = changes.protection_of(alias)
    publishers = publishers_of(alias, policy)
    request = Request(
        author=author.username,
        payload_hash="",
        base=aliases.current(alias).number,
        snapshot=protection,
        expires_at=datetime.max.replace(tzinfo=UTC),
        publishers=publishers,
    )
    if change is not None:
        stored = changes.as_rules_see(change)
        contributors = stored.contributors | ({author.username} - {stored.author})
        request = replace(stored, reviews=(), publishers=publishers, contributors=contributors)
    return needs_of(request, protection, teams.reviewers(alias.service.team))


def publishers_of(alias: Alias, policy: Policy) -> frozenset[str]:
    """Who published the versions that a policy brings in beyond those in force."""
    brought = policy.versions - policies.parse(aliases.current(alias).policy).versions
    published = Version.objects.filter(service=alias.service, number__in=brought)
    return frozenset(published.values_list("created_by__username", flat=True))
