"""Change requests: a proposed change, the verdicts on exactly that change, and what they count.

Pure. What is approved is a hash of target, base revision and payload; a verdict counts only while that hash
is the request's. Whether a request is in review, approved or objected to is computed from the standing
verdicts, never set. What happens to a request: `change_events`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from .protections import Barred, Protection, stricter

MIN_REASON: Final = 20  # characters of a break-glass reason


class NotAllowed(Exception):
    """The event cannot happen to the request as it is; the text is a sentence that says why."""


class Outdated(NotAllowed):
    """The verdict was given on a payload that is no longer the request's."""


class Status(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    APPLIED = "applied"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


REVIEWED: Final = frozenset({Status.IN_REVIEW, Status.CHANGES_REQUESTED, Status.APPROVED})
OPEN: Final = REVIEWED | {Status.DRAFT, Status.SCHEDULED}


class Verdict(StrEnum):
    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Review:
    """One person's verdict on the payload of one hash. A later one of the same person takes its place."""

    reviewer: str
    verdict: Verdict
    payload_hash: str
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewer:
    """Somebody as he is today: whether he may approve for this team, and which groups he is in."""

    name: str
    may_approve: bool
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`snapshot` is the protection that it was submitted under; today's counts as well, if it is stricter.

    `publishers` published the versions that the payload brings in. `base` is the number of the alias revision
    that the payload was made on; `basis` the digest of the protection before and after, where the protection
    is what changes. Times have zones.
    """

    author: str
    payload_hash: str
    base: int
    snapshot: Protection
    expires_at: datetime
    basis: str = ""
    status: Status = Status.DRAFT
    contributors: frozenset[str] = frozenset()
    publishers: frozenset[str] = frozenset()
    reviews: tuple[Review, ...] = ()
    scheduled_at: datetime | None = None
    suspended: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What counts today. `missing` are sentences; nothing missing and no objection: approved."""

    approvals: tuple[str, ...]
    objections: tuple[str, ...]
    missing: tuple[str, ...]

    @property
    def status(self) -> Status:
        if self.objections:
            return Status.CHANGES_REQUESTED
        return Status.IN_REVIEW if self.missing else Status.APPROVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What `apply` looks at besides the request, read under the lock of the alias."""

    at: datetime
    base: int
    protection: Protection
    reviewers: Collection[Reviewer]
    basis: str = ""
    missing_evidence: tuple[str, ...] = ()
    missing_versions: tuple[int, ...] = ()
    denied: str = ""
    """Why the person who applies may not; empty when he may."""


def payload_hash(*, target: Mapping[str, Any], base: int, payload: Mapping[str, Any]) -> str:
    """SHA-256 in hexadecimal over canonical JSON. The schedule is a later act and not in it."""
    document = {"target": target, "base": base, "payload": payload}
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()


def words(status: Status) -> str:
    return status.value.replace("_", " ")


# What counts ------------------------------------------------------------------------------------------------


def standing(request: Request) -> dict[str, Review]:
    """The last verdict of each reviewer, if it is on the request's payload and was not withdrawn."""
    last = {review.reviewer: review for review in request.reviews}
    return {
        name: review
        for name, review in last.items()
        if review.payload_hash == request.payload_hash and review.verdict is not Verdict.WITHDRAWN
    }


def barred(request: Request, protection: Protection, name: str) -> str:
    """Why this person's approval does not count, whatever his roles; empty when it may."""
    if Barred.AUTHOR in protection.barred and name == request.author:
        return "you proposed it"
    if Barred.CONTRIBUTORS in protection.barred and name in request.contributors:
        return "you edited it"
    if Barred.PUBLISHER in protection.barred and name in request.publishers:
        return "you published the version"
    return ""


def assess(request: Request, protection: Protection, reviewers: Collection[Reviewer]) -> Assessment:
    """Count the standing verdicts by today's people, under the stricter of today's protection and the
    snapshot.
    """
    demanded = stricter(request.snapshot, protection)
    known = {reviewer.name: reviewer for reviewer in reviewers if reviewer.may_approve}
    verdicts = {name: review for name, review in standing(request).items() if name in known}
    objections = tuple(n for n, review in verdicts.items() if review.verdict is Verdict.REQUEST_CHANGES)
    approvals = tuple(
        name
        for name, review in verdicts.items()
        if review.verdict is Verdict.APPROVE and not barred(request, demanded, name)
    )
    lacking = demanded.approvals - len(approvals)
    missing = [f"{lacking} more approval{'' if lacking == 1 else 's'}"] if lacking > 0 else []
    for group in demanded.groups:
        if not any(group in known[name].groups for name in approvals):
            missing.append(_missing_group(request, demanded, group, known.values()))
    return Assessment(approvals, objections, tuple(missing))


def _missing_group(
    request: Request, demanded: Protection, group: str, reviewers: Collection[Reviewer]
) -> str:
    able = [r.name for r in reviewers if group in r.groups and not barred(request, demanded, r.name)]
    if not able:
        return f"an approval of group {group}, in which nobody can give it: add a member who may approve"
    return f"an approval of group {group} ({', '.join(sorted(able))})"


def is_stale(request: Request, now: Circumstances) -> bool:
    """Whether what the payload was made on has moved."""
    return (request.base, request.basis) != (now.base, now.basis)


def blockers(request: Request, now: Circumstances) -> list[str]:
    """Everything that keeps the request from being applied, each a sentence; empty when it may be."""
    if request.status not in REVIEWED | {Status.SCHEDULED}:
        return [f"it is {words(request.status)}"]
    assessment = assess(request, now.protection, now.reviewers)
    found = [f"it lacks {missing}" for missing in assessment.missing]
    found += [f"{name} asks for changes" for name in assessment.objections]
    if now.base != request.base:
        found.append(f"the alias is at revision {now.base} and not at {request.base}: rebase the request")
    if now.basis != request.basis:
        found.append("its protection is no longer the one that this was proposed on: rebase the request")
    found += [f"version {number} was deleted meanwhile" for number in now.missing_versions]
    found += [f"it lacks {evidence}" for evidence in now.missing_evidence]
    closed = stricter(request.snapshot, now.protection).closed(now.at)
    if closed:
        found.append(f"the alias is {closed}")
    if now.at >= request.expires_at:
        found.append("it has expired")
    if now.denied:
        found.append(now.denied)
    return found
