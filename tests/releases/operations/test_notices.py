from __future__ import annotations

import pytest
from django.db import transaction
from django.test import TestCase
from pytest_django.fixtures import Settings

from releases.core.approvals import Verdict
from releases.core.notices import Kind
from releases.core.policies import Canary, Policy
from releases.core.protections import Protection, When
from releases.models import Alias, ChangeRequest, Notice, Outgoing, Preference, User
from releases.operations import aliases, changes, inbox, notices, webhooks
from releases.operations.aliases import Setting
from releases.operations.change_rows import Kind as Proposal
from releases.operations.change_rows import Proposed
from releases.operations.sending import send_next
from tests import make

pytestmark = pytest.mark.django_db

PATH = "/cn-hangzhou/changes/7/"


@pytest.fixture
def bob(settings: Settings) -> User:
    """Somebody with an address, where there is a mail server."""
    settings.EMAIL_HOST = "mail.example"
    return make.mailed(make.user("bob"))


def tell(kind: Kind = Kind.REVIEW_WANTED, *people: User, text: str = "shop/alias1: look") -> None:
    notices.tell(make.act(), kind, people, team=make.team(), text=text, path=PATH)


def ways() -> list[str]:
    return sorted(Outgoing.objects.values_list("way", flat=True))


def test_tell__somebody_with_an_address__gets_a_notice_and_an_email(bob: User) -> None:
    with TestCase.captureOnCommitCallbacks() as callbacks:
        tell(Kind.REVIEW_WANTED, bob)
    notice = Notice.objects.get()
    assert (notice.to, notice.path, notice.needs_action, notice.read_at) == (bob, PATH, True, None)
    row = Outgoing.objects.get()
    assert (row.way, row.to, row.next_try_at, row.document["path"]) == ("email", bob, make.NOW, PATH)
    assert len(callbacks) == 1


def test_tell__webhooks_of_the_team__are_called_and_no_others(bob: User) -> None:
    make.team("other")
    mine = webhooks.add_webhook(make.act(), make.team(), url="https://hooks.example/a").webhook
    gone = webhooks.add_webhook(make.act(), make.team(), url="https://hooks.example/b").webhook
    webhooks.remove_webhook(make.act(), gone)
    webhooks.add_webhook(make.act(), make.team("other"), url="https://hooks.example/c")
    tell(Kind.APPLIED)
    assert Outgoing.objects.get().webhook == mine


def test_tell__himself_or_deactivated__hears_nothing(bob: User) -> None:
    bob.is_active = False
    bob.save()
    tell(Kind.APPLIED, make.user("alice"), bob)
    assert (Notice.objects.count(), ways()) == (0, [])


def test_tell__same_person_twice__is_told_once(bob: User) -> None:
    tell(Kind.APPLIED, bob, bob)
    assert (Notice.objects.count(), ways()) == (1, ["email"])


def test_tell__does_not_want_email_of_this_kind__has_it_in_the_inbox_only(bob: User) -> None:
    Preference.objects.create(user=bob, kind=Kind.APPLIED, email=False)
    tell(Kind.APPLIED, bob)
    assert (Notice.objects.count(), ways()) == (1, [])
    tell(Kind.SUSPENDED, bob)
    assert (Notice.objects.count(), ways()) == (2, ["email"])


def test_tell__no_mail_server__makes_no_email(bob: User, settings: Settings) -> None:
    settings.EMAIL_HOST = ""
    tell(Kind.APPLIED, bob)
    assert (Notice.objects.count(), ways()) == (1, [])


def test_tell__long_text__is_cut(bob: User) -> None:
    tell(Kind.APPLIED, bob, text="x" * 600)
    assert Notice.objects.get().text == "x" * 511 + "…"


def test_tell__transaction_rolls_back__tells_nobody(bob: User) -> None:
    webhooks.add_webhook(make.act(), make.team(), url="https://hooks.example/a")
    with TestCase.captureOnCommitCallbacks() as callbacks:
        try:
            with transaction.atomic():
                tell(Kind.APPLIED, bob)
                raise ZeroDivisionError
        except ZeroDivisionError:
            pass
    assert (Notice.objects.count(), ways(), callbacks) == (0, [], [])


def test_settle__done__waits_for_nobody_any_more(bob: User) -> None:
    tell(Kind.REVIEW_WANTED, bob)
    notices.settle("/cn-hangzhou/changes/8/")
    assert Notice.objects.get().needs_action
    notices.settle(PATH)
    assert not Notice.objects.get().needs_action


def test_settle__for_one_person__leaves_the_others_waiting(bob: User) -> None:
    tell(Kind.REVIEW_WANTED, bob, make.user("carol"))
    notices.settle(PATH, of=bob)
    assert [notice.to.username for notice in Notice.objects.filter(needs_action=True)] == ["carol"]


def test_tell__asked_again__waits_once(bob: User) -> None:
    tell(Kind.REVIEW_WANTED, bob)
    tell(Kind.GLASS_BROKEN, bob)
    tell(Kind.REVIEW_WANTED, bob)
    waiting = Notice.objects.filter(to=bob, needs_action=True).order_by("pk")
    assert [notice.kind for notice in waiting] == [Kind.GLASS_BROKEN, Kind.REVIEW_WANTED]


@pytest.fixture
def request_of_alice(bob: User) -> ChangeRequest:
    """For which two approvals are needed; bob and carol may give them."""
    make.user("carol")
    alias = make.alias(make.two_versions())
    aliases.protect(make.act(), alias, Protection(when=frozenset({When.ANY}), approvals=2))
    alias = Alias.objects.select_related("service__team", "revision").get(pk=alias.pk)
    proposed = Proposed(Proposal.POLICY, "more", Setting(policy=Policy(1, Canary(2, 500))))
    return changes.propose(make.act(), alias, proposed, base_revision=1)


def waiting() -> set[str]:
    return set(Notice.objects.filter(needs_action=True).values_list("to__username", flat=True))


def test_review__first_of_two__settles_the_reviewers_own_notice(request_of_alice: ChangeRequest) -> None:
    assert waiting() == {"bob", "carol"}
    digest = request_of_alice.payload.digest
    for name, left in (("bob", {"carol"}), ("carol", set())):
        act = make.act(make.user(name))
        changes.review(act, request_of_alice, verdict=Verdict.APPROVE, seen=digest)
        assert waiting() == left


def test_review__quorum_is_met__settles_those_who_were_not_needed(request_of_alice: ChangeRequest) -> None:
    make.user("dana")
    setting = Setting(policy=Policy(1, Canary(2, 700)))
    proposed = Proposed(Proposal.POLICY, "more", setting)
    digest = request_of_alice.payload.digest
    changes.edit(make.act(), request_of_alice, proposed, seen=digest, base_revision=1)
    assert waiting() == {"bob", "carol", "dana"}
    request_of_alice.refresh_from_db()
    digest = request_of_alice.payload.digest
    for name in ("bob", "carol"):
        act = make.act(make.user(name))
        changes.review(act, request_of_alice, verdict=Verdict.APPROVE, seen=digest)
    assert waiting() == set()


def test_forget__old__goes_unless_it_waits_or_is_still_to_be_sent(bob: User) -> None:
    tell(Kind.APPLIED, bob)
    tell(Kind.REVIEW_WANTED, bob)
    inbox.forget_notices(at=make.NOW + inbox.KEPT)
    assert (Notice.objects.count(), Outgoing.objects.count()) == (2, 2)
    inbox.forget_notices(at=make.NOW + 2 * inbox.KEPT)
    assert [notice.kind for notice in Notice.objects.all()] == [Kind.REVIEW_WANTED]
    assert Outgoing.objects.count() == 2
    while send_next(at=make.NOW + 2 * inbox.KEPT):
        pass
    inbox.forget_notices(at=make.NOW + 2 * inbox.KEPT)
    assert not Outgoing.objects.exists()
