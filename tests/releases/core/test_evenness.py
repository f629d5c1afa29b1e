from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.core.evenness import POINTS, bound, sequence

STARTS = st.floats(0, 1, exclude_max=True)


@given(STARTS, st.integers(1, 9999), st.integers(0, 3000), st.integers(1, 3000))
def test_sequence__any_stretch_and_weight__off_by_no_more_than_the_bound(
    start: float, weight_bp: int, skipped: int, n: int
) -> None:
    point = sequence(start)
    for _ in range(skipped):
        point()
    below = sum(point() < weight_bp * 100 for _ in range(n))
    assert abs(below - n * weight_bp / 10_000) <= bound(n)


@pytest.mark.parametrize(("n", "most"), [(1, 1.67), (89, 1.62), (100, 4.92), (1000, 3.3), (10_000, 9.8)])
def test_bound__some_counts__a_handful_of_calls(n: int, most: float) -> None:
    assert 1 <= bound(n) <= most


@given(STARTS)
def test_sequence__any_start__points_are_millionths(start: float) -> None:
    point = sequence(start)
    assert all(0 <= point() < POINTS for _ in range(50))
