from __future__ import annotations

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from invocations import models
from releases.core.policies import Canary, Policy
from releases.models import Alias
from releases.operations import aliases, testruns
from releases.operations.aliases import Setting
from tests import make

from . import counted
from .conftest import HTMX

REGION = make.REGION


@pytest.fixture
def alias1(db: None) -> Alias:
    return make.alias(make.two_versions(), canary=2, weight_bp=3000)


@pytest.fixture
def finished(alias1: Alias) -> models.TestRun:
    """612 of 2,000 went to version 2; 5 of them failed."""
    of = alias1.revision.pk
    return counted.count(
        counted.run(alias1.service),
        [
            *counted.answers(607, 2, revision=of),
            *counted.answers(5, 2, revision=of, error="FunctionTimeout"),
            *counted.answers(1388, 1, revision=of),
        ],
    )


@pytest.fixture
def under_way(alias1: Alias) -> models.TestRun:
    """210 of 2,000 are counted: 130 from version 1, 70 from version 2, 10 never arrived."""
    of = alias1.revision.pk
    return counted.count(
        counted.run(alias1.service),
        [
            *counted.answers(130, 1, revision=of),
            *counted.answers(70, 2, revision=of),
            *counted.answers(10, "", error="ConnectionRefused"),
        ],
        at=timezone.now(),  # a worker still holds the chunk
    )


def address(name: str, run: models.TestRun) -> str:
    return reverse(name, args=[REGION, run.pk])


def test_testrun__finished__gives_the_verdict_with_its_numbers(
    alice: Client, finished: models.TestRun
) -> None:
    text = alice.get(address("testrun", finished)).content.decode()
    assert "612 of 2,000 (30.6%) went to version 2; configured 30%; consistent." in text
    assert "±1 point needs about 16,000 invocations." in text
    assert "Why does the split differ from my weight?" in text
    assert "verdict-pass" in text
    assert "FunctionTimeout" in text
    assert "every 1s" not in text
    assert "every 2s" not in text
    assert address("testrun-cancel", finished) not in text


def test_testrun__finished__draws_the_settling_of_the_share(alice: Client, finished: models.TestRun) -> None:
    page = alice.get(address("testrun", finished))
    (segment,) = page.context["split_chart"]["segments"]
    assert (segment["end"], segment["weight"]) == (2000, 30)
    (item,) = page.context["splits"]
    assert (item["split"].rows[-1].n, item["split"].rows[-1].k) == (2000, 612)
    assert [(line.version, line.invocations, line.errors) for line in item["lines"]] == [
        ("1", 1388, 0),
        ("2", 612, 5),
    ]


def test_testrun__under_way__polls_and_counts_every_error(alice: Client, under_way: models.TestRun) -> None:
    page = alice.get(address("testrun", under_way))
    text = page.content.decode()
    assert 'hx-trigger="every 1s"' in text
    assert 'hx-trigger="every 2s"' in text
    assert address("testrun-cancel", under_way) in text
    assert 'max="2000" value="210"' in text
    state = page.context["state"]
    assert (state.errors, state.unnamed) == ([("ConnectionRefused", 10)], 10)
    assert "70 of 200 (35%)" in text


def test_testrun__alias_changed_during_the_run__is_judged_per_revision(alice: Client, alias1: Alias) -> None:
    first = alias1.revision.pk
    setting = Setting(policy=Policy(1, Canary(2, 1000)))
    second = aliases.change_alias(make.act(), alias1, base_revision=1, setting=setting).pk
    run = counted.count(
        counted.run(alias1.service),
        [
            *(
                answer
                for of, k in ((first, 300), (second, 100))
                for answer in counted.answers(k, 2, revision=of)
            ),
            *(
                answer
                for of, k in ((first, 700), (second, 900))
                for answer in counted.answers(k, 1, revision=of)
            ),
        ],
    )
    page = alice.get(address("testrun", run))
    text = page.content.decode()
    assert "2 alias revisions, judged one by one and never pooled." in text
    assert "300 of 1,000 (30%) went to version 2; configured 30%; consistent." in text
    assert "100 of 1,000 (10%) went to version 2; configured 10%; consistent." in text
    assert [part["weight"] for part in page.context["split_chart"]["segments"]] == [30, 10]


@pytest.mark.parametrize(("qualifier", "named"), [("2", "version 2"), ("LATEST", "LATEST")])
def test_testrun__not_through_an_alias__says_that_nothing_is_split(
    alice: Client, alias1: Alias, qualifier: str, named: str
) -> None:
    run = counted.run(alias1.service, qualifier=qualifier, total=30)
    run = counted.count(run, counted.answers(30, qualifier))
    text = alice.get(address("testrun", run)).content.decode()
    assert f"Nothing is split here: every call names {named} itself" in text
    assert "verdict-" not in text


def test_testrun__queued__waits(alice: Client, alias1: Alias) -> None:
    text = alice.get(address("testrun", counted.run(alias1.service))).content.decode()
    assert "No answers yet." in text
    assert "Queued" in text


@pytest.mark.parametrize("fragment", ["testrun-progress", "testrun-split"])
def test_testrun_fragments__nothing_new__are_204(
    alice: Client, under_way: models.TestRun, fragment: str, django_assert_num_queries
) -> None:
    # session, user, and the run
    with django_assert_num_queries(5):
        assert alice.get(address(fragment, under_way), {"shown": "running-210"}).status_code == 204


@pytest.mark.parametrize("fragment", ["testrun-progress", "testrun-split"])
def test_testrun_fragments__ended_meanwhile__show_it_and_stop_polling(
    alice: Client, finished: models.TestRun, fragment: str
) -> None:
    text = alice.get(address(fragment, finished), {"shown": "running-2000"}).content.decode()
    assert f'id="{fragment}"' in text
    assert "hx-get" not in text


def test_testrun_csv__finished__has_the_rows_of_the_chart(alice: Client, finished: models.TestRun) -> None:
    response = alice.get(address("testrun-csv", finished))
    assert response["Content-Disposition"] == f'attachment; filename="test-run-{finished.pk}.csv"'
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert 2 < len(rows) <= 200
    assert {name: rows[-1][name] for name in ("revision", "n", "k", "share")} == {
        "revision": "1",
        "n": "2000",
        "k": "612",
        "share": "0.306000",
    }
    assert [row["n"] for row in rows] == [str(row.n) for row in _rows(alice, finished)]


def _rows(client: Client, run: models.TestRun) -> list:
    return client.get(address("testrun", run)).context["splits"][0]["split"].rows


def test_testrun_cancel__under_way__stops_it_and_keeps_what_was_counted(alice: Client, alias1: Alias) -> None:
    run = counted.run(alias1.service)
    assert alice.post(address("testrun-cancel", run))["Location"] == address("testrun", run)
    text = alice.get(address("testrun", run)).content.decode()
    assert "Cancelled" in text
    assert "every 1s" not in text


def test_testrun_cancel__by_htmx__answers_the_progress(alice: Client, under_way: models.TestRun) -> None:
    text = alice.post(address("testrun-cancel", under_way), headers=HTMX).content.decode()
    assert text.lstrip().startswith('<section class="card" id="testrun-progress"')
    assert "Cancelling" in text


def test_testrun_cancel__ended_already__is_refused(alice: Client, finished: models.TestRun) -> None:
    response = alice.post(address("testrun-cancel", finished))
    assert response.status_code == 409
    assert "is finished already" in response.content.decode()


def test_testrun_cancel__twice__is_refused_the_second_time(alice: Client, alias1: Alias) -> None:
    run = testruns.cancel_test_run(make.act(), counted.run(alias1.service))
    assert alice.post(address("testrun-cancel", run)).status_code == 409


@pytest.mark.parametrize("name", ["testrun", "testrun-progress", "testrun-split", "testrun-csv"])
def test_testrun_reads__post_anonymous_and_elsewhere__are_turned_away(
    alice: Client, anonymous: Client, finished: models.TestRun, name: str
) -> None:
    url = address(name, finished)
    assert alice.post(url).status_code == 405
    assert anonymous.get(url)["Location"].startswith(reverse("log-in"))
    assert alice.get(reverse(name, args=["us-east-1", finished.pk])).status_code == 404
    assert alice.get(reverse(name, args=[REGION, 10**30])).status_code == 404


def test_testrun_cancel__get_anonymous_and_elsewhere__is_turned_away(
    alice: Client, anonymous: Client, under_way: models.TestRun
) -> None:
    url = address("testrun-cancel", under_way)
    assert alice.get(url).status_code == 405
    assert anonymous.post(url)["Location"].startswith(reverse("log-in"))
    assert alice.post(reverse("testrun-cancel", args=["us-east-1", under_way.pk])).status_code == 404
    under_way.refresh_from_db()
    assert under_way.status == "running"
