from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from console.pages import alias_history
from releases.core.policies import Canary, Policy
from releases.operations import aliases, versions
from tests import make

from . import counted
from .moved import HOUR, alias1, moved

KEY = [make.REGION, "shop", "alias1"]
PAGE = reverse("alias-history", args=KEY)


def test_alias_history__moved__tells_what_changed_when_by_whom_and_why(alice: Client) -> None:
    alias1()
    page = alice.get(PAGE)
    told = [(row["reign"].number, row["reign"].changes) for row in page.context["rows"]]
    assert told == [
        (3, ["The primary version is now 2 (was 1).", "The canary is gone (was version 2 at 30%)."]),
        (2, ["There is now a canary: version 2 at 30%."]),
        (1, ["The alias was created."]),
    ]
    text = page.content.decode()
    for shown in (
        "bob",
        "“try it”",
        "2026-11-20 17:00:00 \N{EN DASH}",
        "2026-11-20 19:00:00 UTC",
        "2 h 0 min",
    ):
        assert shown in text


def test_alias_history__called__counts_the_calls_of_each_revision(alice: Client) -> None:
    alias = alias1()
    for revision in alias.revisions.all():
        counted.traffic(revision, 1, 10 * revision.number, at=make.NOW)
        counted.traffic(revision, 2, 1, at=make.NOW, errors=1)
    page = alice.get(PAGE)
    assert [(row["reign"].invocations, row["reign"].errors) for row in page.context["rows"]] == [
        (31, 1),
        (21, 1),
        (11, 1),
    ]


def test_alias_history__many__are_paged_by_number_with_as_many_queries(
    alice: Client, monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries
) -> None:
    monkeypatch.setattr(alias_history, "PAGE_SIZE", 10)
    alias = alias1()
    for minute in range(22):
        moved(alias, Policy(1, Canary(2, minute + 1)), after=timedelta(hours=4, minutes=minute))
    seen, query = [], {}
    while True:
        # session, user, service, alias; rows, neighbours, counts, live versions; state 1, calls of late 2
        with django_assert_max_num_queries(13):
            page = alice.get(PAGE, query)
        rows = page.context["rows"]
        seen += [row["reign"].number for row in rows]
        assert all("The alias was created." not in row["reign"].changes for row in rows[:-1])
        assert all(row["reign"].until for row in rows if row["reign"].number != 25)
        if page.context["next"] is None:
            break
        query = {"before": page.context["next"]}
    assert seen == list(range(25, 0, -1))


def test_alias_history__version_deleted_since__is_marked_and_cannot_be_restored(alice: Client) -> None:
    alias = alias1()
    versions.retire(make.act(), alias.service.versions.get(number=1))
    text = alice.get(PAGE).content.decode()
    assert text.count("version 1 was deleted since") == 2
    assert reverse("alias-restore", args=[*KEY, 1]) not in text


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ("2026-11-20T16:00", 1),
        ("2026-11-20T16:59:59", 1),
        ("2026-11-20T17:00:00", 2),
        ("2026-11-20T18:32", 2),
        ("2026-11-20T19:00", 3),
        ("2026-11-21T08:00", 3),
    ],
)
def test_what_served__at_a_moment__is_the_revision_in_force(alice: Client, asked: str, number: int) -> None:
    alias1()
    page = alice.get(PAGE, {"at": asked})
    assert page.status_code == 200
    assert page.context["served"]["reign"].number == number
    assert page.context["served"]["past"].sentence in page.content.decode()


def test_what_served__in_a_zone__is_asked_and_answered_in_it(alice: Client, settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    alias1()
    page = alice.get(PAGE, {"at": "2026-11-21T01:30"})  # 17:30 UTC
    assert page.context["served"]["reign"].number == 2
    assert "At 2026-11-21 01:30:00 CST" in page.content.decode()


def test_what_served__before_the_alias__is_nothing(alice: Client) -> None:
    alias1()
    text = alice.get(PAGE, {"at": "2026-11-20T15:59:59"}).content.decode()
    assert "nothing." in text
    assert "The alias was created only at 2026-11-20 16:00:00 UTC." in text


def test_what_served__in_the_future__says_that_it_is_still_to_come(alice: Client) -> None:
    alias1()
    text = alice.get(PAGE, {"at": "2199-01-01T00:00"}).content.decode()
    assert "2199-01-01 00:00:00 UTC is still to come. In force now:" in text


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "14:32",
        "junk",
        "\0",
        "2026-02-30T10:00",
        "2026-11-20T25:00",
        "0001-01-01T00:00",
        "9999-12-31T23:59",
    ],
)
def test_what_served__bad_moment__is_an_error_in_place(alice: Client, asked: str) -> None:
    alias1()
    page = alice.get(PAGE, {"at": asked})
    assert page.status_code == 422
    assert page.context["form"].errors.keys() == {"at"}
    assert len(page.context["rows"]) == 3


def test_what_served__hour_that_the_clock_skips__is_an_error_in_place(
    alice: Client, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    alias1()
    assert alice.get(PAGE, {"at": "2026-03-29T02:30"}).status_code == 422


@pytest.mark.parametrize("before", ["junk", "", "-1", "9" * 30, "\0", "٣"])
def test_alias_history__junk_for_a_place__is_not_found(alice: Client, before: str) -> None:
    alias1()
    assert alice.get(PAGE, {"before": before}).status_code == 404


def test_alias_history__before_the_first__says_that_there_are_none(alice: Client) -> None:
    alias1()
    assert "There are no earlier revisions." in alice.get(PAGE, {"before": "1"}).content.decode()


def test_restore__with_a_reason__keeps_it(alice: Client) -> None:
    alias = alias1()
    sent = {"base_revision": 3, "reason": "version 2 is slow"}
    alice.post(reverse("alias-restore", args=[*KEY, 2]), sent)
    alias.refresh_from_db()
    assert (alias.revision.number, alias.revision.reason) == (4, "version 2 is slow")
    row = alice.get(PAGE).context["rows"][0]
    assert row["past"].sentence == "70% of calls go to version 1, 30% to version 2."


@pytest.mark.parametrize("reason", ["x" * 257, "nul \0"])
def test_restore__bad_reason__is_told_and_nothing_is_restored(alice: Client, reason: str) -> None:
    alias = alias1()
    sent = {"base_revision": 3, "reason": reason}
    response = alice.post(reverse("alias-restore", args=[*KEY, 2]), sent)
    assert response.status_code == 422
    assert "The reason cannot be kept" in response.content.decode()
    assert alias.revisions.count() == 3


def test_restore__moved_meanwhile__is_refused(alice: Client) -> None:
    alias = alias1()
    moved(alias, Policy(1), after=5 * HOUR)
    response = alice.post(reverse("alias-restore", args=[*KEY, 2]), {"base_revision": 3, "reason": "late"})
    assert response.status_code == 409
    assert alias.revisions.count() == 4


def test_alias_history__post_anonymous_and_unknown__are_turned_away(alice: Client, anonymous: Client) -> None:
    alias = alias1()
    assert alice.post(PAGE).status_code == 405
    assert anonymous.get(PAGE)["Location"].startswith(reverse("log-in"))
    assert alice.get(PAGE.replace("alias1", "alias2")).status_code == 404
    aliases.delete_alias(make.act(), alias)
    assert alice.get(PAGE).status_code == 404
