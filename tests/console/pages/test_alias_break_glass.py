from __future__ import annotations

import time
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from releases.core import policies
from releases.core.policies import Canary, Policy
from releases.core.protections import When
from releases.core.rights import Role
from releases.models import Alias, AliasRevision, ChangeRequest, Notice
from tests import make

from .conftest import HTMX, browser
from .panel import BY_RULE, SPLIT, UID

KEY = [make.REGION, "shop", "alias1"]
PAGE, FORM = (reverse(name, args=KEY) for name in ("alias", "alias-break-glass"))
WHY = "checkout answers 500 to everybody"
GIVEN = SPLIT | {"reason": WHY, "agreed": "on", "base_revision": "1"}


@pytest.fixture
def alias1(db: None) -> Alias:
    return make.protected_alias(ratify=timedelta(hours=2), revert=True)


@pytest.fixture
def zoe(db: None) -> Client:
    """A browser of somebody who may break the glass, and no more."""
    client = browser()
    client.force_login(make.user("zoe", Role.BREAK_GLASS))
    gave_password(client, at=time.time())
    return client


def gave_password(client: Client, *, at: float) -> None:
    """As allauth keeps it with the session: when the password was given last, in seconds of the epoch."""
    session = client.session
    session["account_authentication_methods_user"] = str(make.user("zoe").pk)
    session["account_authentication_methods"] = [{"method": "password", "at": at}]
    session.save()


def moved() -> bool:
    return AliasRevision.objects.count() > 1


def test_break_glass__opened__says_what_comes_of_it(zoe: Client, alias1: Alias) -> None:
    make.user("bob")
    assert f'href="{FORM}"' in zoe.get(PAGE).content.decode()
    text = zoe.get(FORM).content.decode()
    assert "Passed over: One approver must agree before anything changes." in text
    assert "Told at once: alice, bob." in text
    assert "ratify it within 2 hours, until" in text
    assert "the alias goes back to revision 1 by itself" in text
    assert 'data-confirm-title="Break the glass of alias1?"' in text
    assert "All calls go to version 1." in text


def test_break_glass__with_an_account__moves_at_once_and_tells(zoe: Client, alias1: Alias) -> None:
    response = zoe.post(FORM, GIVEN)
    request = ChangeRequest.objects.get()
    assert response["Location"] == f"/{make.REGION}/changes/{request.pk}/"
    revision = Alias.objects.get().revision
    assert revision is not None
    assert policies.parse(revision.policy) == Policy(1, Canary(2, 3000))
    assert (revision.is_agreed, revision.reason, request.ratified_at) == (False, WHY, None)
    assert list(Notice.objects.values_list("to__username", "kind")) == [("alice", "glass_broken")]


@pytest.mark.parametrize(
    ("bad", "field", "told"),
    [
        ({"reason": ""}, "reason", "required"),
        ({"reason": "it is urgent"}, "reason", "12 of at least 20 characters"),
        ({"reason": "urgent" + " " * 30}, "reason", "6 of at least 20 characters"),
        ({"reason": "x" * 300}, "reason", "too long"),
        ({"reason": "x" * 30 + "\x07"}, "reason", "control character"),
        ({"agreed": ""}, "agreed", "Say that you know what you do."),
        ({"primary": "7"}, "primary", "no such version"),
        ({"weight": "101"}, "weight", "from 0% to 100%"),
        ({"base_revision": "x"}, "base_revision", "open it again"),
    ],
)
def test_break_glass__bad_input__is_told_at_its_field(
    zoe: Client, alias1: Alias, bad: dict[str, str], field: str, told: str
) -> None:
    for headers in ({}, HTMX):
        response = zoe.post(FORM, GIVEN | bad, headers=headers)
        assert response.status_code == 422
        assert [name for name in response.context["form"].errors if name != "__all__"] == [field]
        assert told in response.content.decode()
    assert not moved()


def test_break_glass__alias_moved_meanwhile__is_told_and_moves_nothing(zoe: Client, alias1: Alias) -> None:
    response = zoe.post(FORM, GIVEN | {"base_revision": "7"}, headers=HTMX)
    assert response.status_code == 409
    assert "Nothing of yours was saved." in response.content.decode()
    assert not moved()


def test_break_glass__what_nothing_asks_about__is_refused(zoe: Client) -> None:
    make.protected_alias(when=frozenset({When.RULES}))
    response = zoe.post(FORM, GIVEN)
    assert response.status_code == 409
    assert "nothing asks for approval here" in response.content.decode()
    assert not moved()


def test_break_glass__unprotected_alias__has_no_glass(zoe: Client) -> None:
    make.alias(make.two_versions())
    for response in (zoe.get(FORM), zoe.post(FORM, GIVEN)):
        assert response.status_code == 409
        assert "is not protected" in response.content.decode()


def test_rules__added__keep_what_was_typed_and_move_nothing(zoe: Client, alias1: Alias) -> None:
    response = zoe.post(FORM, BY_RULE | UID | {"reason": "half a rea", "add_rule": "1", "base_revision": "1"})
    form = response.context["form"]
    assert (response.status_code, len(form.rules), form["reason"].value()) == (200, 2, "half a rea")
    assert not moved()


def test_break_glass__without_the_right__is_told_why(alice: Client, alias1: Alias) -> None:
    page = alice.get(PAGE).content.decode()
    assert "alice may not break the glass of service shop: that needs break-glass in team shop-team" in page
    assert FORM not in page
    sentence = reverse("glass-sentence", args=KEY)
    for response in (alice.get(FORM), alice.post(FORM, GIVEN), alice.post(sentence, SPLIT)):
        assert response.status_code == 403
    assert not moved()


def test_glass_sentence__as_filled_in__says_what_callers_get(zoe: Client, alias1: Alias) -> None:
    text = zoe.post(reverse("glass-sentence", args=KEY), SPLIT, headers=HTMX).content.decode()
    assert "70% of calls go to version 1, 30% to version 2." in text
    assert 'id="alias-lint"' in text
    assert "alias-requirement" not in text


def test_panel__propose__leads_to_breaking_the_glass_or_says_why_not(alice: Client, alias1: Alias) -> None:
    panel = reverse("alias-edit", args=KEY)
    sentence = reverse("alias-sentence", args=KEY)
    assert FORM not in alice.post(sentence, SPLIT).content.decode()
    assert "alice may not break the glass" in alice.post(sentence, SPLIT).content.decode()
    both = browser()
    both.force_login(make.user("yuri", Role.RELEASER, Role.BREAK_GLASS))
    assert FORM in both.post(sentence, SPLIT).content.decode()
    assert FORM not in both.get(panel).content.decode()  # nothing is changed yet, so nothing is asked


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_break_glass__password_given_long_ago__is_asked_for_again(
    zoe: Client, alias1: Alias, headers: dict[str, str]
) -> None:
    gave_password(zoe, at=0)
    for response in (zoe.get(FORM, headers=headers), zoe.post(FORM, GIVEN, headers=headers)):
        address = response["HX-Redirect"] if headers else response["Location"]
        assert address.startswith(reverse("account_reauthenticate"))
    assert not moved()


def test_break_glass__outsider_and_anonymous__are_turned_away(anonymous: Client, alias1: Alias) -> None:
    assert anonymous.post(FORM, GIVEN)["Location"].startswith(reverse("log-in"))
    stranger = browser()
    stranger.force_login(make.outsider())
    assert stranger.get(FORM).status_code == stranger.post(FORM, GIVEN).status_code == 404
    assert not moved()
