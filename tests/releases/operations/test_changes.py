from __future__ import annotations

from datetime import timedelta

import pytest

from releases.core import policies
from releases.core.approvals import Status, Verdict
from releases.core.policies import Canary, Even, Policy
from releases.core.protections import Barred, Protection, When
from releases.core.rights import Role
from releases.models import Alias, AuditEntry, ChangeRequest, Notice
from releases.operations import aliases, applying, changes, teams
from releases.operations.aliases import ChangedMeanwhile, NeedsApproval, NothingToChange, Setting
from releases.operations.change_rows import Conflict, EditedMeanwhile, NotNow, Proposed
from releases.operations.versions import NoSuchVersion
from releases.queries import changes as query
from tests import make

pytestmark = pytest.mark.django_db
WANTED = Policy(1, Canary(2, 3000))
OTHER = Policy(1, Canary(2, 6000))


@pytest.fixture
def alias() -> Alias:
    make.user("bob")
    return make.protected_alias()


def routed(alias: Alias) -> Policy:
    revision = make.loaded(alias).revision
    assert revision is not None
    return policies.parse(revision.policy)


def proposed(policy: Policy) -> Proposed:
    return Proposed(ChangeRequest.Kind.POLICY, "title", Setting(policy=policy))


def seen(request: ChangeRequest) -> str:
    return query.payload_of(query.loaded().get(pk=request.pk)).digest


def test_propose__protected_alias__waits_and_moves_nothing(alias: Alias) -> None:
    request = make.change(alias)
    assert (request.status, routed(alias)) == (Status.IN_REVIEW, Policy(1))
    assert Notice.objects.filter(to__username="bob", needs_action=True).count() == 1
    entries = AuditEntry.objects.filter(object__endswith=f"#{request.pk}").order_by("pk")
    assert [entry.action for entry in entries] == ["change.propose", "change.submit"]


def test_apply__approved__one_revision_with_what_was_approved(alias: Alias) -> None:
    request = make.approved(alias)
    assert request.status == Status.APPROVED
    applied = applying.apply(make.act(), request)
    assert (applied.status, routed(alias)) == (Status.APPLIED, WANTED)
    assert applied.revision is not None
    assert (applied.revision.number, applied.revision.is_agreed, applied.next_look_at) == (2, True, None)
    assert not Notice.objects.filter(needs_action=True).exists()


def test_apply__twice__the_second_changes_nothing(alias: Alias) -> None:
    request = make.approved(alias)
    applying.apply(make.act(), request)
    with pytest.raises(NotNow, match="it is applied"):
        applying.apply(make.act(), request)
    assert make.loaded(alias).revisions.count() == 2


def test_apply__nobody_agreed__refused_and_moves_nothing(alias: Alias) -> None:
    request = make.change(alias)
    with pytest.raises(NotNow, match="1 more approval"):
        applying.apply(make.act(), request)
    assert routed(alias) == Policy(1)


def test_review__by_the_author__refused(alias: Alias) -> None:
    request = make.change(alias)
    with pytest.raises(NotNow, match="you proposed it"):
        make.verdict(request, "alice")
    assert not query.loaded().get(pk=request.pk).payload.reviews.exists()


def test_review__by_who_may_not_approve__refused(alias: Alias) -> None:
    make.user("dave", Role.RELEASER)
    with pytest.raises(NotNow, match="may not approve"):
        make.verdict(make.change(alias), "dave")


def test_review__by_an_outsider__refused(alias: Alias) -> None:
    make.outsider()
    with pytest.raises(NotNow, match="not in the team"):
        make.verdict(make.change(alias), "charlie")


def test_review__by_the_publisher_of_the_version__refused_where_barred() -> None:
    make.user("bob")
    guarded = make.protected_alias(barred=frozenset({Barred.PUBLISHER}))
    with pytest.raises(NotNow, match="you published the version"):
        make.verdict(make.change(guarded, by=make.user("bob")), "alice")


def test_edit__approved_request__voids_the_verdicts_and_asks_again(alias: Alias) -> None:
    request = make.approved(alias)
    edited = changes.edit(make.act(), request, proposed(OTHER), seen=seen(request), base_revision=1)
    assert edited.status == Status.IN_REVIEW
    assert Notice.objects.filter(to__username="bob", kind="edited").exists()
    with pytest.raises(NotNow, match="1 more approval"):
        applying.apply(make.act(), request)
    applying.apply(make.act(), make.verdict(request, "bob"))
    assert routed(alias) == OTHER


def test_review__of_a_payload_that_was_edited_meanwhile__is_not_counted(alias: Alias) -> None:
    request = make.change(alias)
    before = seen(request)
    changes.edit(make.act(), request, proposed(OTHER), seen=before, base_revision=1)
    with pytest.raises(EditedMeanwhile):
        changes.review(make.act(make.user("bob")), request, verdict=Verdict.APPROVE, seen=before)
    assert query.loaded().get(pk=request.pk).status == Status.IN_REVIEW


def test_edit__from_an_old_page__overwrites_nothing(alias: Alias) -> None:
    request = make.change(alias)
    with pytest.raises(EditedMeanwhile):
        changes.edit(make.act(), request, proposed(OTHER), seen="0" * 64, base_revision=1)
    assert request.payloads.count() == 1


def test_edit__to_the_same__refused(alias: Alias) -> None:
    request = make.change(alias)
    same = Proposed(ChangeRequest.Kind.POLICY, "title", Setting(policy=WANTED, reason="try it"))
    with pytest.raises(NotNow, match="nothing would change"):
        changes.edit(make.act(), request, same, seen=seen(request), base_revision=1)


def test_apply__alias_moved_since__stale_until_rebased(alias: Alias) -> None:
    first, second = make.approved(alias), make.approved(alias, Policy(1, Canary(2, 3000), Even()))
    applying.apply(make.act(), first)
    with pytest.raises(NotNow, match="rebase the request"):
        applying.apply(make.act(), second)
    rebased = changes.rebase(make.act(), second, seen=seen(second))
    assert rebased.status == Status.IN_REVIEW
    applying.apply(make.act(), make.verdict(second, "bob"))
    assert routed(alias) == Policy(1, Canary(2, 3000), Even())


def test_rebase__both_moved_the_weight__conflict(alias: Alias) -> None:
    applying.apply(make.act(), make.approved(alias, Policy(1, Canary(2, 1000))))
    first, second = make.approved(alias, OTHER), make.approved(alias, Policy(1, Canary(2, 2000)))
    applying.apply(make.act(), first)
    with pytest.raises(Conflict):
        changes.rebase(make.act(), second, seen=seen(second))


def test_objection__after_an_approval__holds_and_is_taken_back(alias: Alias) -> None:
    make.user("carol")
    request = make.verdict(make.approved(alias), "carol", Verdict.REQUEST_CHANGES, "too fast")
    assert request.status == Status.CHANGES_REQUESTED
    with pytest.raises(NotNow, match="carol asks for changes"):
        applying.apply(make.act(), request)
    assert make.verdict(request, "carol", Verdict.WITHDRAWN).status == Status.APPROVED


def test_reject__by_an_approver_with_a_reason__final(alias: Alias) -> None:
    request = make.change(alias)
    with pytest.raises(NotNow, match="give a reason"):
        changes.reject(make.act(make.user("bob")), request, reason=" ")
    changes.reject(make.act(make.user("bob")), request, reason="not on a Friday")
    with pytest.raises(NotNow, match="rejected"):
        make.verdict(request, "bob")


def test_cancel__by_author_admin_and_others__as_their_rights_say(alias: Alias) -> None:
    dave = make.user("dave", Role.RELEASER)
    with pytest.raises(NotNow, match="may not administer"):
        changes.cancel(make.act(dave), make.change(alias), reason="mine is better")
    with pytest.raises(NotNow, match="give a reason"):
        changes.cancel(make.act(make.user("bob")), make.change(alias))
    for by, reason in ((make.user(), ""), (make.user("bob"), "left the team")):
        request = changes.cancel(make.act(by), make.change(alias), reason=reason)
        assert (request.status, request.ended_by) == (Status.CANCELLED, by)


def test_draft__until_it_is_submitted__tells_nobody(alias: Alias) -> None:
    draft = make.change(alias, draft=True)
    assert (draft.status, Notice.objects.count()) == (Status.DRAFT, 0)
    with pytest.raises(NotNow, match="draft"):
        make.verdict(draft, "bob")
    assert changes.submit(make.act(), draft).status == Status.IN_REVIEW
    assert Notice.objects.count() == 1


@pytest.mark.parametrize(("policy", "refusal"), [(Policy(1), NothingToChange), (Policy(9), NoSuchVersion)])
def test_propose__what_cannot_be__refused_with_nothing_made(
    alias: Alias, policy: Policy, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        make.change(alias, policy)
    assert not ChangeRequest.objects.exists()


def test_propose__on_an_old_revision__refused(alias: Alias) -> None:
    with pytest.raises(ChangedMeanwhile):
        changes.propose(make.act(), alias, proposed(WANTED), base_revision=7)


def test_propose__what_the_protection_does_not_ask_about__is_approved_at_once() -> None:
    guarded = make.protected_alias(when=frozenset({When.PRIMARY}))
    request = make.change(guarded)
    assert request.status == Status.APPROVED
    applying.apply(make.act(), request)
    assert routed(guarded) == WANTED


def test_expire__past_its_time__final_and_told(alias: Alias) -> None:
    request = make.change(alias)
    with pytest.raises(NotNow):
        applying.expire(make.act(), request)
    expired = applying.expire(make.act(at=make.NOW + timedelta(days=14)), request)
    assert (expired.status, expired.next_look_at) == (Status.EXPIRED, None)


@pytest.mark.parametrize("text", ["", "  ", "x" * 4097])
def test_comment__empty_or_too_long__refused(alias: Alias, text: str) -> None:
    request = make.change(alias)
    before = request.comments.count()
    with pytest.raises(NotNow):
        changes.comment(make.act(), request, text=text)
    assert request.comments.count() == before


def test_protection__loosened__needs_what_the_old_one_asks(alias: Alias) -> None:
    with pytest.raises(NeedsApproval):
        aliases.protect_alias(make.act(), alias, protection=None)
    request = make.protection_change(alias, Protection())
    assert request.status == Status.IN_REVIEW
    applying.apply(make.act(), make.verdict(request, "bob"))
    aliases.change_alias(make.act(), alias, base_revision=1, setting=Setting(policy=WANTED))


def test_protection__made_stricter__needs_what_the_new_one_asks(alias: Alias) -> None:
    stricter = Protection(when=frozenset({When.ANY}), approvals=2)
    request = make.verdict(make.protection_change(alias, stricter), "bob")
    assert request.status == Status.IN_REVIEW
    make.user("carol")
    applying.apply(make.act(), make.verdict(request, "carol"))
    assert query.protection_of(make.loaded(alias)) == stricter


def test_delete__of_a_protected_alias__by_request_only(alias: Alias) -> None:
    with pytest.raises(NeedsApproval):
        aliases.delete_alias(make.act(), alias)
    other = make.change(alias)
    request = changes.propose(
        make.act(), alias, Proposed(ChangeRequest.Kind.DELETE, "no longer called"), base_revision=1
    )
    applying.apply(make.act(), make.verdict(request, "bob"))
    assert make.loaded(alias).retired_at is not None
    with pytest.raises(ChangedMeanwhile, match="deleted"):
        applying.apply(make.act(), make.verdict(other, "bob"))


def test_apply__approver_left_the_team__lacks_an_approval(alias: Alias) -> None:
    request = make.approved(alias)
    teams.set_roles(make.act(), make.team(), make.user("bob"), [])
    with pytest.raises(NotNow, match="1 more approval"):
        applying.apply(make.act(), request)


def test_apply__by_who_may_not_release__refused(alias: Alias) -> None:
    request = make.approved(alias)
    with pytest.raises(NotNow, match="may not release"):
        applying.apply(make.act(make.user("erin", Role.VIEWER)), request)
