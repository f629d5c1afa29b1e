"""Freezes of an alias, in the zone that all pages tell times in."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from releases.core.protections import Freeze
from releases.models import Alias
from releases.queries import changes as query
from tests import make

from .test_alias_protection import FORM, FREEZE, OWN, PAGE


@pytest.fixture
def alias1(db: None) -> Alias:
    return make.alias(make.two_versions())


def test_freeze__zone_of_the_pages__is_told_and_shown_in_it(
    alice: Client, alias1: Alias, settings: Settings
) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    alice.post(FORM, OWN | FREEZE)
    assert "Frozen 2026-12-24 18:00 CST to 2026-12-27 08:00 CST: holidays" in alice.get(PAGE).content.decode()
    (row,) = alice.get(FORM).context["form"].freezes
    assert [row[name].value() for name in ("start", "end", "zone")] == [
        "2026-12-24T18:00",
        "2026-12-27T08:00",
        "Asia/Shanghai",
    ]
    frozen = query.protection_of(make.loaded(alias1)).freezes
    assert frozen == (
        Freeze(datetime(2026, 12, 24, 10, tzinfo=UTC), datetime(2026, 12, 27, 0, tzinfo=UTC), "holidays"),
    )


def test_freeze__ends_in_an_hour_that_clocks_repeat__opens_as_it_was_saved(
    alice: Client, alias1: Alias, settings: Settings
) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    moment = {
        "freeze-0-start": "2026-10-24T12:00",
        "freeze-0-end": "2026-10-25T01:30",
        "freeze-0-zone": "UTC",
    }
    alice.post(FORM, OWN | FREEZE | moment)
    (row,) = alice.get(FORM).context["form"].freezes
    assert [row[name].value() for name in ("end", "zone")] == ["2026-10-25T01:30", "UTC"]
