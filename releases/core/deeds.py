"""What somebody can do to a change request now, and why not: for buttons. Pure.

Each answer comes from the event itself (`releases.core.approvals`), tried on the request and thrown away, so
that a button never promises what its address would refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from . import approvals, change_events
from .approvals import Circumstances, NotAllowed, Request, Review, Verdict
from .protections import NONE
from .rights import Action, Owned, Person, can


class Deed(StrEnum):
    SUBMIT = "submit"
    APPROVE = "approve"
    REQUEST_CHANGES = "request_changes"
    WITHDRAW = "withdraw"
    EDIT = "edit"
    REBASE = "rebase"
    SCHEDULE = "schedule"
    UNSCHEDULE = "unschedule"
    APPLY = "apply"
    REJECT = "reject"
    CANCEL = "cancel"


def barriers(request: Request, now: Circumstances, *, by: Person, thing: Owned) -> dict[Deed, str]:
    """Of each deed why it cannot be done by this person now; empty where it can."""

    def right(action: Action) -> str:
        answer = can(by, action, thing)
        return "" if answer else answer.reason.removesuffix(".")

    release, approve = right(Action.RELEASE), right(Action.APPROVE)
    edit = release or _refusal(lambda: _edited(request, now, by.name))
    own = right(Action.VIEW) if by.name == request.author else right(Action.ADMINISTER)
    return {
        Deed.SUBMIT: release
        or _refusal(lambda: change_events.submit(request, now.protection, now.reviewers)),
        Deed.APPROVE: _verdict(request, now, by, Verdict.APPROVE),
        Deed.REQUEST_CHANGES: _verdict(request, now, by, Verdict.REQUEST_CHANGES),
        Deed.WITHDRAW: _verdict(request, now, by, Verdict.WITHDRAWN),
        Deed.EDIT: edit,
        Deed.REBASE: edit
        or ("" if approvals.is_stale(request, now) else "nothing that it was made on has moved since"),
        Deed.SCHEDULE: release or _refusal(lambda: _scheduled(request)),
        Deed.UNSCHEDULE: release or _refusal(lambda: change_events.unschedule(request)),
        Deed.APPLY: release or "; ".join(approvals.blockers(request, now)),
        Deed.REJECT: approve or _refusal(lambda: change_events.reject(request, reason="given")),
        Deed.CANCEL: own or _refusal(lambda: change_events.cancel(request, by=by.name, reason="given")),
    }


def _refusal(event: Callable[[], Request]) -> str:
    try:
        event()
    except NotAllowed as refusal:
        return str(refusal)
    return ""


def _verdict(request: Request, now: Circumstances, by: Person, verdict: Verdict) -> str:
    reviewer = next((each for each in now.reviewers if each.name == by.name), None)
    if reviewer is None:
        return "you are not in the team that owns this alias"
    given = Review(by.name, verdict, request.payload_hash, "a comment")
    return _refusal(
        lambda: change_events.review(
            request, given, reviewer=reviewer, protection=now.protection, reviewers=now.reviewers
        )
    )


def _edited(request: Request, now: Circumstances, name: str) -> Request:
    return change_events.edit(
        request,
        by=name,
        payload_hash=f"not {request.payload_hash}",
        base=now.base,
        basis=now.basis,
        publishers=request.publishers,
        protection=now.protection,
        reviewers=now.reviewers,
    )


def _scheduled(request: Request) -> Request:
    """For some time or other: windows and freezes are judged for the time that is chosen."""
    at = request.expires_at - timedelta(seconds=1)
    anything = replace(request, snapshot=NONE)
    return change_events.schedule(anything, at=at, now=at - timedelta(seconds=1), protection=NONE)
