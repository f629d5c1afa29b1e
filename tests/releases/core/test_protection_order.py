"""Which of two protections demands more, and when one opens or closes next."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given

from releases.core.protection_document import digest
from releases.core.protection_order import covers
from releases.core.protections import (
    NONE,
    Barred,
    Evidence,
    Freeze,
    Protection,
    When,
    Window,
    stricter,
)
from tests.releases.core.test_protections import OFFICE, PROTECTIONS

FRIDAY_16 = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BASE = Protection(
    when=frozenset({When.PRIMARY, When.WEIGHT_ABOVE}), weight_above_bp=3000, groups=("qa", "sre")
)


@given(PROTECTIONS, PROTECTIONS)
def test_covers__the_stricter_of_two__covers_both(one: Protection, other: Protection) -> None:
    both = stricter(one, other)
    assert covers(both, one, at=FRIDAY_16)
    assert covers(both, other, at=FRIDAY_16)
    assert covers(one, one, at=FRIDAY_16)
    assert covers(one, NONE, at=FRIDAY_16)


@pytest.mark.parametrize(
    "changes",
    [
        {"when": frozenset({When.ANY})},
        {"when": BASE.when | {When.RULES}},
        {"weight_above_bp": 1000},
        {"weight_rises_bp": 5000},
        {"approvals": 2},
        {"groups": ("sre", "owners", "qa")},
        {"barred": frozenset(Barred)},
        {"expiry": HOUR},
        {"evidence": frozenset({Evidence.LINT})},
        {"windows": ((OFFICE,),)},
        {"freezes": (Freeze(FRIDAY_16, FRIDAY_16 + HOUR, "inventory"),)},
        {"ratify": HOUR},
        {"revert": True},
    ],
)
def test_covers__one_demand_more__covers_and_is_not_covered(changes: dict[str, object]) -> None:
    more = replace(BASE, **changes)
    assert covers(more, BASE, at=FRIDAY_16)
    is_more = "weight_rises_bp" not in changes  # a bound that nothing asks about
    assert covers(BASE, more, at=FRIDAY_16) is not is_more


def test_covers__nothing_asked__covers_nothing_that_asks() -> None:
    assert not covers(NONE, BASE, at=FRIDAY_16)
    assert not covers(replace(BASE, when=frozenset({When.PRIMARY})), BASE, at=FRIDAY_16)


def test_covers__a_freeze_that_is_over__can_go() -> None:
    over = replace(BASE, freezes=(Freeze(FRIDAY_16 - 2 * HOUR, FRIDAY_16, "inventory"),))
    assert covers(BASE, over, at=FRIDAY_16)
    assert not covers(BASE, over, at=FRIDAY_16 - HOUR)


def test_digest__each_protection__its_own() -> None:
    assert digest(None) == ""
    assert digest(BASE) == digest(replace(BASE)) != digest(NONE)


SHANGHAI_FRIDAY_17 = datetime(2026, 11, 20, 9, tzinfo=UTC)
SHANGHAI_MONDAY_9 = datetime(2026, 11, 23, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("protection", "at", "turns"),
    [
        (Protection(), FRIDAY_16, None),
        (Protection(windows=((OFFICE,),)), FRIDAY_16, SHANGHAI_MONDAY_9),
        (Protection(windows=((OFFICE,),)), SHANGHAI_FRIDAY_17 - HOUR, SHANGHAI_FRIDAY_17),
        (Protection(freezes=(Freeze(FRIDAY_16, FRIDAY_16 + HOUR, "x"),)), FRIDAY_16, FRIDAY_16 + HOUR),
        (
            Protection(freezes=(Freeze(FRIDAY_16 + HOUR, FRIDAY_16 + 2 * HOUR, "x"),)),
            FRIDAY_16,
            FRIDAY_16 + HOUR,
        ),
        (
            Protection(windows=((OFFICE,),), freezes=(Freeze(FRIDAY_16, SHANGHAI_MONDAY_9 + 8 * HOUR, "x"),)),
            FRIDAY_16,
            SHANGHAI_MONDAY_9 + 24 * HOUR,
        ),
        (
            Protection(
                windows=(
                    (Window((0,), time(9), time(17), "UTC"),),
                    (Window((1,), time(9), time(17), "UTC"),),
                )
            ),
            FRIDAY_16,
            None,
        ),
    ],
)
def test_turns__windows_and_freezes__the_next_edge_that_counts(
    protection: Protection, at: datetime, turns: datetime | None
) -> None:
    assert protection.turns(at) == turns


def test_covers__deletion__goes_with_every_condition() -> None:
    delete = replace(BASE, when=frozenset({When.DELETE}), weight_above_bp=0)
    assert covers(BASE, delete, at=FRIDAY_16)
    assert not covers(delete, BASE, at=FRIDAY_16)
