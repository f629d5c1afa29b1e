from __future__ import annotations

from datetime import timedelta

import pytest

from invocations.queries import TIERS, tier_for

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("span", "age", "tier"),
    [
        (HOUR, HOUR, 10),
        (2 * HOUR, 2 * HOUR, 10),
        (3 * HOUR, 3 * HOUR, 300),
        (DAY, DAY, 300),
        (3 * DAY, 3 * DAY, 3600),
        (HOUR, 3 * DAY, 300),  # an hour of long ago: its finest buckets are forgotten
        (HOUR, 31 * DAY, 3600),
        (HOUR, 900 * DAY, 3600),
        (60 * DAY, 60 * DAY, 3600),
    ],
)
def test_tier_for__span_and_age__is_the_finest_that_draws_it_and_is_kept(
    span: timedelta, age: timedelta, tier: int
) -> None:
    assert tier_for(span, age=age) == tier


def test_tiers__finer__are_kept_for_a_shorter_time() -> None:
    assert list(TIERS) == sorted(TIERS)
    assert list(TIERS.values()) == sorted(TIERS.values())
