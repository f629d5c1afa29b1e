"""The buttons that move traffic: switch, roll back, restore, delete."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.policies import Canary, Policy
from releases.models import Alias, AliasRevision, Version
from releases.operations import aliases
from releases.operations.aliases import Setting
from releases.queries import aliases as query
from tests import make

from .conftest import HTMX

REGION = make.REGION
KEY = [REGION, "shop", "alias1"]
PAGE, SWITCH, ROLLBACK, DELETE = (
    reverse(name, args=KEY) for name in ("alias", "alias-switch", "alias-rollback", "alias-delete")
)
RESTORE = reverse("alias-restore", args=[*KEY, 1])
MOVES = [SWITCH, ROLLBACK, RESTORE]


@pytest.fixture
def alias1(db: None) -> Alias:
    """On version 1; since its second revision 30% go to version 2."""
    alias = make.alias(make.two_versions())
    setting = Setting(policy=Policy(1, Canary(2, 3000)))
    aliases.change_alias(make.act(), alias, base_revision=1, setting=setting)
    return alias


def policy() -> Policy:
    return query.state(Alias.objects.get()).policy


def test_alias_switch__with_a_canary__makes_it_the_primary(alice: Client, alias1: Alias) -> None:
    response = alice.post(SWITCH, {"base_revision": 2}, follow=True)
    assert "Revision 3 of alias alias1 is in force. All calls go to version 2." in response.content.decode()
    assert policy() == Policy(2)


def test_alias_rollback__with_a_canary__goes_back_to_the_primary(alice: Client, alias1: Alias) -> None:
    assert alice.post(ROLLBACK, {"base_revision": 2}, headers=HTMX)["HX-Redirect"] == PAGE
    assert policy() == Policy(1)


def test_alias_rollback__after_the_switch__goes_back_to_the_version_before(
    alice: Client, alias1: Alias
) -> None:
    alice.post(SWITCH, {"base_revision": 2})
    assert "Roll back to version 1" in alice.get(PAGE).content.decode()
    alice.post(ROLLBACK, {"base_revision": 3})
    assert policy() == Policy(1)


def test_alias_restore__an_earlier_revision__becomes_a_new_one(alice: Client, alias1: Alias) -> None:
    alice.post(RESTORE, {"base_revision": 2})
    newest = Alias.objects.get().revision
    assert (newest.number, newest.reason, policy()) == (3, "Restored revision 1", Policy(1))


def test_alias_page__with_a_canary__says_what_each_button_does_to_the_traffic(
    alice: Client, alias1: Alias
) -> None:
    text = alice.get(PAGE).content.decode()
    assert "Switch all traffic to version 2" in text
    assert "Every call to alias1 will go to version 2 (now 30%), none to version 1." in text
    assert "Roll back to version 1" in text
    assert "No calls came in over the last 10 minutes." in text


def test_alias_page__nowhere_to_go__disables_the_buttons_and_says_why(alice: Client) -> None:
    make.alias(make.two_versions())
    text = alice.get(PAGE).content.decode()
    assert "There is no canary to switch to." in text
    assert "No other version ever served this alias." in text
    assert SWITCH not in text
    assert ROLLBACK not in text


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_alias_moves__changed_meanwhile__are_refused(
    alice: Client, alias1: Alias, move: str, headers: dict[str, str]
) -> None:
    theirs = Setting(policy=Policy(1, Canary(2, 5000)))
    aliases.change_alias(make.act(make.user("bob")), alias1, base_revision=2, setting=theirs)
    response = alice.post(move, {"base_revision": 2}, headers=headers)
    assert response.status_code == 409
    assert "The canary weight is now 50% (was 30%)." in response.content.decode()
    assert policy() == theirs.policy


@pytest.mark.parametrize("move", MOVES)
def test_alias_moves__sent_twice__move_once(alice: Client, alias1: Alias, move: str) -> None:
    statuses = [alice.post(move, {"base_revision": 2}).status_code for _ in range(2)]
    assert statuses == [302, 409]
    assert AliasRevision.objects.count() == 3


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("base", [{}, {"base_revision": "x"}, {"base_revision": "9" * 5000}])
def test_alias_moves__without_their_revision__are_refused(
    alice: Client, alias1: Alias, move: str, base: dict[str, str]
) -> None:
    response = alice.post(move, base)
    assert response.status_code == 409
    assert "open the page again" in response.content.decode()


def test_alias_moves__nowhere_to_go__are_refused(alice: Client) -> None:
    make.alias(make.two_versions())
    assert [alice.post(move, {"base_revision": 1}).status_code for move in MOVES] == [409, 409, 409]


def test_alias_restore__its_version_is_gone__is_refused_and_not_offered(alice: Client, alias1: Alias) -> None:
    alice.post(SWITCH, {"base_revision": 2})
    Version.objects.filter(number=1).update(retired_at=make.NOW)
    assert alice.post(RESTORE, {"base_revision": 3}).status_code == 409
    text = alice.get(PAGE).content.decode()
    assert RESTORE not in text
    assert "version 1 was deleted" in text


def test_alias_restore__unknown_revision__is_not_there(alice: Client, alias1: Alias) -> None:
    address = reverse("alias-restore", args=[*KEY, 9])
    assert alice.post(address, {"base_revision": 2}).status_code == 404


def test_alias_delete__confirmed__retires_it_once(alice: Client, alias1: Alias) -> None:
    assert alice.post(DELETE)["Location"] == reverse("aliases", args=[REGION, "shop"])
    assert Alias.objects.get().retired_at is not None
    assert alice.post(DELETE).status_code == 404


@pytest.mark.parametrize("address", [*MOVES, DELETE])
def test_alias_moves__get_anonymous_and_unknown__are_turned_away(
    alice: Client, anonymous: Client, alias1: Alias, address: str
) -> None:
    given = {"base_revision": 2}
    assert alice.get(address).status_code == 405
    assert anonymous.post(address, given)["Location"].startswith(reverse("log-in"))
    assert alice.post(address.replace("alias1", "alias2"), given).status_code == 404
    assert AliasRevision.objects.count() == 2
