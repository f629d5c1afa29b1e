from __future__ import annotations

from django.test import Client
from django.urls import reverse

from invocations import models
from tests import make

from . import counted

REGION = make.REGION
PAGE = reverse("testruns", args=[REGION])


def test_testruns__none__teaches_the_next_step(alice: Client) -> None:
    text = alice.get(PAGE).content.decode()
    assert "No test runs yet" in text
    assert reverse("testrun-create", args=[REGION]) in text


def test_testruns__some__are_listed_newest_first_with_their_verdicts(alice: Client) -> None:
    alias = make.alias(make.two_versions(), canary=2, weight_bp=5000)
    even = [
        *counted.answers(200, 1, revision=alias.revision.pk),
        *counted.answers(200, 2, revision=alias.revision.pk),
    ]
    first = counted.count(counted.run(alias.service, total=400), even)
    numbered = counted.count(counted.run(alias.service, qualifier="2", total=10), counted.answers(10, 2))
    off = counted.count(
        counted.run(alias.service, total=400), counted.answers(400, 1, revision=alias.revision.pk)
    )
    page = alice.get(PAGE)
    assert [(row.run.pk, row.verdict and row.verdict.outcome.value) for row in page.context["rows"]] == [
        (off.pk, "fail"),
        (numbered.pk, None),
        (first.pk, "pass"),
    ]
    assert "400 of 400" in page.content.decode()


def test_testruns__of_another_region__are_not_listed(alice: Client) -> None:
    run = counted.run(make.two_versions(), qualifier="1")
    elsewhere = reverse("testruns", args=["us-east-1"])
    assert reverse("testrun", args=[REGION, run.pk]) in alice.get(PAGE).content.decode()
    assert "No test runs yet" in alice.get(elsewhere).content.decode()


def test_testruns__many__come_in_pages_and_take_no_more_queries(
    alice: Client, django_assert_num_queries
) -> None:
    alias = make.alias(make.two_versions(), canary=2, weight_bp=5000)
    for _ in range(25):
        counted.count(counted.run(alias.service, total=2), counted.answers(2, 1, revision=alias.revision.pk))
    # session, user, how many runs, the page's runs, their counts, their revisions
    with django_assert_num_queries(7):
        page = alice.get(PAGE)
    assert len(page.context["rows"]) == 20
    assert len(alice.get(PAGE, {"page": "2"}).context["rows"]) == 5
    assert models.TestRun.objects.count() == 25


def test_testruns__post_anonymous_and_unknown_region__are_turned_away(
    alice: Client, anonymous: Client
) -> None:
    assert alice.post(PAGE).status_code == 405
    assert anonymous.get(PAGE)["Location"].startswith(reverse("log-in"))
    assert alice.get(reverse("testruns", args=["atlantis"])).status_code == 404
