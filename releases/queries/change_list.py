"""Lists of change requests: which ones, and what each still lacks, without a query for each row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import OuterRef, Q, QuerySet, Subquery

from releases.core import approvals, policies
from releases.core.approvals import OPEN, REVIEWED, Circumstances, Request, Review, Reviewer, Status, Verdict
from releases.core.rights import Action
from releases.models import Alias, ChangePayload, ChangeRequest, ChangeReview, Group, Membership, Version
from releases.queries import aliases, changes

from .teams import roles_allow

RIVALS: Final = 20
"""Open requests of one alias that a page about it shows."""

_UNRATIFIED = Q(ratify_by__isnull=False, ratified_at=None, status=Status.APPLIED)


@dataclass(frozen=True, slots=True)
class Line:
    """One request in a list. `lacks` says what keeps it from being applied, as far as lists look."""

    request: ChangeRequest
    lacks: tuple[str, ...]


# Which ------------------------------------------------------------------------------------------------------


def visible(found: QuerySet[ChangeRequest], user_id: int) -> QuerySet[ChangeRequest]:
    """Without the drafts of others."""
    return found.exclude(~Q(author=user_id), status=Status.DRAFT)


def of_alias(alias: Alias, user_id: int, *, but: int = 0) -> QuerySet[ChangeRequest]:
    """The newest open requests of the alias that this person sees, without the one numbered `but`."""
    return visible(changes.open_of(alias), user_id).exclude(pk=but)[:RIVALS]


def unfinished(found: QuerySet[ChangeRequest]) -> QuerySet[ChangeRequest]:
    """Those that still wait for somebody; a change by broken glass does until it is ratified."""
    return found.filter(Q(status__in=list(OPEN)) | _UNRATIFIED)


def to_review(
    found: QuerySet[ChangeRequest], user_id: int, teams: Collection[str]
) -> QuerySet[ChangeRequest]:
    """Those of others that lack the verdict of somebody who may approve for these teams."""
    own = ChangeReview.objects.filter(payload=OuterRef("payload"), reviewer=user_id).order_by("-pk")
    waiting = Q(status__in=list(REVIEWED - {Status.APPROVED})) | _UNRATIFIED
    mine = found.filter(waiting, alias__service__team__name__in=teams).exclude(author=user_id)
    with_verdict = mine.annotate(own_verdict=Subquery(own.values("verdict")[:1]))
    return with_verdict.filter(Q(own_verdict=None) | Q(own_verdict=Verdict.WITHDRAWN))


def named(found: QuerySet[ChangeRequest], text: str) -> QuerySet[ChangeRequest]:
    """Those of the aliases that "service/alias" names, each part by a piece of it; or by one of both."""
    service, slash, alias = text.partition("/")
    if slash:
        return found.filter(alias__service__name__icontains=service, alias__name__icontains=alias)
    return found.filter(Q(alias__service__name__icontains=text) | Q(alias__name__icontains=text))


def made(revision_ids: Iterable[int]) -> dict[int, int]:
    """The numbers of the requests that made these alias revisions. One query."""
    rows = ChangeRequest.objects.filter(revision__in=list(revision_ids))
    return dict(rows.values_list("revision_id", "pk"))


# What each lacks --------------------------------------------------------------------------------------------


def lines(rows: Iterable[ChangeRequest], *, at: datetime) -> list[Line]:
    """Six queries, however many rows there are. Evidence is looked at on the page of each alone."""
    found = list(rows)
    requests = _as_rules_see(found)
    reviewers = _reviewers({row.alias.service.team_id for row in found})
    return [Line(row, _lacks(row, requests[row.pk], reviewers, at)) for row in found]


def _lacks(
    row: ChangeRequest, request: Request, reviewers: dict[int, list[Reviewer]], at: datetime
) -> tuple[str, ...]:
    if row.status == Status.APPLIED:
        unratified = row.ratify_by is not None and row.ratified_at is None
        return ("somebody must ratify it",) if unratified else ()
    if row.status not in OPEN - {Status.DRAFT}:
        return ()
    now = Circumstances(
        at=at,
        base=aliases.current(row.alias).number,
        protection=changes.demanded(row),
        reviewers=reviewers.get(row.alias.service.team_id, []),
        basis=changes.basis_now(row),
    )
    return tuple(approvals.blockers(request, now))


def _as_rules_see(rows: list[ChangeRequest]) -> dict[int, Request]:
    """Several requests as `releases.queries.changes.as_rules_see` has one."""
    payloads = {changes.payload_of(row).pk: row for row in rows}
    reviews: dict[int, list[Review]] = defaultdict(list)
    found = ChangeReview.objects.filter(payload__in=payloads).order_by("pk").select_related("reviewer")
    for review in found:
        digest = changes.payload_of(payloads[review.payload_id]).digest
        verdict = Verdict(review.verdict)
        reviews[review.payload_id].append(Review(review.reviewer.username, verdict, digest))
    contributors = _contributors(rows)
    publishers = _publishers(rows)
    return {
        row.pk: Request(
            author=row.author.username,
            payload_hash=payload.digest,
            base=payload.base.number,
            snapshot=changes.read(row.snapshot),
            expires_at=row.expires_at,
            basis=changes.basis_seen(row),
            status=Status(row.status),
            contributors=frozenset(contributors[row.pk] - {row.author.username}),
            publishers=frozenset(publishers[row.pk]),
            reviews=tuple(reviews[payload.pk]),
            scheduled_at=row.scheduled_at,
            suspended=row.suspended,
        )
        for row in rows
        for payload in [changes.payload_of(row)]
    }


def _contributors(rows: list[ChangeRequest]) -> dict[int, set[str]]:
    found: dict[int, set[str]] = defaultdict(set)
    authors = ChangePayload.objects.filter(request__in=[row.pk for row in rows])
    for request_id, name in authors.values_list("request_id", "author__username"):
        found[request_id].add(name)
    return found


def _publishers(rows: list[ChangeRequest]) -> dict[int, set[str]]:
    """Who published the versions that each payload brings in beyond those of its base."""
    brought: dict[int, frozenset[int]] = {}
    for row in rows:
        wanted = changes.proposal(row).policy
        base = policies.parse(changes.payload_of(row).base.policy)
        brought[row.pk] = wanted.versions - base.versions if wanted else frozenset()
    services = {row.alias.service_id for row in rows}
    numbers = frozenset[int]().union(*brought.values())
    versions = Version.objects.filter(service__in=services, number__in=numbers)
    by = {
        (service, number): name
        for service, number, name in versions.values_list("service_id", "number", "created_by__username")
    }
    keys = {row.pk: [(row.alias.service_id, number) for number in brought[row.pk]] for row in rows}
    return {pk: {by[key] for key in wanted if key in by} for pk, wanted in keys.items()}


def _reviewers(team_ids: set[int]) -> dict[int, list[Reviewer]]:
    """Everybody in these teams as a reviewer, as of now. Two queries."""
    groups: dict[tuple[int, str], set[str]] = defaultdict(set)
    in_groups = Group.objects.filter(team__in=team_ids, members__isnull=False)
    for team, group, name in in_groups.values_list("team_id", "name", "members__username"):
        groups[team, name].add(group)
    found: dict[int, list[Reviewer]] = defaultdict(list)
    members = Membership.objects.filter(team__in=team_ids)
    for team, name, active, roles in members.values_list(
        "team_id", "user__username", "user__is_active", "roles"
    ):
        may = active and roles_allow(roles, Action.APPROVE)
        found[team].append(Reviewer(name=name, may_approve=may, groups=frozenset(groups[team, name])))
    return found
