"""Reading change requests: as the rules see them, and as pages list them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Q, QuerySet
from django.utils import timezone

from invocations.queries import has_passed
from releases.core import approvals, lint, policies, protection_document, protections
from releases.core.approvals import Circumstances, Request, Review, Verdict
from releases.core.policies import Policy
from releases.core.protections import Evidence, Protection, stricter
from releases.models import Alias, ChangePayload, ChangeRequest, ChangeReview, Team, Version

from . import aliases, teams
from . import lint as lint_query

RETURN_DAYS: Final = 30
"""A revision that served within so many days can be gone back to without approval."""

Kind = ChangeRequest.Kind


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a payload would do: the policy, or None where it deletes or protects; the protection, where it
    does.
    """

    policy: Policy | None
    protection: Protection | None
    description: str
    reason: str


def read(document: object) -> Protection:
    """A protection as it is kept, with its freezes told in the zone of the pages."""
    return protection_document.parse(document).told_in(timezone.get_current_timezone())


def protection_of(alias: Alias) -> Protection:
    """What the alias demands: its own protection, else its team's, else nothing."""
    return own_protection(alias) or _of_team(alias)


def _of_team(alias: Alias) -> Protection:
    return protection_of_team(alias.service.team) or protections.NONE


def protection_of_team(team: Team) -> Protection | None:
    """What the team's aliases demand unless they have a protection of their own."""
    return read(team.protection) if team.protection is not None else None


def own_protection(alias: Alias) -> Protection | None:
    """The alias's own; None where it has its team's."""
    return read(alias.protection) if alias.protection is not None else None


def demanded(request: ChangeRequest) -> Protection:
    """What is asked of the request today.

    For a change of the protection itself that is the stricter of old and new. A change that the protection
    does not ask about needs nobody's approval, whatever else holds.
    """
    today = protection_of(request.alias)
    wanted = proposal(request)
    if request.kind == Kind.PROTECTION:
        return stricter(*bases(request.alias, wanted.protection))
    if protections.applies(today, policies.parse(payload_of(request).base.policy), wanted.policy):
        return today
    return replace(today, approvals=0, groups=())


def bases(alias: Alias, wanted: Protection | None) -> tuple[Protection, Protection]:
    """What the alias demands now, and would with `wanted` as its own (None: with its team's)."""
    return protection_of(alias), wanted or _of_team(alias)


def seen_bases(request: ChangeRequest) -> tuple[Protection, Protection] | None:
    """Those of a change of the protection as they were when its payload was made; None of other changes."""
    document = payload_of(request).document
    if request.kind != Kind.PROTECTION or "before" not in document:
        return None
    return read(document["before"]), read(document["after"])


def _basis(found: tuple[Protection, Protection] | None) -> str:
    return protection_document.basis(*found) if found else ""


def basis_seen(request: ChangeRequest) -> str:
    """What the payload of a change of the protection was made on."""
    return _basis(seen_bases(request))


def basis_now(request: ChangeRequest) -> str:
    """What it would be made on now."""
    if request.kind != Kind.PROTECTION:
        return ""
    return protection_document.basis(*bases(request.alias, proposal(request).protection))


def proposal(request: ChangeRequest) -> Proposal:
    """The current payload, parsed."""
    document = payload_of(request).document
    policy = policies.parse(document["policy"]) if request.kind == Kind.POLICY else None
    protected = document.get("protection")
    protection = read(protected) if protected is not None else None
    return Proposal(policy, protection, document.get("description", ""), document.get("reason", ""))


def as_rules_see(request: ChangeRequest) -> Request:
    """The request as `releases.core.approvals` takes it. Three queries."""
    payload = payload_of(request)
    rows = ChangeReview.objects.filter(payload=payload).order_by("pk").select_related("reviewer")
    contributors = request.payloads.exclude(author_id=request.author_id)
    return Request(
        author=request.author.username,
        payload_hash=payload.digest,
        base=payload.base.number,
        snapshot=read(request.snapshot),
        expires_at=request.expires_at,
        basis=basis_seen(request),
        status=approvals.Status(request.status),
        contributors=frozenset(contributors.values_list("author__username", flat=True)),
        publishers=_publishers(request),
        reviews=tuple(
            Review(row.reviewer.username, Verdict(row.verdict), payload.digest, row.comment) for row in rows
        ),
        scheduled_at=request.scheduled_at,
        suspended=request.suspended,
    )


def circumstances(request: ChangeRequest, *, at: datetime, denied: str = "") -> Circumstances:
    """What applying looks at; under the lock of the alias when it is really applied."""
    alias = request.alias
    needed = stricter(read(request.snapshot), demanded(request))
    wanted = proposal(request).policy
    return Circumstances(
        at=at,
        base=aliases.current(alias).number,
        protection=demanded(request),
        reviewers=teams.reviewers(alias.service.team),
        basis=basis_now(request),
        missing_evidence=_missing_evidence(alias, needed.evidence, wanted) if wanted else (),
        missing_versions=aliases.missing(alias.service, wanted) if wanted else (),
        denied=denied,
    )


def may_return(alias: Alias, target: Policy, *, at: datetime) -> bool:
    """Whether the alias may go back to `target` without approval: it served lately, and rightly."""
    return target in _returns(alias, at)


def _returns(alias: Alias, at: datetime) -> set[Policy]:
    """What served within RETURN_DAYS by approval, ratification or without protection; and its primaries
    alone.
    """
    ratified = ChangeRequest.objects.filter(alias=alias, ratified_at__isnull=False).values("revision")
    rightly = alias.revisions.filter(Q(is_agreed=True) | Q(pk__in=ratified))
    since = at - timedelta(days=RETURN_DAYS)
    recent = list(rightly.filter(created_at__gte=since).values_list("policy", flat=True))
    # The one that was in force when the time begins served in it too.
    before = alias.revisions.filter(created_at__lt=since).order_by("-number").first()
    if before is not None and rightly.filter(pk=before.pk).exists():
        recent.append(before.policy)
    served = {policies.parse(document) for document in recent}
    return served | {Policy(policy.primary) for policy in served}


def _missing_evidence(alias: Alias, evidence: Collection[Evidence], policy: Policy) -> tuple[str, ...]:
    service = alias.service
    found = []
    canary = version_at_stake(policy)
    if Evidence.TEST_RUN in evidence and not has_passed(service.region, service.name, str(canary)):
        found.append(f"a test run of version {canary} that finished without an error")
    if Evidence.LINT in evidence and lint.lint(policy, lint_query.facts(service, policy, seen={})):
        found.append("a clean lint")
    return tuple(found)


def version_at_stake(policy: Policy) -> int:
    """The version that evidence is asked of: the canary; the primary where there is none."""
    return policy.canary.version if policy.canary else policy.primary


def _publishers(request: ChangeRequest) -> frozenset[str]:
    """Who published the versions that the payload brings in beyond those of its base."""
    wanted = proposal(request).policy
    if wanted is None:
        return frozenset()
    brought = wanted.versions - policies.parse(payload_of(request).base.policy).versions
    published = Version.objects.filter(service=request.alias.service, number__in=brought)
    return frozenset(published.values_list("created_by__username", flat=True))


def payload_of(request: ChangeRequest) -> ChangePayload:
    if request.payload is None:
        raise AssertionError(f"change request {request.pk} has no payload outside its first transaction")
    return request.payload


# Lists ------------------------------------------------------------------------------------------------------


def loaded() -> QuerySet[ChangeRequest]:
    """Requests with what every page and rule needs of them."""
    return ChangeRequest.objects.select_related(
        "alias__service__team", "alias__revision", "author", "payload__base", "payload__author", "revision"
    )


def of_teams(names: Collection[str] | None, region: str) -> QuerySet[ChangeRequest]:
    """The newest first; None for all teams. A draft is its author's alone: leave the others' out."""
    found = loaded().filter(alias__service__region=region).order_by("-pk")
    return found if names is None else found.filter(alias__service__team__name__in=names)


def open_of(alias: Alias) -> QuerySet[ChangeRequest]:
    return loaded().filter(alias=alias, status__in=list(approvals.OPEN)).order_by("-pk")
