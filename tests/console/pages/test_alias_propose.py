"""The panel and the buttons of a protected alias: they propose where others change."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.approvals import Status
from releases.core.policies import Canary, Policy
from releases.core.protections import Protection, When
from releases.core.rights import Role
from releases.models import Alias, AliasRevision, ChangeRequest
from releases.operations import aliases
from releases.operations.aliases import Setting
from releases.queries import changes as query
from tests import make

from . import proposed
from .conftest import HTMX
from .panel import SPLIT

pytestmark = pytest.mark.django_db

KEY = [make.REGION, "shop", "alias1"]
PAGE, EDIT, PREVIEW, SWITCH, ROLLBACK, DELETE, PROPOSE_DELETE = (
    reverse(name, args=KEY)
    for name in (
        "alias",
        "alias-edit",
        "alias-sentence",
        "alias-switch",
        "alias-rollback",
        "alias-delete",
        "alias-propose-delete",
    )
)
SIXTY = SPLIT | {"weight": "60", "base_revision": "1"}
RISES = Protection(when=frozenset({When.WEIGHT_RISES}), weight_rises_bp=1000)


@pytest.fixture
def alias1(db: None) -> Alias:
    return proposed.protected()


def test_alias_edit__protected__proposes_what_was_typed(alice: Client, alias1: Alias) -> None:
    response = alice.post(EDIT, SIXTY | {"proposing": "on", "title": "More canary"}, headers=HTMX)
    change = query.loaded().get()
    assert response["HX-Redirect"] == reverse("change", args=[make.REGION, change.pk])
    assert (change.title, change.status) == ("More canary", Status.IN_REVIEW)
    assert query.proposal(change).policy == proposed.SIXTY
    assert AliasRevision.objects.count() == 1


def test_alias_edit__draft_without_title__says_what_changes(alice: Client, alias1: Alias) -> None:
    alice.post(EDIT, SIXTY | {"proposing": "on", "draft": "on"})
    change = ChangeRequest.objects.get()
    assert (change.status, change.title) == (Status.DRAFT, "The canary weight is now 60% (was 30%).")


def test_alias_edit__saved_though_protected__is_refused_with_the_way_on(alice: Client, alias1: Alias) -> None:
    response = alice.post(EDIT, SIXTY)
    text = response.content.decode()
    assert response.status_code == 409
    assert "every change needs approval" in text
    assert "Propose change" in text
    assert 'name="proposing"' in text
    assert not ChangeRequest.objects.exists()


def test_alias_edit__protection_does_not_apply__changes_at_once(alice: Client) -> None:
    proposed.protected(RISES)
    text = alice.post(PREVIEW, SIXTY | {"weight": "35"}, headers=HTMX).content.decode()
    assert "nothing asks for approval of this" in text
    alice.post(EDIT, SIXTY | {"weight": "35"})
    assert AliasRevision.objects.count() == 2


def test_alias_edit__bad_or_outdated_proposal__is_kept_in_the_panel(alice: Client, alias1: Alias) -> None:
    wanted = SIXTY | {"proposing": "on"}
    assert alice.post(EDIT, wanted | {"weight": "130"}, headers=HTMX).status_code == 422
    assert alice.post(EDIT, wanted | {"title": "x" * 300}, headers=HTMX).status_code == 422
    proposed.moved(alias1, Policy(1, Canary(2, 4000)))
    response = alice.post(EDIT, wanted | {"title": "Kept"}, headers=HTMX)
    assert response.status_code == 409
    assert "changed alias" in response.content.decode()
    assert 'value="Kept"' in response.content.decode()
    assert not ChangeRequest.objects.exists()


def test_alias_sentence__protected__tells_what_approvals_are_needed(alice: Client, alias1: Alias) -> None:
    make.user("bob", Role.APPROVER)
    text = alice.post(PREVIEW, SIXTY, headers=HTMX).content.decode()
    assert "Needs approval, because every change needs approval." in text
    assert "Can give it: bob." in text
    assert "alice cannot approve it: proposed it." in text
    assert 'id="alias-actions" hx-swap-oob="true"' in text
    assert "Propose change" in text


def test_alias_sentence__buttons_are_right_already__are_left_alone(alice: Client, alias1: Alias) -> None:
    text = alice.post(PREVIEW, SIXTY | {"proposing": "on", "title": "x"}, headers=HTMX).content.decode()
    assert "alias-actions" not in text
    text = alice.post(PREVIEW, SIXTY | {"proposing": "on", "weight": "30"}, headers=HTMX).content.decode()
    assert "Save as a new revision" in text


def test_alias_sentence__unprotected__says_nothing_of_approvals(alice: Client) -> None:
    make.alias(make.two_versions())
    text = alice.post(PREVIEW, SIXTY, headers=HTMX).content.decode()
    assert "alias-requirement" not in text
    assert "alias-actions" not in text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_alias_switch__protected__offers_to_propose(
    alice: Client, alias1: Alias, headers: dict[str, str]
) -> None:
    response = alice.post(SWITCH, {"base_revision": 1}, headers=headers)
    assert response.status_code == 409
    assert f'href="{EDIT}?as=switch"' in response.content.decode()
    panel = alice.get(f"{EDIT}?as=switch").content.decode()
    assert 'value="Switch all traffic to version 2"' in panel
    assert "Propose change" in panel
    assert "All calls go to version 2." in panel


def test_alias_restore__unagreed_revision__offers_to_propose(alice: Client, alias1: Alias) -> None:
    row = Alias.objects.select_related("service__team", "revision").get()
    aliases.revise(proposed.act(), row, Setting(policy=Policy(2)), agreed=False)
    aliases.revise(proposed.act(), row, Setting(policy=Policy(1)))
    restore = reverse("alias-restore", args=[*KEY, 2])
    text = alice.post(restore, {"base_revision": 3, "reason": "back"}, headers=HTMX).content.decode()
    assert f'href="{EDIT}?as=2"' in text
    assert 'value="Restore revision 2"' in alice.get(f"{EDIT}?as=2").content.decode()


@pytest.mark.parametrize("move", ["nothing", "99", "-1", "9" * 30])
def test_alias_edit__no_such_move__is_not_there(alice: Client, alias1: Alias, move: str) -> None:
    assert alice.get(f"{EDIT}?as={move}").status_code == 404


def test_alias_rollback__protected__needs_a_reason_and_nothing_else(alice: Client, alias1: Alias) -> None:
    assert "asked-in-dialog" in alice.get(PAGE).content.decode()
    response = alice.post(ROLLBACK, {"base_revision": 1}, headers=HTMX)
    assert response.status_code == 409
    assert "say why it goes back" in response.content.decode()
    assert alice.post(ROLLBACK, {"base_revision": 1, "reason": "errors"}, headers=HTMX).status_code == 200
    revision = AliasRevision.objects.get(number=2)
    assert (revision.reason, ChangeRequest.objects.count()) == ("errors", 0)


def test_alias_page__unprotected__asks_for_no_reason(alice: Client) -> None:
    make.alias(make.two_versions(), canary=2, weight_bp=3000)
    assert "asked-in-dialog" not in alice.get(PAGE).content.decode()


def test_alias_page__protected__says_so_and_lists_open_requests(alice: Client, alias1: Alias) -> None:
    proposed.propose(alias1, title="Sixty")
    proposed.propose(alias1, Policy(2), title="Draft of bob", by="bob", draft=True)
    text = alice.get(PAGE).content.decode()
    assert "Protected. One approver must agree before anything changes." in text
    assert "Sixty" in text
    assert "It lacks 1 more approval." in text
    assert "Draft of bob" not in text


def test_alias_delete__protected__is_proposed_and_then_done(alice: Client, alias1: Alias) -> None:
    text = alice.post(DELETE, headers=HTMX).content.decode()
    assert f'href="{PROPOSE_DELETE}"' in text
    assert "Propose to delete alias1" in alice.get(PROPOSE_DELETE).content.decode()
    wanted = {"base_revision": 1, "title": "Not needed"}
    assert alice.post(PROPOSE_DELETE, {}, headers=HTMX).status_code == 422
    assert alice.post(PROPOSE_DELETE, wanted | {"base_revision": 7}, headers=HTMX).status_code == 409
    assert alice.post(PROPOSE_DELETE, wanted).status_code == 302
    change = ChangeRequest.objects.get()
    assert (change.kind, change.title, change.status) == ("delete", "Not needed", Status.IN_REVIEW)


@pytest.mark.parametrize("address", [EDIT, PROPOSE_DELETE])
def test_alias_propose__viewer_and_outsider__are_turned_away(alias1: Alias, address: str) -> None:
    dora = proposed.as_user("dora", Role.VIEWER)
    for response in (dora.get(address), dora.post(address, SIXTY | {"proposing": "on"})):
        assert response.status_code == 403
        assert "may not release service shop" in response.content.decode()
    assert proposed.outsider().post(address, SIXTY).status_code == 404
    assert not ChangeRequest.objects.exists()


def test_open_requests__of_the_same_alias__are_told_in_the_panel_and_on_each_other(
    alice: Client, alias1: Alias
) -> None:
    assert "other change request" not in alice.get(EDIT).content.decode()
    first = proposed.propose(alias1, title="Sixty")
    assert "1 other change request of alias1 is open." in alice.get(EDIT).content.decode()
    address = reverse("change", args=[make.REGION, first.pk])
    assert "other change request" not in alice.get(address).content.decode()
    proposed.propose(alias1, Policy(2), title="All of it")
    proposed.propose(alias1, Policy(2), title="Draft of bob", by="bob", draft=True)
    text = alice.get(address).content.decode()
    assert "1 other change request of alias1 is open." in text
    assert "All of it" in text
    assert "Draft of bob" not in text
    assert "2 other change requests of alias1 are open." in alice.get(EDIT).content.decode()
