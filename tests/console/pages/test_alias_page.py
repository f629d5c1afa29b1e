from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from releases.core.policies import Canary, Policy
from releases.models import Alias, AliasRevision
from releases.operations import aliases
from releases.operations.aliases import Setting
from tests import make

from . import counted

REGION = make.REGION
KEY = [REGION, "shop", "alias1"]
PAGE, SPLIT, CSV, TRAFFIC = (
    reverse(name, args=KEY) for name in ("alias", "alias-split", "alias-split-csv", "alias-traffic")
)


@pytest.fixture
def first(db: None) -> AliasRevision:
    """The first revision of alias1, 70/30, set an hour ago."""
    shop = make.two_versions()
    setting = Setting(policy=Policy(1, Canary(2, 3000)))
    act = make.act(at=timezone.now() - timedelta(hours=1))
    return aliases.create_alias(act, shop, name="alias1", setting=setting).revision


@pytest.fixture
def called(first: AliasRevision) -> AliasRevision:
    """It routed 2,000 calls, 612 of them to version 2, of which 6 failed."""
    at = timezone.now() - timedelta(minutes=20)
    counted.traffic(first, 1, 1388, at=at)
    counted.traffic(first, 2, 612, at=at, errors=6)
    return first


def reweighed(revision: AliasRevision, weight_bp: int) -> AliasRevision:
    """Somebody gave the alias another weight."""
    setting = Setting(policy=Policy(1, Canary(2, weight_bp)), reason="more")
    act = make.act(make.user("bob"), at=timezone.now() - timedelta(minutes=1))
    return aliases.change_alias(act, revision.alias, base_revision=revision.number, setting=setting)


def test_alias__called__gives_the_verdict_with_its_numbers(alice: Client, called: AliasRevision) -> None:
    text = alice.get(PAGE).content.decode()
    assert "612 of 2,000 (30.6%) went to version 2; configured 30%; consistent." in text
    assert "±1 point needs about 16,000 invocations." in text
    assert "verdict-pass" in text
    assert "28.6% \N{EN DASH} 32.7%" in text  # Wilson
    assert '6 <span class="muted">(0.98%)</span>' in text


def test_alias__called__answers_why_the_split_differs(alice: Client, called: AliasRevision) -> None:
    page = alice.get(PAGE)
    assert "Why does the split differ from my weight?" in page.content.decode()
    why = page.context["why"]
    assert (why.n, why.weight_bp, why.canary) == (2000, 3000, 2)
    assert (round(why.now.lo, 3), round(why.now.hi, 3)) == (0.280, 0.320)
    assert [row.n for row in why.examples] == [100, 1000, 10_000, 100_000]


def test_alias__never_called__waits_for_calls(alice: Client, first: AliasRevision) -> None:
    text = alice.get(PAGE).content.decode()
    assert "No invocations yet; configured 30%." in text
    assert "Nobody called this alias within the window." in text


def test_alias__off__fails_and_says_that_chance_does_not_explain_it(
    alice: Client, first: AliasRevision
) -> None:
    counted.traffic(first, 1, 500, at=timezone.now())
    counted.traffic(first, 2, 500, at=timezone.now())
    text = alice.get(PAGE).content.decode()
    assert "verdict-fail" in text
    assert "chance does not explain that" in text


def test_alias__no_canary__is_not_split(alice: Client) -> None:
    alias = make.alias(make.two_versions())
    counted.traffic(alias.revision, 1, 40, at=timezone.now())
    page = alice.get(PAGE)
    assert "Not split: every call goes to version 1." in page.content.decode()
    assert page.context["why"] is None
    assert [(line.version, line.invocations) for line in page.context["lines"]] == [("1", 40)]


def test_alias__a_new_revision__starts_at_nothing_and_never_pools(
    alice: Client, called: AliasRevision
) -> None:
    reweighed(called, 5000)
    assert "No invocations yet; configured 50%." in alice.get(PAGE).content.decode()
    old = alice.get(PAGE, {"revision": "1"}).content.decode()
    assert "612 of 2,000 (30.6%)" in old
    assert "no longer in force" in old
    assert f'hx-get="{SPLIT}' not in old


def test_alias__revisions__tell_who_when_and_why(alice: Client, called: AliasRevision) -> None:
    reweighed(called, 5000)
    page = alice.get(PAGE)
    rows = [(row["past"].revision.number, row["past"].sentence) for row in page.context["history"]]
    assert rows == [
        (2, "50% of calls go to version 1, 50% to version 2."),
        (1, "70% of calls go to version 1, 30% to version 2."),
    ]
    text = page.content.decode()
    assert "bob" in text
    assert reverse("alias-restore", args=[*KEY, 1]) in text
    assert reverse("alias-restore", args=[*KEY, 2]) not in text


def test_alias__many_revisions__take_no_more_queries(
    alice: Client, first: AliasRevision, django_assert_max_num_queries
) -> None:
    for weight_bp in range(1, 30):
        first = reweighed(first, weight_bp)
    with django_assert_max_num_queries(23):
        page = alice.get(PAGE)
    assert len(page.context["history"]) == 20


def test_alias_split__nothing_new__is_204(
    alice: Client, called: AliasRevision, django_assert_num_queries
) -> None:
    shown = alice.get(PAGE).context["shown"]
    # session, user, service, alias, and one indexed read of the counts
    with django_assert_num_queries(6):
        assert alice.get(SPLIT, {"shown": shown}).status_code == 204


def test_alias_split__more_calls__shows_them(alice: Client, called: AliasRevision) -> None:
    shown = alice.get(PAGE).context["shown"]
    counted.traffic(called, 2, 8, at=timezone.now())
    response = alice.get(SPLIT, {"shown": shown})
    assert "620 of 2,008" in response.content.decode()
    assert response.context["shown"] != shown
    assert "hx-swap-oob" not in response.content.decode()


def test_alias_split__moved_meanwhile__brings_routing_and_revisions_along(
    alice: Client, called: AliasRevision
) -> None:
    shown = alice.get(PAGE).context["shown"]
    reweighed(called, 5000)
    text = alice.get(SPLIT, {"shown": shown}).content.decode()
    for element in ("alias-split", "alias-policy", "alias-revisions"):
        assert text.count(f'id="{element}"') == 1
    assert text.count('hx-swap-oob="true"') == 2
    assert "50% of calls go to version 1, 50% to version 2." in text


def test_alias_split_csv__called__has_the_rows_of_the_chart(alice: Client, called: AliasRevision) -> None:
    response = alice.get(CSV)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="shop-alias1-revision-1.csv"'
    (row,) = csv.DictReader(io.StringIO(response.content.decode()))
    assert (row["revision"], row["n"], row["k"], row["share"]) == ("1", "2000", "612", "0.306000")
    assert [row[name] for name in ("wilson_lo", "wilson_hi")] == ["0.286191", "0.326552"]
    assert float(row["band_lo"]) < 0.3 < float(row["band_hi"])


def test_alias_traffic__windows__show_what_came_in_within_them(alice: Client, called: AliasRevision) -> None:
    counted.traffic(called, 1, 5, at=timezone.now() - timedelta(hours=3))
    assert alice.get(TRAFFIC).context["traffic_n"] == 2000
    assert alice.get(TRAFFIC, {"window": "24h"}).context["traffic_n"] == 2005
    assert alice.get(TRAFFIC, {"window": "junk"}).context["window"] == "1h"


def test_alias_traffic__changed_within_the_window__is_marked_in_chart_and_table(
    alice: Client, called: AliasRevision
) -> None:
    reweighed(called, 5000)
    response = alice.get(TRAFFIC)
    assert [mark["number"] for mark in response.context["traffic_chart"]["marks"]] == [2]
    text = response.content.decode()
    assert "1 change within the window" in text
    assert "50% of calls go to version 1, 50% to version 2." in text
    assert "Revision 2 took over at" in response.context["traffic_chart"]["summary"]


def test_alias_traffic__nothing_new__is_204(alice: Client, called: AliasRevision) -> None:
    shown = alice.get(TRAFFIC, {"window": "7d"}).context["traffic_shown"]
    assert alice.get(TRAFFIC, {"window": "7d", "shown": shown}).status_code == 204
    assert alice.get(TRAFFIC, {"window": "1h", "shown": shown}).status_code == 200


@pytest.mark.parametrize("revision", ["9", "9" * 30, "x", "-1", "\0", "٣"])
def test_alias__junk_for_a_revision__is_not_there_or_ignored(
    alice: Client, called: AliasRevision, revision: str
) -> None:
    expected = 404 if revision == "9" else 200
    assert alice.get(PAGE, {"revision": revision}).status_code == expected


@pytest.mark.parametrize("address", [PAGE, SPLIT, CSV, TRAFFIC])
def test_alias_reads__post_anonymous_and_unknown__are_turned_away(
    alice: Client, anonymous: Client, first: AliasRevision, address: str
) -> None:
    assert alice.post(address).status_code == 405
    assert anonymous.get(address)["Location"].startswith(reverse("log-in"))
    assert alice.get(address.replace("alias1", "alias2")).status_code == 404
    aliases.delete_alias(make.act(), Alias.objects.get())
    assert alice.get(address).status_code == 404
