from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from releases.core.funnels import BAND_POINTS, MAX_ROWS, Row, band, funnel, thin
from releases.core.statistics import split_band, wilson

GROWING = st.lists(st.integers(1, 5000), min_size=1, max_size=400).map(
    lambda steps: [(sum(steps[: i + 1]), 0) for i in range(len(steps))]
)


def test_funnel__one_point__carries_every_number() -> None:
    lo, hi = wilson(37, 100)
    band_lo, band_hi = split_band(100, 0.3)
    assert funnel([(100, 37)], 0.3) == [Row(100, 37, 0.37, lo, hi, band_lo, band_hi)]


def test_funnel__no_invocations__no_rows() -> None:
    assert funnel([], 0.3) == []
    assert [row.n for row in funnel([(0, 0), (10, 3)], 0.3)] == [10]


def test_funnel__a_million_invocations_in_hundreds__few_rows_and_dense_at_the_start() -> None:
    rows = funnel([(n, n // 3) for n in range(100, 1_000_001, 100)], 0.3)
    assert len(rows) <= MAX_ROWS
    assert (rows[0].n, rows[-1].n) == (100, 1_000_000)
    assert sum(row.n <= 100_000 for row in rows) > len(rows) / 4


@given(GROWING, st.integers(2, 50))
def test_thin__any_growing_points__ordered_part_with_both_ends(
    points: list[tuple[int, int]], limit: int
) -> None:
    kept = thin(points, limit)
    assert len(kept) <= limit
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert kept == sorted(set(kept) & set(points))


def test_band__two_thousand_invocations__narrows_to_the_band_of_the_last_row() -> None:
    points = band(2000, 0.3)
    widths = [high - low for _, low, high in points]
    assert points[-1] == (2000, *split_band(2000, 0.3))
    assert widths == sorted(widths, reverse=True)
    assert len(points) == BAND_POINTS


@given(st.integers(1, 50))
def test_band__few_invocations__every_station_once(n: int) -> None:
    stations = [station for station, _, _ in band(n, 0.3)]
    assert stations == sorted(set(stations))
    assert stations[-1] == n
