"""Two people at once on one change request, on connections of their own."""

from __future__ import annotations

from datetime import timedelta

import pytest

from releases.core import protection_document
from releases.core.approvals import Status, Verdict
from releases.core.policies import Canary, Policy
from releases.core.protections import Protection, When
from releases.core.rights import Role
from releases.models import Alias, ChangeRequest, Group
from releases.operations import aliases, applying, break_glass, changes, teams
from releases.operations.aliases import Setting
from releases.operations.change_rows import Proposed
from releases.queries import audit
from releases.queries import changes as query
from tests import make

from .test_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
OTHER = Policy(1, Canary(2, 6000))


@pytest.fixture
def alias() -> Alias:
    make.user("bob")
    make.user("carol")
    return make.protected_alias()


def now(request: ChangeRequest) -> ChangeRequest:
    return query.loaded().get(pk=request.pk)


def digest(request: ChangeRequest) -> str:
    return query.payload_of(now(request)).digest


def approve(request: ChangeRequest, name: str, seen: str) -> None:
    changes.review(make.act(make.user(name)), request, verdict=Verdict.APPROVE, seen=seen)


def revisions(alias: Alias) -> int:
    return make.loaded(alias).revisions.count()


def test_review__two_last_approvals_at_once__both_count_and_it_is_approved_once() -> None:
    make.user("bob")
    make.user("carol")
    request = make.change(make.protected_alias(approvals=2))
    seen = digest(request)
    assert at_once(lambda: approve(request, "bob", seen), lambda: approve(request, "carol", seen)) == []
    assert now(request).status == Status.APPROVED
    assert request.comments.filter(text="approved it").count() == 2


def test_reject__against_the_last_approval__never_approved_after_the_end(alias: Alias) -> None:
    request = make.change(alias)
    seen = digest(request)
    refusals = at_once(
        lambda: approve(request, "bob", seen),
        lambda: changes.reject(make.act(make.user("carol")), request, reason="not now"),
    )
    assert now(request).status == Status.REJECTED
    assert len(refusals) <= 1
    assert at_once(lambda: applying.apply(make.act(), request))
    assert revisions(alias) == 1


def test_edit__while_somebody_approves_the_old_payload__it_is_not_approved(alias: Alias) -> None:
    request = make.change(alias)
    seen = digest(request)
    edited = Proposed(ChangeRequest.Kind.POLICY, "more", Setting(policy=OTHER))
    at_once(
        lambda: approve(request, "bob", seen),
        lambda: changes.edit(make.act(), request, edited, seen=seen, base_revision=1),
    )
    assert now(request).status == Status.IN_REVIEW
    assert digest(request) != seen


def test_apply__delivered_twice_at_once__one_revision(alias: Alias) -> None:
    request = make.approved(alias)
    refusals = at_once(*[lambda: applying.apply(make.act(), request)] * 3)
    assert (len(refusals), revisions(alias), now(request).status) == (2, 2, Status.APPLIED)


def test_apply__two_requests_on_one_revision_at_once__one_is_stale(alias: Alias) -> None:
    one, other = make.approved(alias), make.approved(alias, OTHER)
    refusals = at_once(lambda: applying.apply(make.act(), one), lambda: applying.apply(make.act(), other))
    assert [("rebase" in str(refusal)) for refusal in refusals] == [True]
    assert revisions(alias) == 2


def test_apply__alias_rolled_back_at_once__one_after_the_other(alias: Alias) -> None:
    applying.apply(make.act(), make.approved(alias))
    request = make.approved(alias, OTHER)
    refusals = at_once(
        lambda: applying.apply(make.act(), request),
        lambda: aliases.roll_back(make.act(), alias, base_revision=2, reason="errors"),
    )
    assert (len(refusals), revisions(alias)) == (1, 3)


def test_apply__approver_demoted_at_once__not_with_an_approval_that_counts_no_more(alias: Alias) -> None:
    request = make.approved(alias)
    team, bob = make.team(), make.user("bob")
    teams.set_roles(make.act(), team, bob, [Role.VIEWER])
    (refusal,) = at_once(lambda: applying.apply(make.act(), request))
    assert "1 more approval" in str(refusal)


def test_apply__protection_tightened_while_it_waits_for_the_lock__todays_counts(alias: Alias) -> None:
    request = make.approved(alias)
    row = make.loaded(alias)
    row.protection = protection_document.document(Protection(when=frozenset({When.ANY}), approvals=2))
    row.save()
    (refusal,) = at_once(lambda: applying.apply(make.act(), request))
    assert "1 more approval" in str(refusal)


def test_apply__group_emptied__says_who_must_be_added() -> None:
    bob = make.user("bob")
    teams.set_group(make.act(), make.team(), name="sre", members=[bob])
    guarded = make.protected_alias(groups=("sre",))
    request = make.approved(guarded)
    assert request.status == Status.APPROVED
    Group.objects.get(name="sre").members.clear()
    (refusal,) = at_once(lambda: applying.apply(make.act(), request))
    assert "nobody can give it" in str(refusal)


def test_apply_due__clock_jumped_over_the_schedule__applied_once(alias: Alias) -> None:
    request = applying.schedule(make.act(), make.approved(alias), when=make.NOW + timedelta(hours=1))
    jumped = make.act(at=make.NOW + timedelta(days=3))
    at_once(*[lambda: applying.apply_due(jumped, request)] * 2)
    assert (now(request).status, revisions(alias)) == (Status.APPLIED, 2)


def test_apply_due__expired_by_the_time_the_clock_jumped_to__suspended_not_applied(alias: Alias) -> None:
    request = applying.schedule(make.act(), make.approved(alias), when=make.NOW + timedelta(hours=1))
    suspended = applying.apply_due(make.act(at=make.NOW + timedelta(days=20)), request)
    assert (suspended.status, revisions(alias)) == (Status.SCHEDULED, 1)
    assert "expired" in suspended.suspended


def test_break_glass__two_at_once__one_is_told_of_the_other(alias: Alias) -> None:
    zoe = make.user("zoe", *make.ALL)

    def smash() -> None:
        break_glass.break_glass(
            make.act(zoe), alias, Setting(policy=Policy(2)), base_revision=1, reason="everything answers 500"
        )

    refusals = at_once(smash, smash)
    assert (len(refusals), revisions(alias)) == (1, 2)


def test_audit__many_at_once__one_chain(alias: Alias) -> None:
    requests = [make.change(alias, Policy(1, Canary(2, weight))) for weight in range(1000, 1006)]
    seen = {request.pk: digest(request) for request in requests}
    works = [lambda request=request: approve(request, "bob", seen[request.pk]) for request in requests]
    assert at_once(*works) == []
    assert audit.verify()[0].broken is None
