from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from releases.core import approvals
from releases.core.approvals import (
    Circumstances,
    NotAllowed,
    Outdated,
    Request,
    Review,
    Reviewer,
    Status,
    Verdict,
)
from releases.core.protections import Barred, Freeze, Protection

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
    return approvals.submit(request(**values), protection, PEOPLE)


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
    return approvals.review(on, review, reviewer=reviewer, protection=protection, reviewers=PEOPLE)


def circumstances(**values: object) -> Circumstances:
    defaults = {"at": NOW, "base": 1, "protection": TWO, "reviewers": PEOPLE}
    return Circumstances(**defaults | values)


def test_review__two_of_two__approved_and_applied() -> None:
    once = verdict(submitted(), "bob")
    assert once.status is Status.IN_REVIEW
    twice = verdict(once, "carol")
    assert twice.status is Status.APPROVED
    assert approvals.apply(twice, circumstances()).status is Status.APPLIED


def test_review__same_person_twice__counts_once() -> None:
    assert verdict(verdict(submitted(), "bob"), "bob").status is Status.IN_REVIEW


def test_review__edited_since_the_page_was_opened__outdated_and_not_counted() -> None:
    edited = edit(submitted(), by="alice", payload_hash="h2")
    with pytest.raises(Outdated):
        verdict(edited, "bob", seen="h1")


def edit(on: Request, *, by: str, payload_hash: str) -> Request:
    return approvals.edit(
        on,
        by=by,
        payload_hash=payload_hash,
        base=1,
        publishers=frozenset(),
        protection=TWO,
        reviewers=PEOPLE,
    )


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
        approvals.apply(objected, circumstances())
    assert verdict(objected, "dan", Verdict.WITHDRAWN).status is Status.APPROVED


def test_review__changes_requested_without_a_word__refused() -> None:
    silent = Review("bob", Verdict.REQUEST_CHANGES, "h1", " ")
    with pytest.raises(NotAllowed, match="say what"):
        approvals.review(submitted(), silent, reviewer=PEOPLE[1], protection=TWO, reviewers=PEOPLE)


def test_apply__approver_demoted_since__lacks_an_approval() -> None:
    approved = verdict(verdict(submitted(), "bob"), "carol")
    demoted = [replace(p, may_approve=p.name != "bob") for p in PEOPLE]
    with pytest.raises(NotAllowed, match="1 more approval"):
        approvals.apply(approved, circumstances(reviewers=demoted))


def test_apply__protection_made_stricter_since__todays_counts() -> None:
    approved = verdict(verdict(submitted(), "bob"), "carol")
    with pytest.raises(NotAllowed, match="1 more approval"):
        approvals.apply(approved, circumstances(protection=Protection(approvals=3)))


def test_apply__protection_made_looser_since__that_of_the_submission_counts() -> None:
    once = verdict(submitted(), "bob")
    with pytest.raises(NotAllowed, match="1 more approval"):
        approvals.apply(once, circumstances(protection=Protection(approvals=0)))


def test_apply__group_emptied__says_that_nobody_can_give_it() -> None:
    protection = Protection(approvals=1, groups=("sre",))
    approved = verdict(submitted(protection), "bob", protection=protection)
    assert approved.status is Status.IN_REVIEW
    with pytest.raises(NotAllowed, match="group sre, in which nobody can give it"):
        approvals.apply(approved, circumstances(protection=protection))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"base": 2}, "at revision 2 and not at 1"),
        ({"missing_evidence": ("a passing test run",)}, "lacks a passing test run"),
        ({"missing_versions": (2,)}, "version 2 was deleted"),
        ({"denied": "alice may not apply"}, "alice may not apply"),
        ({"at": NOW + timedelta(days=15)}, "expired"),
        (
            {"protection": replace(TWO, freezes=(Freeze(NOW, NOW + timedelta(days=1), "freeze"),))},
            "frozen until",
        ),
    ],
)
def test_apply__each_circumstance__in_the_way_and_named(values: dict[str, object], told: str) -> None:
    approved = verdict(verdict(submitted(), "bob"), "carol")
    with pytest.raises(NotAllowed, match=told):
        approvals.apply(approved, circumstances(**values))


def test_schedule__meets_a_freeze_when_due__suspended_not_dropped() -> None:
    approved = verdict(verdict(submitted(), "bob"), "carol")
    due = NOW + timedelta(hours=1)
    scheduled = approvals.schedule(approved, at=due, now=NOW, protection=TWO)
    frozen = replace(TWO, freezes=(Freeze(due, due + timedelta(days=1), "freeze"),))
    with pytest.raises(NotAllowed):
        approvals.apply(scheduled, circumstances(at=due, protection=frozen))
    suspended = approvals.suspend(scheduled, reason="frozen")
    assert (suspended.status, suspended.suspended) == (Status.SCHEDULED, "frozen")
    assert approvals.unschedule(suspended).status is Status.APPROVED


@pytest.mark.parametrize("at", [NOW, NOW - timedelta(hours=1), NOW + timedelta(days=15)])
def test_schedule__past_or_beyond_expiry__refused(at: datetime) -> None:
    approved = verdict(verdict(submitted(), "bob"), "carol")
    with pytest.raises(NotAllowed):
        approvals.schedule(approved, at=at, now=NOW, protection=TWO)


def test_payload_hash__order_of_members__does_not_matter_and_content_does() -> None:
    one = approvals.payload_hash(target={"alias": 1}, base=1, payload={"a": 1, "b": 2})
    assert one == approvals.payload_hash(target={"alias": 1}, base=1, payload={"b": 2, "a": 1})
    assert one != approvals.payload_hash(target={"alias": 1}, base=2, payload={"a": 1, "b": 2})


NAMES = st.sampled_from([person.name for person in PEOPLE])


class Machine(RuleBasedStateMachine):
    """Anybody does anything in any order; an account of its own says whether what was applied was
    approved.
    """

    def __init__(self) -> None:
        super().__init__()
        self.request = request()
        self.people = {person.name: person for person in PEOPLE}
        self.protection = TWO
        self.base = 1
        self.edits = 1
        self.verdicts: dict[str, tuple[Verdict, str]] = {}
        self.editors = {"alice"}
        self.demanded = 0
        self.at = NOW

    def attempt(self, event: object) -> bool:
        try:
            self.request = event()
        except NotAllowed:
            return False
        return True

    @rule()
    def submit(self) -> None:
        if self.attempt(lambda: approvals.submit(self.request, self.protection, self.people.values())):
            self.demanded = self.protection.approvals

    @rule(name=NAMES, given=st.sampled_from(Verdict), stale=st.booleans())
    def review(self, name: str, given: Verdict, stale: bool) -> None:
        seen = "stale" if stale else self.request.payload_hash
        done = self.attempt(
            lambda: approvals.review(
                self.request,
                Review(name, given, seen, "because"),
                reviewer=self.people[name],
                protection=self.protection,
                reviewers=self.people.values(),
            )
        )
        assert not (done and stale)
        if done:
            self.verdicts[name] = (given, seen)

    @rule(name=NAMES)
    def edit(self, name: str) -> None:
        edited = f"h{self.edits + 1}"
        done = self.attempt(
            lambda: approvals.edit(
                self.request,
                by=name,
                payload_hash=edited,
                base=self.base,
                publishers=frozenset(),
                protection=self.protection,
                reviewers=self.people.values(),
            )
        )
        if done:
            self.edits += 1
            self.editors.add(name)
            self.verdicts = {}

    @rule(name=NAMES)
    def demote_or_promote(self, name: str) -> None:
        person = self.people[name]
        self.people[name] = replace(person, may_approve=not person.may_approve)

    @rule(count=st.integers(0, 3))
    def protect(self, count: int) -> None:
        self.protection = replace(TWO, approvals=count)

    @rule()
    def alias_moves(self) -> None:
        self.base += 1

    @rule(hours=st.integers(1, 200))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule()
    def schedule(self) -> None:
        due = self.at + timedelta(hours=1)
        self.attempt(
            lambda: approvals.schedule(self.request, at=due, now=self.at, protection=self.protection)
        )

    @rule()
    def unschedule(self) -> None:
        self.attempt(lambda: approvals.unschedule(self.request))

    @rule()
    def expire(self) -> None:
        self.attempt(lambda: approvals.expire(self.request, at=self.at))

    @precondition(lambda self: self.edits > 2)
    @rule()
    def cancel(self) -> None:
        self.attempt(lambda: approvals.cancel(self.request, by="alice", reason=""))

    @rule()
    def apply(self) -> None:
        before = self.request
        now = circumstances(
            at=self.at, base=self.base, protection=self.protection, reviewers=self.people.values()
        )
        if not self.attempt(lambda: approvals.apply(self.request, now)):
            assert self.request == before
            return
        given = {
            name
            for name, (verdict, seen) in self.verdicts.items()
            if verdict is Verdict.APPROVE and seen == before.payload_hash and self.people[name].may_approve
        }
        assert len(given - self.editors) >= max(self.demanded, self.protection.approvals)
        assert before.base == self.base
        assert self.at < before.expires_at
        assert before.status in approvals.OPEN - {Status.DRAFT}

    @invariant()
    def final_is_final(self) -> None:
        if self.request.status in approvals.OPEN:
            return
        for event in (self.submit, self.schedule, self.unschedule, self.expire, self.apply):
            before = self.request
            event()
            assert self.request == before


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
