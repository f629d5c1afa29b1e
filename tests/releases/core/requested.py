"""A change request of alice as the rules see it, and what people do to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from releases.core import change_events
from releases.core.approvals import Circumstances, Request, Review, Reviewer, Verdict
from releases.core.protections import Barred, Protection

NOW = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
TWO = Protection(approvals=2, barred=frozenset(Barred))
PEOPLE = tuple(Reviewer(name=name, may_approve=True) for name in ("alice", "bob", "carol", "dan"))


def request(**values: object) -> Request:
    defaults = {
        "author": "alice",
        "payload_hash": "h1",
        "base": 1,
        "snapshot": Protection(),
        "expires_at": NOW + timedelta(days=14),
    }
    return Request(**defaults | values)


def submitted(protection: Protection = TWO, **values: object) -> Request:
    return change_events.submit(request(**values), protection, PEOPLE)


def verdict(
    on: Request,
    name: str,
    given: Verdict = Verdict.APPROVE,
    *,
    seen: str = "h1",
    protection: Protection = TWO,
) -> Request:
    reviewer = next(person for person in PEOPLE if person.name == name)
    comment = "change it" if given is Verdict.REQUEST_CHANGES else ""
    review = Review(name, given, seen, comment)
    return change_events.review(on, review, reviewer=reviewer, protection=protection, reviewers=PEOPLE)


def circumstances(**values: object) -> Circumstances:
    defaults = {"at": NOW, "base": 1, "protection": TWO, "reviewers": PEOPLE}
    return Circumstances(**defaults | values)


def edit(on: Request, *, by: str, payload_hash: str) -> Request:
    return change_events.edit(
        on,
        by=by,
        payload_hash=payload_hash,
        base=1,
        publishers=frozenset(),
        protection=TWO,
        reviewers=PEOPLE,
    )
