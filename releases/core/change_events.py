"""What happens to a change request.

Pure: every event takes the request as it is and gives the request as it is afterwards, or raises
`NotAllowed`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from . import approvals
from .approvals import (
    OPEN,
    REVIEWED,
    Circumstances,
    NotAllowed,
    Outdated,
    Request,
    Review,
    Reviewer,
    Status,
    Verdict,
    assess,
    barred,
    blockers,
    standing,
)
from .protections import Protection, stricter


def submit(request: Request, protection: Protection, reviewers: Collection[Reviewer]) -> Request:
    """Show the draft to its reviewers, under the protection of this moment."""
    _must(request, {Status.DRAFT}, "submitted")
    return _reviewed(replace(request, snapshot=protection), protection, reviewers)


def edit(
    request: Request,
    *,
    by: str,
    payload_hash: str,
    base: int,
    publishers: frozenset[str],
    basis: str = "",
    protection: Protection,
    reviewers: Collection[Reviewer],
) -> Request:
    """Another payload, or another base. Every verdict is void, also if an earlier payload comes again."""
    _must(request, OPEN - {Status.SCHEDULED}, "edited")
    if payload_hash == request.payload_hash:
        raise NotAllowed("nothing would change")
    contributors = request.contributors | ({by} if by != request.author else set())
    edited = replace(
        request,
        payload_hash=payload_hash,
        base=base,
        basis=basis,
        contributors=contributors,
        publishers=publishers,
        reviews=(),
    )
    return edited if request.status is Status.DRAFT else _reviewed(edited, protection, reviewers)


def review(
    request: Request,
    verdict: Review,
    *,
    reviewer: Reviewer,
    protection: Protection,
    reviewers: Collection[Reviewer],
) -> Request:
    """Give a verdict, or take one's own back. `verdict.payload_hash` is that of the page it was given on."""
    _must(request, REVIEWED, "reviewed")
    if verdict.payload_hash != request.payload_hash:
        raise Outdated("the request was edited since you opened it: look at what it says now")
    if verdict.verdict is Verdict.WITHDRAWN:
        if reviewer.name not in standing(request):
            raise NotAllowed("you have given no verdict that could be withdrawn")
    elif not reviewer.may_approve:
        raise NotAllowed("you may not approve for this team")
    elif verdict.verdict is Verdict.APPROVE:
        reason = barred(request, stricter(request.snapshot, protection), reviewer.name)
        if reason:
            raise NotAllowed(f"your approval does not count here: {reason}")
    elif not verdict.comment.strip():
        raise NotAllowed("say what should change")
    return _reviewed(replace(request, reviews=(*request.reviews, verdict)), protection, reviewers)


def reject(request: Request, *, reason: str) -> Request:
    """Final."""
    return _end(request, Status.REJECTED, reason)


def cancel(request: Request, *, by: str, reason: str) -> Request:
    """Final. The author needs no reason; anybody else does."""
    return _end(request, Status.CANCELLED, reason or ("cancelled" if by == request.author else ""))


def schedule(request: Request, *, at: datetime, now: datetime, protection: Protection) -> Request:
    """Have it applied at a time to come, in which nothing is closed as far as one knows today."""
    _must(request, {Status.APPROVED}, "scheduled")
    if at <= now:
        raise NotAllowed("the time has passed already")
    if at >= request.expires_at:
        raise NotAllowed("the request will have expired by then")
    closed = stricter(request.snapshot, protection).closed(at)
    if closed:
        raise NotAllowed(f"at that time the alias is {closed}")
    return replace(request, status=Status.SCHEDULED, scheduled_at=at, suspended="")


def unschedule(request: Request) -> Request:
    _must(request, {Status.SCHEDULED}, "taken off the schedule")
    return replace(request, status=Status.APPROVED, scheduled_at=None, suspended="")


def suspend(request: Request, *, reason: str) -> Request:
    """Its time has come, and something keeps it from being applied. It stays scheduled and says why."""
    _must(request, {Status.SCHEDULED}, "suspended")
    return replace(request, suspended=reason)


def apply(request: Request, now: Circumstances) -> Request:
    """Final. Everything is looked at again; raises `NotAllowed` with all that is in the way."""
    found = blockers(request, now)
    if found:
        raise NotAllowed("; ".join(found))
    return replace(request, status=Status.APPLIED, suspended="")


def expire(request: Request, *, at: datetime) -> Request:
    _must(request, OPEN, "expired")
    if at < request.expires_at:
        raise NotAllowed("its time has not come")
    return replace(request, status=Status.EXPIRED)


def _end(request: Request, status: Status, reason: str) -> Request:
    _must(request, OPEN, approvals.words(status))
    if not reason.strip():
        raise NotAllowed("give a reason")
    return replace(request, status=status, scheduled_at=None, suspended="")


def _reviewed(request: Request, protection: Protection, reviewers: Collection[Reviewer]) -> Request:
    return replace(request, status=assess(request, protection, reviewers).status)


def _must(request: Request, statuses: Collection[Status], event: str) -> None:
    if request.status not in statuses:
        raise NotAllowed(f"the request is {approvals.words(request.status)} and cannot be {event}")
