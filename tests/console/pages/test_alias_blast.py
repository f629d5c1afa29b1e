from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.lint import Seen
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Policy, Sticky
from releases.models import Alias, AliasRevision
from releases.operations import aliases
from releases.operations.aliases import Setting
from releases.operations.recording import record_attributes
from releases.queries import replay
from tests import make
from tests.releases.core.strategies import call

from . import counted
from .conftest import HTMX

BLAST = reverse("alias-blast", args=[make.REGION, "shop", "alias1"])
DRAFT = {"primary": "1", "canary_enabled": "on", "canary": "2", "kind": "Random", "weight": "40"}
UID = Parameter(Source.HEADER, "x-uid")


@pytest.fixture
def first(db: None) -> AliasRevision:
    """alias1, 70/30, that records a header; nobody called it."""
    alias = make.alias(make.two_versions(), canary=2, weight_bp=3000)
    record_attributes(make.act(), alias, [Parameter(Source.HEADER, "X-Uid")])
    revision = AliasRevision.objects.select_related("alias").get()
    assert revision.alias.recorded
    return revision


@pytest.fixture
def called(first: AliasRevision) -> AliasRevision:
    """A thousand calls of a hundred users, one of whom makes a tenth of them; ten had no header."""
    sent = [call(headers={"x-uid": f"user-{number % 90}"}) for number in range(890)]
    sent += [call(headers={"x-uid": "busy"})] * 100 + [call()] * 10
    counted.labelled(first, sent)
    return first


def test_alias_blast__another_weight__says_how_many_calls_would_move(
    alice: Client, called: AliasRevision, django_assert_max_num_queries
) -> None:
    # session, user, service, alias, versions; revisions, recorded calls
    with django_assert_max_num_queries(8):
        response = alice.post(BLAST, DRAFT, headers=HTMX)
    text = response.content.decode()
    assert 'id="alias-blast"' in text
    assert "of 1,000 recorded calls would move" in text
    assert "to version 2." in text
    assert 'hx-trigger="load' not in text  # or it would ask for ever
    assert 0.05 < response.context["blast"].share < 0.15


def test_alias_blast__nobody_called__says_what_to_switch_on(alice: Client, first: AliasRevision) -> None:
    text = alice.post(BLAST, DRAFT, headers=HTMX).content.decode()
    assert "No recorded calls yet." in text
    assert reverse("alias-record", args=[make.REGION, "shop", "alias1"]) in text


@pytest.mark.parametrize("data", [{}, {"primary": "9"}, DRAFT | {"weight": "x"}])
def test_alias_blast__panel_not_complete__waits(
    alice: Client, called: AliasRevision, data: dict[str, str]
) -> None:
    assert "as soon as everything is chosen" in alice.post(BLAST, data, headers=HTMX).content.decode()


def test_alias_blast__get_anonymous_and_unknown__are_turned_away(
    alice: Client, anonymous: Client, first: AliasRevision
) -> None:
    assert alice.get(BLAST).status_code == 405
    assert anonymous.post(BLAST, DRAFT)["Location"].startswith(reverse("log-in"))
    assert alice.post(BLAST.replace("alias1", "alias2"), DRAFT).status_code == 404


def test_blast_radius__calls_of_two_revisions__are_all_looked_at(called: AliasRevision) -> None:
    alias = called.alias
    setting = Setting(policy=Policy(1, Canary(2, 3000), Sticky(UID)))
    second = aliases.change_alias(make.act(), alias, base_revision=1, setting=setting)
    second.alias = alias
    counted.labelled(second, [call(headers={"x-uid": "busy"})] * 5, at=make.NOW.replace(hour=17))
    alias = Alias.objects.get()
    found = replay.blast_radius(alias, Policy(1, Canary(2, 3000), Sticky(UID)))
    assert (found.calls, found.moved, found.left_out) == (1005, 0, 0)
    assert replay.calls(alias)[0].policy.split == Sticky(UID)
    assert replay.count(alias) == 1005


def test_facts_seen__recorded_calls__are_counted_by_parameter(called: AliasRevision) -> None:
    seen = replay.facts_seen(Alias.objects.get())
    assert seen == {UID: Seen(calls=1000, present=990, distinct=91, commonest=100)}


def test_facts_seen__nothing_recorded__is_nothing(first: AliasRevision) -> None:
    assert replay.facts_seen(Alias.objects.get()) == {}
