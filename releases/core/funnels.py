"""The funnel: how the observed canary share settles around its weight as invocations come in.

One list of rows serves the chart, the table under it and its CSV.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from releases.core.statistics import split_band, wilson

MAX_ROWS: Final = 200
BAND_POINTS: Final = 40


@dataclass(frozen=True, slots=True)
class Row:
    """After `n` invocations `k` had gone to the canary.

    `lo` and `hi` are Wilson's 95% interval around the share; `band_lo` and `band_hi` the always-valid
    band around the configured weight. All but `n` and `k` are fractions of one.
    """

    n: int
    k: int
    share: float
    lo: float
    hi: float
    band_lo: float
    band_hi: float


def funnel(points: Sequence[tuple[int, int]], weight: float, limit: int = MAX_ROWS) -> list[Row]:
    """Rows for the cumulative (n, k) of one alias revision, in order of n; at most `limit` of them.

    The first and the last point are always kept. Points without invocations have no share and give no row.
    """
    return [_row(n, k, weight) for n, k in thin([point for point in points if point[0] > 0], limit)]


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


def band(n: int, weight: float, points: int = BAND_POINTS) -> list[tuple[int, float, float]]:
    """The always-valid band on its way to n > 0 invocations: (invocations, low, high), in fractions of one.

    It needs no data but n, so it shows how the funnel narrows even where the observations are few and far
    between. Even in the square root of n, like the rows.
    """
    stations = sorted({math.ceil(n * (place / points) ** 2) for place in range(1, points + 1)})
    return [(station, *split_band(station, weight)) for station in stations]


def _row(n: int, k: int, weight: float) -> Row:
    lo, hi = wilson(k, n)
    band_lo, band_hi = split_band(n, weight)
    return Row(n, k, k / n, lo, hi, band_lo, band_hi)
