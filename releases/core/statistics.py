"""Is the observed split the configured one?

`k` of `n` invocations went to the canary, whose configured weight is `w` (0 to 1).

Two questions are kept apart. At one moment: the Wilson interval, and the p-values of the exact binomial
and the chi-square test. For somebody who keeps looking: the Beta-binomial e-value of Lindon and Malek
("Anytime-valid inference for multinomial count data", 2022), whose alarm is honest at every look,
and the bands that follow from it. An e-value E alarms at E >= 1/alpha; e-values of separate alias revisions
multiply. Everything works on ln E, since E itself overflows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from scipy import optimize, special

Z_95: Final = 1.959963984540054  # the 97.5% quantile of the normal distribution
ALPHA: Final = 0.01
CONCENTRATION: Final = 20.0
"""Calls' worth of prior belief in the weight: 0.4-0.6% false alarms at alpha 1%, and quick to notice."""

_TINY: Final = 5e-324  # the least positive float: an open end at zero


def wilson(k: int, n: int, z: float = Z_95) -> tuple[float, float]:
    """Wilson's score interval for the share k/n; (0, 1) without data."""
    if n == 0:
        return 0.0, 1.0
    share = k / n
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    # The formula gives 0 and 1 at the ends only up to rounding.
    lo = (centre - half) / scale if k > 0 else 0.0
    hi = (centre + half) / scale if k < n else 1.0
    return lo, hi


def log_e_value(k: float, n: float, w: float, c: float = CONCENTRATION) -> float:
    """ln E against "each call is a coin of weight w", with the prior Beta(c·w, c·(1-w)).

    A weight of 0 or 1 is exact: one call on the wrong side is infinite evidence.
    """
    if w in (0.0, 1.0):
        return 0.0 if k == n * w else math.inf
    return beta_log_e_value(k, n, w, c * w, c * (1 - w))


def beta_log_e_value(k: float, n: float, w: float, a: float, b: float) -> float:
    """ln E with any prior Beta(a, b). Needs 0 < w < 1. Convex in k, and in w."""
    return _evidence(n, w, a, b)(k)


def split_band(n: int, w: float, c: float = CONCENTRATION, alpha: float = ALPHA) -> tuple[float, float]:
    """The observed shares that raise no alarm after n calls: the always-valid band around the weight w."""
    if w in (0.0, 1.0):
        return w, w
    if n == 0:
        return 0.0, 1.0
    evidence = _evidence(n, w, c * w, c * (1 - w))
    alarm = -math.log(alpha)

    def excess(k: float) -> float:
        return evidence(k) - alarm

    # E is convex in k with mean 1 over the k that w makes, so it is at most 1 at their mean, n·w.
    middle = n * w
    lo = _root(excess, 0.0, middle) if excess(0.0) > 0 else 0.0
    hi = _root(excess, middle, float(n)) if excess(float(n)) > 0 else float(n)
    return lo / n, hi / n


def confidence_sequence(
    k: int, n: int, *, alpha: float = 0.05, a: float = 1.0, b: float = 1.0
) -> tuple[float, float]:
    """The weights that the data does not contradict: the always-valid interval around the share k/n."""
    if n == 0:
        return 0.0, 1.0
    lo = _lowest_weight(k, n, alpha, a, b)
    hi = 1 - _lowest_weight(n - k, n, alpha, b, a)  # seen from the primary's side, where 1-w is exact
    return lo, hi


def binomial_p(k: int, n: int, w: float) -> float:
    """Exact two-sided p-value for one look: all outcomes that are no likelier than k."""
    mean = n * w
    if k == mean:
        return 1.0
    if k > mean:
        return binomial_p(n - k, n, 1 - w)
    mirror = _first_no_likelier(k, n, w)
    return min(1.0, _at_most(k, n, w) + _at_least(mirror, n, w))


def chi_square_p(k: int, n: int, w: float) -> float:
    """p-value of Pearson's goodness-of-fit test for one look, one degree of freedom. Needs 0 < w < 1."""
    if n == 0:
        return 1.0
    statistic = (k - n * w) ** 2 / (n * w * (1 - w))
    return float(special.chdtrc(1, statistic))


def needed_n(w: float, d: float, z: float = Z_95) -> int:
    """Invocations after which one look at a split of weight w is off by at most d, 19 times in 20."""
    return math.ceil(z * z * w * (1 - w) / (d * d))


def smallest_telling_n(w: float, c: float = CONCENTRATION, alpha: float = ALPHA) -> int:
    """The least n at which either arm, left without a call, would alarm. Needs 0 < w < 1.

    Below it a split can look right only because it could not yet look wrong.
    """
    alarm = -math.log(alpha)

    def told(n: int) -> bool:  # monotone: each further call on the same side is more evidence
        return log_e_value(0, n, w, c) >= alarm and log_e_value(n, n, w, c) >= alarm

    enough = 1
    while not told(enough):
        enough *= 2
    return _first(told, enough // 2, enough)


def _evidence(n: float, w: float, a: float, b: float) -> Callable[[float], float]:
    """ln E as a function of k: what does not depend on k is worked out once, for a root takes many k."""
    constant = -special.betaln(a, b) - n * math.log1p(-w)
    log_odds = math.log(w) - math.log1p(-w)
    return lambda k: float(special.betaln(a + k, b + n - k) - k * log_odds + constant)


def _lowest_weight(k: int, n: int, alpha: float, a: float, b: float) -> float:
    if k == 0:
        return 0.0
    # Seen as a function of the weight, ln E is a constant less the log-likelihood.
    constant = float(special.betaln(a + k, b + n - k) - special.betaln(a, b)) + math.log(alpha)

    def excess(w: float) -> float:
        rest = (n - k) * math.log1p(-w) if k < n else 0.0
        return constant - k * math.log(w) - rest

    return _root(excess, _TINY, k / n)


def _root(function: Callable[[float], float], lo: float, hi: float) -> float:
    return float(optimize.brentq(function, lo, hi))


def _first_no_likelier(k: int, n: int, w: float) -> int:
    """The least outcome above the mean that is no likelier than k, which is below it; n + 1 if none is."""
    # Relative slack as in scipy.stats.binomtest: equal likelihoods must not differ by rounding.
    limit = _log_likelihood(k, n, w) + 1e-7
    return _first(lambda i: i > n or _log_likelihood(i, n, w) <= limit, math.floor(n * w), n + 1)


def _first(holds: Callable[[int], bool], lo: int, hi: int) -> int:
    """The least integer in (lo, hi] for which a monotone condition holds; it must hold at hi."""
    while hi - lo > 1:
        middle = (lo + hi) // 2
        lo, hi = (lo, middle) if holds(middle) else (middle, hi)
    return hi


def _log_likelihood(k: int, n: int, w: float) -> float:
    choose = -math.log1p(n) - special.betaln(n - k + 1, k + 1)
    return float(choose + special.xlogy(k, w) + special.xlog1py(n - k, -w))


def _at_most(k: int, n: int, w: float) -> float:
    return float(special.betainc(n - k, k + 1, 1 - w)) if k < n else 1.0


def _at_least(k: int, n: int, w: float) -> float:
    if k > n:
        return 0.0
    return float(special.betainc(k, n - k + 1, w)) if k > 0 else 1.0
