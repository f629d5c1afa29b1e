"""What the home page asks: what waits for a person, what is his, and where canaries are out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.db.models import F, OuterRef, Q, Subquery

from releases.core import approvals, policies
from releases.core.approvals import OPEN, REVIEWED, Status
from releases.core.policies import Policy
from releases.core.rights import Action, Person
from releases.core.verdicts import Verdict
from releases.models import Alias, ChangeRequest, ChangeReview, User

from . import changes, traffic
from .aliases import AliasState, current

SHOWN: Final = 20
"""Rows of each list."""


class Why(StrEnum):
    """Why a request waits for somebody."""

    REVIEW = "review"
    SUSPENDED = "suspended"
    RATIFY = "ratify"
    MOVED = "moved"
    CHANGES = "changes"
    AGREED = "agreed"


@dataclass(frozen=True, slots=True)
class Need:
    request: ChangeRequest
    why: Why


@dataclass(frozen=True, slots=True)
class Standing:
    """An alias with a canary now, and what its present revision did so far."""

    state: AliasState
    verdict: Verdict


_UNRATIFIED: Final = Q(status=Status.APPLIED, ratify_by__isnull=False, ratified_at=None)
_UNDECIDED: Final = Q(status__in=list(REVIEWED - {Status.APPROVED}))
_SUSPENDED: Final = Q(status=Status.SCHEDULED) & ~Q(suspended="")
_MOVED: Final = Q(status__in=list(OPEN)) & ~Q(payload__base=F("alias__revision"))
_ANSWERED: Final = Q(status__in=[Status.CHANGES_REQUESTED, Status.APPROVED])


def needs(user: User, person: Person) -> list[Need]:
    """What waits for this person: the emergency first, then what is stuck, then reviews, then what became
    of his own. One query.
    """
    approves = Q(alias__service__team__name__in=person.teams(Action.APPROVE)) & ~Q(author=user)
    releases = Q(alias__service__team__name__in=person.teams(Action.RELEASE))
    own = ChangeReview.objects.filter(payload=OuterRef("payload"), reviewer=user).order_by("-pk")
    found = changes.loaded().annotate(own_verdict=Subquery(own.values("verdict")[:1]))
    has_none = Q(own_verdict=None) | Q(own_verdict=approvals.Verdict.WITHDRAWN)
    of_others = (_UNDECIDED & approves & has_none) | (_SUSPENDED & releases) | (_UNRATIFIED & approves)
    wanted = of_others | (Q(author=user) & (_MOVED | _ANSWERED))
    rows = [Need(row, _why(row, user)) for row in found.filter(wanted).order_by("-pk")[:SHOWN]]
    return sorted(rows, key=lambda need: _URGENCY.index(need.why))


_URGENCY: Final = (Why.RATIFY, Why.SUSPENDED, Why.REVIEW, Why.MOVED, Why.CHANGES, Why.AGREED)


def _why(row: ChangeRequest, user: User) -> Why:
    if row.status == Status.APPLIED:
        return Why.RATIFY
    if row.suspended:
        return Why.SUSPENDED
    if row.author_id != user.pk:
        return Why.REVIEW
    if changes.payload_of(row).base_id != row.alias.revision_id:
        return Why.MOVED
    return Why.AGREED if row.status == Status.APPROVED else Why.CHANGES


def open_requests(user: User) -> list[ChangeRequest]:
    """The person's own, drafts too, newest first. One query."""
    return list(changes.loaded().filter(author=user, status__in=list(OPEN)).order_by("-pk")[:SHOWN])


def canaries(teams: Collection[str] | None) -> list[Standing]:
    """The aliases of these teams, or of all, that have a canary now; changed last, first.

    Two queries, and one more where keys are split.
    """
    rows = Alias.objects.filter(retired_at=None, service__retired_at=None)
    if teams is not None:
        rows = rows.filter(service__team__name__in=teams)
    rows = rows.exclude(revision__policy__additionalVersionWeight={}).order_by("-revision_id")
    states = [_state(alias) for alias in rows.select_related("service", "revision__created_by")[:SHOWN]]
    verdicts = traffic.verdicts_so_far({s.revision.pk: (s.revision, s.policy) for s in states})
    return [Standing(state, verdicts[state.revision.pk]) for state in states]


def _state(alias: Alias) -> AliasState:
    """A version that an alias names is never deleted, so none is looked for."""
    revision = current(alias)
    policy: Policy = policies.parse(revision.policy)
    return AliasState(alias, revision, policy, ())
