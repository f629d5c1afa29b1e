from __future__ import annotations

import pytest
from django.db import transaction
from django.test import TestCase
from pytest_django.fixtures import Settings

from releases.core.notices import Kind
from releases.models import Notice, Outgoing, Preference, User
from releases.operations import notices, webhooks
from tests import make

pytestmark = pytest.mark.django_db

PATH = "/cn-hangzhou/changes/7/"


@pytest.fixture
def bob(settings: Settings) -> User:
    """Somebody with an address, where there is a mail server."""
    settings.EMAIL_HOST = "mail.example"
    bob = make.user("bob")
    bob.email = "bob@example.com"
    bob.save()
    return bob


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
