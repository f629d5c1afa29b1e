"""No order of events ends in a change that was applied without its approvals."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from releases.core import approvals, change_events
from releases.core.approvals import NotAllowed, Review, Status, Verdict

from .requested import NOW, PEOPLE, TWO, circumstances, request

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
        self.basis = ""
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
        if self.attempt(lambda: change_events.submit(self.request, self.protection, self.people.values())):
            self.demanded = self.protection.approvals

    @rule(name=NAMES, given=st.sampled_from(Verdict), stale=st.booleans())
    def review(self, name: str, given: Verdict, stale: bool) -> None:
        seen = "stale" if stale else self.request.payload_hash
        done = self.attempt(
            lambda: change_events.review(
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
            lambda: change_events.edit(
                self.request,
                by=name,
                payload_hash=edited,
                base=self.base,
                basis=self.basis,
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

    @rule()
    def protection_it_was_made_on_changes(self) -> None:
        self.basis += "."

    @rule(hours=st.integers(1, 200))
    def time_passes(self, hours: int) -> None:
        self.at += timedelta(hours=hours)

    @rule()
    def schedule(self) -> None:
        due = self.at + timedelta(hours=1)
        self.attempt(
            lambda: change_events.schedule(self.request, at=due, now=self.at, protection=self.protection)
        )

    @rule()
    def unschedule(self) -> None:
        self.attempt(lambda: change_events.unschedule(self.request))

    @rule()
    def expire(self) -> None:
        self.attempt(lambda: change_events.expire(self.request, at=self.at))

    @precondition(lambda self: self.edits > 2)
    @rule()
    def cancel(self) -> None:
        self.attempt(lambda: change_events.cancel(self.request, by="alice", reason=""))

    @rule()
    def apply(self) -> None:
        before = self.request
        now = circumstances(
            at=self.at,
            base=self.base,
            basis=self.basis,
            protection=self.protection,
            reviewers=self.people.values(),
        )
        if not self.attempt(lambda: change_events.apply(self.request, now)):
            assert self.request == before
            return
        given = {
            name
            for name, (verdict, seen) in self.verdicts.items()
            if verdict is Verdict.APPROVE and seen == before.payload_hash and self.people[name].may_approve
        }
        assert len(given - self.editors) >= max(self.demanded, self.protection.approvals)
        assert (before.base, before.basis) == (self.base, self.basis)
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
