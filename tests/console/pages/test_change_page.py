"""The page of a change request, in each state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from releases.core.approvals import Verdict
from releases.core.policies import Canary, Policy
from releases.core.protections import Evidence, Freeze, Protection, When
from releases.core.rights import Role
from releases.models import ChangeRequest
from releases.operations import aliases, applying, break_glass, changes
from releases.operations.aliases import Setting
from releases.operations.change_notes import path_of
from releases.operations.change_rows import Proposed
from tests import make

from . import counted, proposed
from .conftest import HTMX

pytestmark = pytest.mark.django_db


def page(client: Client, change: ChangeRequest) -> str:
    response = client.get(path_of(proposed.fresh(change)))
    assert response.status_code == 200
    return response.content.decode()


def test_change_path__of_operations__is_the_address_of_the_page() -> None:
    change = proposed.propose(proposed.protected())
    assert path_of(change) == reverse("change", args=[make.REGION, change.pk])


def test_change_page__in_review__says_what_is_missing_and_who_can_give_it(alice: Client) -> None:
    make.user("bob", Role.APPROVER)
    text = page(alice, proposed.propose(proposed.protected()))
    assert "It lacks 1 more approval." in text
    assert "Can give it: bob." in text
    assert "alice cannot approve it: proposed it." in text
    assert "70% of calls go to version 1, 30% to version 2." in text
    assert "40% of calls go to version 1, 60% to version 2." in text
    assert reverse("version-compare", args=[make.REGION, "shop"]) + "?a=1&amp;b=2" in text
    assert "You proposed it." not in text.replace("Your approval does not count here: you proposed it.", "")


def test_change_page__draft__exists_only_for_its_author(alice: Client) -> None:
    change = proposed.propose(proposed.protected(), draft=True)
    assert "Only you see it" in page(alice, change)
    for client in (proposed.as_user("bob"), proposed.outsider()):
        assert client.get(path_of(change)).status_code == 404


def test_change_page__outsider_other_region_and_unknown__are_not_found(alice: Client) -> None:
    change = proposed.propose(proposed.protected())
    assert proposed.outsider().get(path_of(change)).status_code == 404
    assert alice.get(reverse("change", args=["ap-southeast-1", change.pk])).status_code == 404
    assert alice.get(reverse("change", args=[make.REGION, 10**30])).status_code == 404
    assert alice.post(path_of(change)).status_code == 405


def test_change_page__viewer__sees_buttons_that_say_why_not() -> None:
    change = proposed.approved(proposed.protected())
    text = page(proposed.as_user("dora", Role.VIEWER), change)
    assert "Dora may not release service shop: that needs admin or releaser in team shop-team" in text
    assert "Dora may not approve service shop" in text


def test_change_page__approved__can_be_applied_and_says_what_it_does(alice: Client) -> None:
    text = page(alice, proposed.approved(proposed.protected()))
    assert "It can be applied by anybody who may release." in text
    assert "1 given by bob" in text
    effect = "40% of calls go to version 1, 60% to version 2. Now: 70% of calls go to version 1"
    assert f'data-confirm="{effect}' in text


def test_change_page__edited_after_a_verdict__says_that_it_is_void(alice: Client) -> None:
    change = proposed.verdict(
        proposed.propose(proposed.protected()), Verdict.REQUEST_CHANGES, comment="Take 50"
    )
    assert "bob asks for changes" in page(alice, change)
    setting = Setting(policy=Policy(1, Canary(2, 5000)))
    wanted = Proposed(ChangeRequest.Kind.POLICY, "", setting)
    seen = proposed.seen(change)
    changes.edit(proposed.act(), change, wanted, seen=seen, base_revision=1)
    text = page(alice, change)
    assert "Verdicts of payload 1 are void." in text
    assert "asked for changes: Take 50" in text


def test_change_page__alias_moved__shows_three_columns_and_the_way_out(alice: Client) -> None:
    alias = proposed.protected()
    change = proposed.approved(alias)
    proposed.moved(alias, Policy(1, Canary(2, 4000)))
    text = page(alice, change)
    assert "rebase the request" in text
    assert "In force now" in text
    assert "conflict" in text


def test_change_page__windows_freeze_and_evidence__are_in_the_box(alice: Client) -> None:
    now = timezone.now()
    freeze = Freeze(now, now + timedelta(days=1), "the fair")
    protection = Protection(
        when=frozenset({When.ANY}), evidence=frozenset({Evidence.TEST_RUN}), freezes=(freeze,)
    )
    text = page(alice, proposed.propose(proposed.protected(protection)))
    assert "the fair" in text
    assert "It lacks a test run of version 2 that finished without an error." in text
    assert "Run a test of version 2" in text


def test_change_page__applied_deleted_and_cancelled__are_over(alice: Client) -> None:
    alias = proposed.protected()
    change = proposed.approved(alias)
    applying.apply(proposed.act(), change)
    assert "as revision" in page(alice, change)
    wanted = Proposed(ChangeRequest.Kind.DELETE, "Not needed")
    deletion = changes.propose(proposed.act(), alias, wanted, base_revision=2)
    assert "answered with an error from then on" in page(alice, deletion)
    left = proposed.propose(alias, Policy(2))
    applying.apply(proposed.act(), proposed.verdict(proposed.fresh(deletion)))
    assert "It is over" in page(alice, deletion)
    assert "Alias alias1 was deleted: cancel the request." in page(alice, left)
    changes.cancel(proposed.act(), left)
    assert "By alice" in page(alice, left)


def test_change_page__broken_glass__asks_to_ratify(alice: Client) -> None:
    alias = proposed.protected()
    user = make.user("bob")
    make.join(user, *Role)
    change = break_glass.break_glass(
        proposed.act("bob"),
        alias,
        Setting(policy=Policy(1)),
        base_revision=1,
        reason="Version 2 fails every order",
    )
    assert "The glass was broken: somebody must ratify it by" in page(alice, change)
    assert "You broke the glass." in page(proposed.as_user("bob"), change)


def test_change_state__nothing_new__is_no_content(alice: Client) -> None:
    change = proposed.propose(proposed.protected())
    shown = page(alice, change).partition("state/?shown=")[2].partition("&")[0]
    address = reverse("change-state", args=[make.REGION, change.pk])
    known = {"shown": shown, "seen": proposed.seen(change)}
    assert alice.get(address, known, headers=HTMX).status_code == 204
    proposed.verdict(change)
    response = alice.get(address, known, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 200
    assert 'id="change-actions" hx-swap-oob="true"' in text
    assert alice.post(address).status_code == 405
    assert proposed.outsider().get(address).status_code == 404


def test_change_state__edited_meanwhile__leaves_the_buttons_as_they_were(alice: Client) -> None:
    change = proposed.propose(proposed.protected())
    address = reverse("change-state", args=[make.REGION, change.pk])
    text = alice.get(address, {"shown": "0", "seen": "0" * 64}, headers=HTMX).content.decode()
    assert "It was edited since you opened this page" in text
    assert "change-actions" not in text


def test_change_page__any_number_of_payloads_and_words__asks_as_often(
    alice: Client, django_assert_max_num_queries: object
) -> None:
    change = proposed.propose(proposed.protected())
    for weight in (5000, 5500, 4500):
        wanted = Proposed(ChangeRequest.Kind.POLICY, "", Setting(policy=Policy(1, Canary(2, weight))))
        changes.edit(proposed.act(), change, wanted, seen=proposed.seen(change), base_revision=1)
        proposed.verdict(change, Verdict.REQUEST_CHANGES, comment="no")
    with django_assert_max_num_queries(45):
        page(alice, change)


def test_change_page__of_a_protection__shows_before_and_after_field_by_field(alice: Client) -> None:
    alias = proposed.protected()
    tighter = Protection(when=frozenset({When.ANY}), approvals=2)
    change = make.protection_change(alias, tighter)
    text = page(alice, change)
    assert "One approver must agree before anything changes." in text
    assert "<strong>Two approvers must agree before anything changes.</strong>" in text
    name = '<td data-label="Field">Approvals needed</td>'
    row = name + '<td data-label="Before">1</td><td data-label="After">2</td>'
    assert row in text
    applying.apply(proposed.act(), proposed.verdict(proposed.verdict(change), by="carol"))
    assert row in page(alice, change)  # still what was agreed to, although it is in force now


def test_change_state__its_protection_changed_meanwhile__says_so_and_offers_to_rebase(alice: Client) -> None:
    alias = proposed.protected()
    change = make.protection_change(alias, Protection(when=frozenset({When.RULES})))
    address = reverse("change-state", args=[make.REGION, change.pk])
    shown = page(alice, change).partition("state/?shown=")[2].partition("&")[0]
    row = make.loaded(alias)
    aliases.protect(proposed.act(), row, Protection(when=frozenset({When.ANY}), approvals=2))
    text = alice.get(address, {"shown": shown, "seen": proposed.seen(change)}, headers=HTMX).content.decode()
    assert "Its protection is no longer the one that this was proposed on: rebase the request." in text
    assert reverse("change-rebase", args=[make.REGION, change.pk]) in text


def test_change_state__test_run_asked_for_and_ended__shows_the_evidence_and_who_lacks_it_no_more(
    alice: Client,
) -> None:
    asked = Protection(when=frozenset({When.ANY}), evidence=frozenset({Evidence.TEST_RUN}))
    change = proposed.propose(proposed.protected(asked))
    address = reverse("change-state", args=[make.REGION, change.pk])

    def shown(text: str) -> dict[str, str]:
        return {
            "shown": text.partition("state/?shown=")[2].partition("&")[0],
            "seen": proposed.seen(change),
        }

    def news(known: dict[str, str]) -> str:
        response = alice.get(address, known, headers=HTMX)
        assert response.status_code == 200
        return response.content.decode()

    first = shown(page(alice, change))
    counted.run(make.loaded(change.alias).service, qualifier="1")
    assert alice.get(address, first, headers=HTMX).status_code == 204  # a run of another version
    run = counted.run(make.loaded(change.alias).service, qualifier="2", total=10)
    text = news(first)
    assert 'id="change-grounds" hx-swap-oob="true"' in text
    assert "It lacks a test run of version 2" in text
    counted.count(run, counted.answers(10, 2))
    text = news(shown(text))
    assert "It lacks a test run of version 2" not in text
    assert f'">{run.pk}</a>' in text
    assert alice.get(address, shown(text), headers=HTMX).status_code == 204
