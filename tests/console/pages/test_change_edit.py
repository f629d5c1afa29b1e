"""Editing what a request proposes, in the panel of its alias."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.approvals import Status
from releases.core.policies import Canary, Policy
from releases.core.rights import Role
from releases.models import Alias, ChangeRequest
from releases.operations import changes
from releases.operations.change_rows import Proposed
from releases.queries import changes as query
from tests import make

from . import proposed
from .conftest import HTMX
from .panel import SPLIT

pytestmark = pytest.mark.django_db


@pytest.fixture
def alias1(db: None) -> Alias:
    return proposed.protected()


def url(change: ChangeRequest) -> str:
    return reverse("change-edit", args=[make.REGION, change.pk])


def typed(change: ChangeRequest, weight: str = "50", base: int = 1) -> dict[str, object]:
    return (
        {"title": "Half"} | SPLIT | {"weight": weight, "base_revision": base, "seen": proposed.seen(change)}
    )


def test_change_edit__opened__shows_the_payload(alice: Client, alias1: Alias) -> None:
    change = proposed.propose(alias1)
    text = alice.get(url(change)).content.decode()
    assert 'value="60"' in text
    assert "40% of calls go to version 1, 60% to version 2." in text
    assert "Verdicts on payload 1 are void then." in text
    assert f'action="{url(change)}"' in text


def test_change_edit__saved__is_the_next_payload_and_voids_verdicts(alice: Client, alias1: Alias) -> None:
    change = proposed.approved(alias1)
    response = alice.post(url(change), typed(change), headers=HTMX)
    assert response["HX-Redirect"] == reverse("change", args=[make.REGION, change.pk])
    after = proposed.fresh(change)
    assert (after.status, after.payload.number, after.title) == (Status.IN_REVIEW, 2, "Half")
    assert query.proposal(after).policy == Policy(1, Canary(2, 5000))


def test_change_edit__twice_or_outdated__is_refused_in_place(alice: Client, alias1: Alias) -> None:
    change = proposed.propose(alias1)
    given = typed(change)
    assert alice.post(url(change), given, headers=HTMX).status_code == 200
    response = alice.post(url(change), given, headers=HTMX)
    assert response.status_code == 409
    assert "the request was edited since you opened it" in response.content.decode()
    assert alice.post(url(change), typed(change), headers=HTMX).status_code == 409
    assert alice.post(url(change), typed(change, "130"), headers=HTMX).status_code == 422
    assert proposed.fresh(change).payload.number == 2


def test_change_edit__alias_moved__shows_columns_and_stands_on_what_is_in_force(
    alice: Client, alias1: Alias
) -> None:
    change = proposed.propose(alias1)
    proposed.moved(alias1, Policy(1, Canary(2, 4000)))
    text = alice.get(url(change)).content.decode()
    assert "What you save here stands on revision 2" in text
    assert "conflict" in text
    assert alice.post(url(change), typed(change, base=2), headers=HTMX).status_code == 200
    assert proposed.fresh(change).payload.base.number == 2


def test_change_edit__buttons_within_the_panel__save_nothing(alice: Client, alias1: Alias) -> None:
    change = proposed.propose(alias1)
    response = alice.post(url(change), typed(change) | {"kind": "Content", "add_rule": "on"}, headers=HTMX)
    assert response.status_code == 200
    assert proposed.fresh(change).payload.number == 1


def test_change_edit__deletion__has_no_panel(alice: Client, alias1: Alias) -> None:
    wanted = Proposed(ChangeRequest.Kind.DELETE, "Not needed")
    change = changes.propose(proposed.act(), alias1, wanted, base_revision=1)
    assert alice.get(url(change)).status_code == 409


def test_change_edit__scheduled_or_over__offers_no_panel(alice: Client, alias1: Alias) -> None:
    change = proposed.scheduled(alias1)
    response = alice.get(url(change))
    assert response.status_code == 409
    assert "The request is scheduled and cannot be edited." in response.content.decode()
    changes.cancel(proposed.act(), change, reason="not needed")
    assert "The request is cancelled and cannot be edited." in alice.get(url(change)).content.decode()


def test_change_edit__viewer_outsider_and_draft_of_another__are_turned_away(alias1: Alias) -> None:
    change = proposed.propose(alias1)
    draft = proposed.propose(alias1, Policy(2), draft=True)
    dora = proposed.as_user("dora", Role.VIEWER)
    assert dora.get(url(change)).status_code == dora.post(url(change), typed(change)).status_code == 403
    assert proposed.outsider().post(url(change), typed(change)).status_code == 404
    assert proposed.as_user("bob").get(url(draft)).status_code == 404


def test_alias_sentence__while_a_payload_is_edited__counts_its_contributors(alias1: Alias) -> None:
    change = proposed.propose(alias1)
    bob = proposed.as_user("bob")
    preview = reverse("alias-sentence", args=[make.REGION, "shop", "alias1"])
    text = bob.post(preview, typed(change) | {"change": change.pk}, headers=HTMX).content.decode()
    assert "alice cannot approve it: proposed it." in text
    assert "alias-actions" not in text
    assert proposed.outsider().post(preview, {"change": change.pk}).status_code == 404
