"""The funnel: how the observed canary share settles around its weight as invocations come in.

One list of rows serves the chart, the table under it and its CSV.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from releases.core import evenness
from releases.core.measures import Measure
from releases.core.statistics import split_band, wilson

MAX_ROWS: Final = 200
BAND_POINTS: Final = 40


@dataclass(frozen=True, slots=True)
class Row:
    """After `n` invocations `k` had gone to the canary.

    Where each call draws, `lo` and `hi` are Wilson's 95% interval around the share, `band_lo` and `band_hi`
    the always-valid band around the configured weight. An even spread has no interval, and its own bound
    for a band. Where keys or rules decide, the share of calls is a description and has neither. All but
    `n` and `k` are fractions of one.
    """

    n: int
    k: int
    share: float
    lo: float | None = None
    hi: float | None = None
    band_lo: float | None = None
    band_hi: float | None = None


def funnel(
    points: Sequence[tuple[int, int]],
    weight: float | None,
    limit: int = MAX_ROWS,
    measure: Measure = Measure.CALLS,
) -> list[Row]:
    """Rows for the cumulative (n, k) of one alias revision, in order of n; at most `limit` of them.

    The first and the last point are always kept. Points without invocations have no share and give no row.
    """
    kept = thin([point for point in points if point[0] > 0], limit)
    return [_row(n, k, weight, measure) for n, k in kept]


def thin(points: Sequence[tuple[int, int]], limit: int) -> list[tuple[int, int]]:
    """At most `limit` (at least 2) of the points, evenly spaced in the square root of n.

    The funnel narrows with that root, so the eye loses nothing where it is wide.
    """
    if len(points) <= limit:
        return list(points)
    first, last = math.sqrt(points[0][0]), math.sqrt(points[-1][0])
    step = (last - first) / (limit - 1)
    kept = [points[0]]
    for point in points[1:-1]:
        # One slot is the last point's own.
        if len(kept) < limit - 1 and math.sqrt(point[0]) >= first + len(kept) * step:
            kept.append(point)
    return [*kept, points[-1]]


def band(
    n: int, weight: float | None, points: int = BAND_POINTS, measure: Measure = Measure.CALLS
) -> list[tuple[int, float, float]]:
    """The band on its way to n > 0 invocations: (invocations, low, high), in fractions of one.

    It needs no data but n, so it shows how the funnel narrows even where the observations are few and far
    between. Even in the square root of n, like the rows. Empty where there is none.
    """
    if weight is None or measure not in _BANDS:
        return []
    edges = _BANDS[measure]
    stations = sorted({math.ceil(n * (place / points) ** 2) for place in range(1, points + 1)})
    return [(station, *edges(station, weight)) for station in stations]


def _row(n: int, k: int, weight: float | None, measure: Measure) -> Row:
    if weight is None or measure not in _BANDS:
        return Row(n, k, k / n)
    lo, hi = wilson(k, n) if measure is Measure.CALLS else (None, None)
    band_lo, band_hi = _BANDS[measure](n, weight)
    return Row(n, k, k / n, lo, hi, band_lo, band_hi)


_BANDS: Final[Mapping[Measure, Callable[[int, float], tuple[float, float]]]] = {
    Measure.CALLS: split_band,
    Measure.EVEN: evenness.band,
}
