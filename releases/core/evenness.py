"""Even spread: a low-discrepancy sequence in place of a die.

The n-th point is the fraction of start + n/phi (the golden ratio; H. Weyl 1916, the Kronecker sequence). Its
points fill [0, 1) more evenly than any dice: whichever n calls one looks at in a row, the number of points
below a weight is off from n times the weight by at most `bound(n)`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_WHOLE: Final = 1 << 64
_STEP: Final = 0x9E3779B97F4A7C15  # 2^64 / phi, to the nearest odd: every point comes before one comes again
POINTS: Final = 1_000_000


def sequence(start: float) -> Callable[[], int]:
    """Points in millionths, 0 to 999999. `start`, in [0, 1), sets gateways apart from each other."""
    position = int(start * _WHOLE)

    def point() -> int:
        nonlocal position
        position = (position + _STEP) % _WHOLE
        return position * POINTS // _WHOLE

    return point


def bound(n: int) -> float:
    """How many calls any n in a row can be off from n times any weight (n below 2^31).

    A stretch of F points, F a Fibonacci number and F' the next, is off by at most 1 + F/F' for the points lie
    1/F apart but for less than 1/F' (Kuipers and Niederreiter, Uniform Distribution of Sequences, 2.3). Any n
    is a sum of few Fibonacci numbers (Zeckendorf).
    """
    fibonacci = [1, 2]
    while fibonacci[-1] <= n:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    off = 0.0
    rest = n
    for place in range(len(fibonacci) - 2, -1, -1):
        if fibonacci[place] <= rest:
            rest -= fibonacci[place]
            off += 1 + fibonacci[place] / fibonacci[place + 1]
    return off


def band(n: int, weight: float) -> tuple[float, float]:
    """The shares of any n > 0 points in a row that can lie below the weight."""
    off = bound(n) / n
    return max(0.0, weight - off), min(1.0, weight + off)


def sequences(n: int, off: float) -> int:
    """The fewest sequences, each of an equal part of n > 0 calls, that together can be off by so many."""
    count = 1
    while count < n and off > count * bound(-(-n // count)):
        count += 1
    return count
