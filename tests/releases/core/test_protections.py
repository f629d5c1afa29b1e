from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Policy
from releases.core.protection_document import digest, document
from releases.core.protections import (
    NONE,
    Barred,
    Evidence,
    Freeze,
    Protection,
    When,
    Window,
    applies,
    stricter,
)
from releases.core.rules import Combiner, Operator, Rule, Rules
from tests.releases.core.strategies import POLICIES

FRIDAY_16 = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
OFFICE = Window((0, 1, 2, 3, 4), time(9), time(17), "Asia/Shanghai")
BY_RULE = Policy(
    1, Canary(2, 100), Rules(Combiner.ALL, (Rule(Parameter(Source.HEADER, "a"), Operator.EQUAL, "1"),))
)
HOURS = st.integers(1, 2000).map(lambda hours: timedelta(hours=hours))
PROTECTIONS = st.builds(
    Protection,
    when=st.frozensets(st.sampled_from(When)),
    weight_above_bp=st.integers(0, 10_000),
    weight_rises_bp=st.integers(0, 10_000),
    approvals=st.integers(0, 10),
    groups=st.lists(st.sampled_from(["sre", "qa", "owners"]), unique=True).map(tuple),
    barred=st.frozensets(st.sampled_from(Barred)),
    expiry=HOURS,
    evidence=st.frozensets(st.sampled_from(Evidence)),
    windows=st.lists(st.just((OFFICE,)), max_size=1).map(tuple),
    freezes=st.lists(st.just(Freeze(FRIDAY_16, FRIDAY_16 + timedelta(days=2), "holidays")), max_size=1).map(
        tuple
    ),
    ratify=st.integers(1, 24).map(lambda hours: timedelta(hours=hours)),
    revert=st.booleans(),
)


@pytest.mark.parametrize(
    ("protection", "old", "new", "needed"),
    [
        (NONE, Policy(1), Policy(2), False),
        (Protection(when=frozenset({When.ANY})), Policy(1), Policy(1, Canary(2, 0)), True),
        (Protection(when=frozenset({When.PRIMARY})), Policy(1, Canary(2, 5000)), Policy(2), True),
        (Protection(when=frozenset({When.PRIMARY})), Policy(1), Policy(1, Canary(2, 5000)), False),
        (
            Protection(when=frozenset({When.WEIGHT_ABOVE}), weight_above_bp=3000),
            Policy(1),
            Policy(1, Canary(2, 3000)),
            False,
        ),
        (
            Protection(when=frozenset({When.WEIGHT_ABOVE}), weight_above_bp=3000),
            Policy(1),
            Policy(1, Canary(2, 3001)),
            True,
        ),
        (
            Protection(when=frozenset({When.WEIGHT_ABOVE}), weight_above_bp=3000),
            Policy(1, Canary(2, 9000)),
            Policy(1, Canary(2, 4000)),
            False,
        ),
        (
            Protection(when=frozenset({When.WEIGHT_RISES}), weight_rises_bp=1000),
            Policy(1, Canary(2, 1000)),
            Policy(1, Canary(2, 2000)),
            False,
        ),
        (
            Protection(when=frozenset({When.WEIGHT_RISES}), weight_rises_bp=1000),
            Policy(1, Canary(2, 1000)),
            Policy(1, Canary(2, 2001)),
            True,
        ),
        (Protection(when=frozenset({When.WEIGHT_RISES})), Policy(1), BY_RULE, True),
        (Protection(when=frozenset({When.RULES})), Policy(1, Canary(2, 100)), BY_RULE, True),
        (Protection(when=frozenset({When.RULES})), Policy(1), Policy(1, Canary(2, 100)), False),
        (Protection(when=frozenset({When.DELETE})), Policy(1), None, True),
        (Protection(when=frozenset({When.PRIMARY})), Policy(1), None, True),
        (Protection(), Policy(1), None, False),
    ],
)
def test_applies__each_condition__as_its_name_says(
    protection: Protection, old: Policy, new: Policy | None, needed: bool
) -> None:
    assert bool(applies(protection, old, new)) == needed


@given(PROTECTIONS, PROTECTIONS, POLICIES, POLICIES)
def test_stricter__any_two__asks_wherever_either_asks(
    one: Protection, other: Protection, old: Policy, new: Policy
) -> None:
    both = stricter(one, other)
    for each in (one, other):
        assert not applies(each, old, new) or applies(both, old, new)
        assert not applies(each, old, None) or applies(both, old, None)
        assert both.approvals >= each.approvals
        assert set(both.groups) >= set(each.groups)
        assert both.barred >= each.barred
        assert both.evidence >= each.evidence
        assert both.expiry <= each.expiry
        for hours in range(0, 24 * 8, 5):
            at = FRIDAY_16 + timedelta(hours=hours)
            assert not each.closed(at) or both.closed(at)


def test_closed__window_and_freeze__by_local_time() -> None:
    office = Protection(windows=((OFFICE,),))
    assert office.closed(FRIDAY_16)  # midnight in Shanghai
    assert not office.closed(FRIDAY_16.replace(hour=1))  # 09:00 there
    frozen = Protection(freezes=(Freeze(FRIDAY_16, FRIDAY_16 + timedelta(days=2), "holidays"),))
    assert "holidays" in frozen.closed(FRIDAY_16)
    assert not frozen.closed(FRIDAY_16 + timedelta(days=2))


def test_told_in__another_zone__the_same_moments_by_its_clock() -> None:
    held = Protection(freezes=(Freeze(FRIDAY_16, FRIDAY_16 + timedelta(days=2), "holidays"),))
    told = held.told_in(ZoneInfo("Asia/Shanghai"))
    assert (told, document(told), digest(told)) == (held, document(held), digest(held))
    assert told.closed(FRIDAY_16) == "frozen until 2026-11-23 00:00 CST: holidays"


def test_told_in__an_hour_that_clocks_repeat__stays_two_moments() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # both are 02:30 in Berlin
    held = Protection(freezes=(Freeze(first, first + timedelta(hours=1), "clocks"),))
    told = held.told_in(ZoneInfo("Europe/Berlin"))
    assert told == held
    assert told.freezes[0].holds(first + timedelta(minutes=59))
    assert stricter(told, held).freezes == held.freezes
