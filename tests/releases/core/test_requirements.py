from __future__ import annotations

from dataclasses import replace

from releases.core import approvals, change_events
from releases.core.approvals import Request, Review, Reviewer, Verdict
from releases.core.deeds import Deed, barriers
from releases.core.protections import Barred, Protection
from releases.core.requirements import members, needs
from releases.core.rights import Owned, Person, Role

from .requested import circumstances, request

TEAM = "shop-team"
SHOP = Owned(TEAM, "service shop")
ASKED = Protection(approvals=2, groups=("sre",), barred=frozenset({Barred.AUTHOR}))
PEOPLE = (
    Reviewer(name="alice", may_approve=True),
    Reviewer(name="bob", may_approve=True),
    Reviewer(name="carol", may_approve=True, groups=frozenset({"sre"})),
    Reviewer(name="dora", may_approve=False, groups=frozenset({"sre"})),
)


def asked(*approving: str) -> Request:
    reviews = tuple(Review(name, Verdict.APPROVE, "h1") for name in approving)
    return change_events.submit(replace(request(), reviews=reviews), ASKED, PEOPLE)


def barred(on: Request, name: str, *roles: Role) -> dict[Deed, str]:
    person = Person(name, active=True, roles={TEAM: frozenset(roles)})
    now = circumstances(protection=ASKED, reviewers=PEOPLE)
    return barriers(on, now, by=person, thing=SHOP)


def test_needs__one_of_two_approved__says_who_gave_it_and_who_can() -> None:
    approved, group = needs(asked("bob"), ASKED, PEOPLE)
    assert (approved.label, approved.given, approved.able, approved.met) == (
        "2 approvals",
        ("bob",),
        ("carol",),
        False,
    )
    assert (group.label, group.given, group.able) == ("An approval of group sre", (), ("carol",))


def test_needs__all_given__are_met() -> None:
    assert all(need.met for need in needs(asked("bob", "carol"), ASKED, PEOPLE))


def test_needs__no_approval_asked_for__is_empty() -> None:
    nothing = Protection(approvals=0)
    assert needs(request(snapshot=nothing), nothing, PEOPLE) == []


def test_members__author_and_viewer__is_barred_and_left_out() -> None:
    found = {each.name: each for each in members(asked("bob"), ASKED, PEOPLE)}
    assert set(found) == {"alice", "bob", "carol"}
    assert found["alice"].barred == "proposed it"
    assert found["bob"].verdict is Verdict.APPROVE
    assert found["carol"].groups == ("sre",)


def test_barriers__each_says_what_the_event_would_say() -> None:
    now = circumstances(protection=ASKED, reviewers=PEOPLE)
    found = barred(asked("bob", "carol"), "alice", Role.RELEASER, Role.APPROVER)
    assert found[Deed.APPLY] == ""
    assert found[Deed.SCHEDULE] == ""
    assert found[Deed.CANCEL] == ""
    assert found[Deed.APPROVE] == "your approval does not count here: you proposed it"
    assert found[Deed.REBASE] == "nothing that it was made on has moved since"
    assert found[Deed.UNSCHEDULE] == "the request is approved and cannot be taken off the schedule"
    waiting = asked()
    lacking = barred(waiting, "bob", Role.RELEASER)[Deed.APPLY]
    assert lacking == "; ".join(approvals.blockers(waiting, now))


def test_barriers__without_the_role__say_which_is_needed() -> None:
    found = barred(asked(), "dora", Role.VIEWER)
    for deed in (Deed.APPLY, Deed.EDIT, Deed.SCHEDULE, Deed.SUBMIT):
        assert "needs admin or releaser in team shop-team" in found[deed]
    assert found[Deed.APPROVE] == "you may not approve for this team"
    assert "needs approver" in found[Deed.REJECT]
    assert "needs admin" in found[Deed.CANCEL]
