from __future__ import annotations

from datetime import timedelta

import pytest

from invocations.queries import TIERS, Order, tier_for

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


def test_order_steps__many_answers__follow_the_square_root_and_end_with_all() -> None:
    order = Order(["1", "2"], bytes([0, 0, 1, 0]) * 2500)
    steps = order.steps("2", 100)
    assert (steps[0], steps[-1], len(steps)) == ((1, 0), (10_000, 2500), 100)
    assert (2500, 625) in steps  # halfway by the root


def test_order_steps__few_answers__are_one_step_each() -> None:
    order = Order(["1", "2"], bytes([0, 1, 1]))
    assert order.steps("2", 100) == [(1, 0), (2, 1), (3, 2)]
    assert order.steps("7", 100) == [(1, 0), (2, 0), (3, 0)]


def test_order_steps__no_answers__are_none() -> None:
    assert Order([], b"").steps("1", 100) == []
