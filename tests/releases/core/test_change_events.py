from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from releases.core import approvals, change_events
from releases.core.approvals import NotAllowed, Outdated, Review, Status, Verdict
from releases.core.protections import Freeze, Protection

from .requested import NOW, PEOPLE, TWO, circumstances, edit, submitted, verdict


def test_review__two_of_two__approved_and_applied() -> None:
    once = verdict(submitted(), "bob")
    assert once.status is Status.IN_REVIEW
    twice = verdict(once, "carol")
    assert twice.status is Status.APPROVED
    assert change_events.apply(twice, circumstances()).status is Status.APPLIED


def test_review__same_person_twice__counts_once() -> None:
    assert verdict(verdict(submitted(), "bob"), "bob").status is Status.IN_REVIEW


def test_review__edited_since_the_page_was_opened__outdated_and_not_counted() -> None:
    edited = edit(submitted(), by="alice", payload_hash="h2")
    with pytest.raises(Outdated):
        verdict(edited, "bob", seen="h1")


def test_edit__approved_request__every_verdict_is_void() -> None:
    approved = verdict(verdict(submitted(), "bob"), "carol")
    edited = edit(approved, by="dan", payload_hash="h2")
    assert edited.status is Status.IN_REVIEW
    assert approvals.standing(edited) == {}
    # dan has contributed now, and is barred.
    with pytest.raises(NotAllowed, match="you edited it"):
        verdict(edited, "dan", seen="h2")


def test_edit__back_to_what_was_approved__the_verdicts_stay_void() -> None:
    approved = verdict(verdict(submitted(), "bob"), "carol")
    back = edit(edit(approved, by="alice", payload_hash="h2"), by="alice", payload_hash="h1")
    assert approvals.standing(back) == {}


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("alice", {}, "you proposed it"),
        ("bob", {"contributors": frozenset({"bob"})}, "you edited it"),
        ("bob", {"publishers": frozenset({"bob"})}, "you published the version"),
    ],
)
def test_review__barred_person__refused_with_the_reason(
    name: str, values: dict[str, object], reason: str
) -> None:
    with pytest.raises(NotAllowed, match=reason):
        verdict(submitted(**values), name)
    free = Protection(approvals=1, barred=frozenset())
    assert verdict(submitted(free, **values), name, protection=free).status is Status.APPROVED


def test_review__objection_after_approvals__holds_until_the_objector_changes_it() -> None:
    objected = verdict(verdict(verdict(submitted(), "bob"), "carol"), "dan", Verdict.REQUEST_CHANGES)
    assert objected.status is Status.CHANGES_REQUESTED
    with pytest.raises(NotAllowed, match="dan asks for changes"):
        change_events.apply(objected, circumstances())
    assert verdict(objected, "dan", Verdict.WITHDRAWN).status is Status.APPROVED


def test_review__changes_requested_without_a_word__refused() -> None:
    silent = Review("bob", Verdict.REQUEST_CHANGES, "h1", " ")
    with pytest.raises(NotAllowed, match="say what"):
        change_events.review(submitted(), silent, reviewer=PEOPLE[1], protection=TWO, reviewers=PEOPLE)


def test_schedule__meets_a_freeze_when_due__suspended_not_dropped() -> None:
    approved = verdict(verdict(submitted(), "bob"), "carol")
    due = NOW + timedelta(hours=1)
    scheduled = change_events.schedule(approved, at=due, now=NOW, protection=TWO)
    frozen = replace(TWO, freezes=(Freeze(due, due + timedelta(days=1), "freeze"),))
    with pytest.raises(NotAllowed):
        change_events.apply(scheduled, circumstances(at=due, protection=frozen))
    suspended = change_events.suspend(scheduled, reason="frozen")
    assert (suspended.status, suspended.suspended) == (Status.SCHEDULED, "frozen")
    assert change_events.unschedule(suspended).status is Status.APPROVED


@pytest.mark.parametrize("at", [NOW, NOW - timedelta(hours=1), NOW + timedelta(days=15)])
def test_schedule__past_or_beyond_expiry__refused(at: datetime) -> None:
    approved = verdict(verdict(submitted(), "bob"), "carol")
    with pytest.raises(NotAllowed):
        change_events.schedule(approved, at=at, now=NOW, protection=TWO)
