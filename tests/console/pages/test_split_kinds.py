"""How pages show splits that are not a die: by key, evenly, by rules."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Even, Policy, Split, Sticky
from releases.core.rules import Combiner, Operator, Rule, Rules
from releases.models import AliasRevision
from releases.operations import aliases
from releases.operations.aliases import Setting
from tests import make

from . import counted

REGION = make.REGION
KEY = [REGION, "shop", "alias1"]
PAGE, SPLIT = (reverse(name, args=KEY) for name in ("alias", "alias-split"))
UID = Parameter(Source.HEADER, "x-uid")
RULES = Rules(Combiner.ALL, (Rule(UID, Operator.EQUAL, "1"),))


def revision(split: Split) -> AliasRevision:
    """The first revision of alias1, which routed 2,000 calls, 612 of them to version 2."""
    at = timezone.now()
    act = make.act(at=at - timedelta(hours=1))
    setting = Setting(policy=Policy(1, Canary(2, 3000), split))
    made = aliases.create_alias(act, make.two_versions(), name="alias1", setting=setting).revision
    counted.traffic(made, 1, 1388, at=at - timedelta(minutes=20))
    counted.traffic(made, 2, 612, at=at - timedelta(minutes=20))
    return made


def test_alias__sticky__is_judged_by_keys(alice: Client) -> None:
    made = revision(Sticky(UID))
    counted.keys(made, 1, range(1, 71))
    counted.keys(made, 2, range(-30, 0))
    page = alice.get(PAGE)
    text = page.content.decode()
    assert "30 of 100 keys (30%) went to version 2; configured 30%; consistent." in text
    assert "Of 2,000 calls, 30.6% went to version 2" in text
    assert "Observed share of keys" in text
    assert "a few busy keys carry much of the traffic" in text
    [segment] = page.context["chart"]["segments"]
    assert (segment["weight"], segment["band"]) == (30, [])


def test_alias__sticky_key_on_both_versions__fails(alice: Client) -> None:
    made = revision(Sticky(UID))
    counted.keys(made, 1, range(1, 71))
    counted.keys(made, 2, range(70, 100))
    text = alice.get(PAGE).content.decode()
    assert "verdict-fail" in text
    assert "1 of 99 keys met more than one version" in text


def test_alias_split__keys_and_nothing_new__is_204(alice: Client, django_assert_num_queries) -> None:
    counted.keys(revision(Sticky(UID)), 1, range(1, 71))
    shown = alice.get(PAGE).context["shown"]
    with django_assert_num_queries(6):
        assert alice.get(SPLIT, {"shown": shown}).status_code == 204


def test_alias__even__shows_its_own_bound(alice: Client) -> None:
    revision(Even())
    text = alice.get(PAGE).content.decode()
    assert "off by 12.0 calls" in text
    assert "Even spread keeps within" in text
    assert "Wilson" not in text
    assert "95% interval, at one look" not in text


def test_alias__rules__have_nothing_to_test(alice: Client) -> None:
    revision(RULES)
    text = alice.get(PAGE).content.decode()
    assert "612 of 2,000 calls (30.6%) met the rules and went to version 2" in text
    assert "verdict-not_applicable" in text
    assert "Why is there no verdict?" in text
    assert "Configured weight" not in text


@pytest.mark.parametrize("split", [Sticky(UID), Even(), RULES])
def test_testrun__each_kind__is_shown(alice: Client, split: Split) -> None:
    made = revision(split)
    counted.keys(made, 1, range(1, 71))
    counted.keys(made, 2, range(-30, 0))
    run = counted.run(made.alias.service, total=1000)
    answers = [*counted.answers(700, 1, revision=made.pk), *counted.answers(300, 2, revision=made.pk)]
    run = counted.count(run, answers)
    page = alice.get(reverse("testrun", args=[REGION, run.pk]))
    assert page.context["state"].verdict.outcome in {"pass", "not_applicable"}
    assert alice.get(reverse("testrun-csv", args=[REGION, run.pk])).status_code == 200


def test_testruns__by_key__take_one_more_query(alice: Client, django_assert_num_queries) -> None:
    made = revision(Sticky(UID))
    counted.keys(made, 1, range(1, 71))
    for _ in range(12):
        run = counted.run(made.alias.service, total=2)
        counted.count(run, counted.answers(2, 1, revision=made.pk))
    # session, user, how many runs, the page's runs, their counts, their revisions, the keys of those
    with django_assert_num_queries(8):
        alice.get(reverse("testruns", args=[REGION]))
