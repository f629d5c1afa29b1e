"""The list of change requests: filters, what is missing, and who sees what."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from releases.core.approvals import Verdict
from releases.core.policies import Canary, Policy
from releases.core.rights import Role
from releases.models import Alias
from releases.operations import break_glass, changes
from releases.operations.aliases import Setting
from tests import make

from . import proposed

pytestmark = pytest.mark.django_db

LIST = reverse("changes", args=[make.REGION])


@pytest.fixture
def alias1(db: None) -> Alias:
    return proposed.protected()


def listed(client: Client, **query: str) -> str:
    response = client.get(LIST, query)
    assert response.status_code == 200
    return response.content.decode()


def test_changes__none_yet__teaches_the_next_step(alice: Client, alias1: Alias) -> None:
    assert "No open change requests" in listed(alice)
    assert "Nothing fits these filters" in listed(alice, show="mine")


def test_changes__open__says_status_author_alias_and_what_is_missing(alice: Client, alias1: Alias) -> None:
    proposed.propose(alias1, title="Sixty")
    text = listed(alice)
    for words in ("Sixty", "In review", "shop/alias1", "alice", "It lacks 1 more approval."):
        assert words in text


def test_changes__filters__show_what_they_say(alice: Client, alias1: Alias) -> None:
    bob = proposed.as_user("bob")
    proposed.propose(alias1, title="Of alice")
    proposed.propose(alias1, Policy(2), by="bob", title="Of bob")
    gone = proposed.propose(alias1, Policy(1), title="Gone")
    changes.cancel(proposed.act(), gone)
    done = proposed.propose(alias1, Policy(1, Canary(2, 100)), title="Has his verdict")
    proposed.verdict(done, Verdict.REQUEST_CHANGES, comment="no")
    assert "Gone" not in listed(bob)
    assert "Gone" in listed(bob, show="all")
    assert "Of alice" not in listed(bob, show="mine")
    assert "Of bob" in listed(bob, show="mine")
    wanting = listed(bob, show="review")
    assert "Of alice" in wanting
    assert "Of bob" not in wanting
    assert "Has his verdict" not in wanting
    proposed.verdict(done, Verdict.WITHDRAWN)
    assert "Has his verdict" in listed(bob, show="review")


def test_changes__broken_glass__needs_a_review_until_it_is_ratified(alice: Client, alias1: Alias) -> None:
    make.join(make.user("bob"), *Role)
    reason = "Version 2 fails every order"
    setting = Setting(policy=Policy(1))
    change = break_glass.break_glass(proposed.act("bob"), alias1, setting, base_revision=1, reason=reason)
    assert "Somebody must ratify it" in listed(alice, show="review")
    break_glass.ratify(proposed.act(), change, seen=proposed.seen(change))
    assert reason not in listed(alice)


def test_changes__by_alias__finds_pieces_of_both_names(alice: Client, alias1: Alias) -> None:
    proposed.propose(alias1, title="Sixty")
    for text in ("alias1", "shop", "sho/alias", "SHOP/"):
        assert "Sixty" in listed(alice, alias=text)
    for text in ("other", "shop/other", "other/alias1"):
        assert "Sixty" not in listed(alice, alias=text)


def test_changes__drafts_and_outsiders__see_nothing_of_others(alice: Client, alias1: Alias) -> None:
    proposed.propose(alias1, title="My draft", draft=True)
    assert "My draft" in listed(alice)
    assert "My draft" not in listed(proposed.as_user("bob"), show="all")
    proposed.propose(alias1, title="Sixty")
    assert "Sixty" not in listed(proposed.outsider(), show="all")


def test_changes__odd_filters__ask_for_nothing(alice: Client, alias1: Alias) -> None:
    proposed.propose(alias1, title="Sixty")
    assert "Sixty" in listed(alice, show="whatever", page="x")
    assert "Sixty" in listed(alice, alias="a\0")
    assert alice.post(LIST).status_code == 405
    assert alice.get(reverse("changes", args=["mars"])).status_code == 404


def test_changes__many__ask_no_query_per_row(alice: Client, alias1: Alias) -> None:
    counts = []
    for _ in range(2):
        for weight in (5000, 6000, 7000):
            change = proposed.propose(alias1, Policy(1, Canary(2, weight)))
            proposed.verdict(change, Verdict.REQUEST_CHANGES, comment="no")
        with CaptureQueriesContext(
            connection,
        ) as captured:
            listed(alice)
        counts.append(len(captured))
    assert counts[0] == counts[1]
