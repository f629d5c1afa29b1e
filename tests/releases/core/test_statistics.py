"""Vectors made with scipy.stats, statsmodels and ssrm-test; properties by hypothesis and by enumeration."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.core import statistics

WEIGHTS = st.integers(1, 9999).map(lambda basis_points: basis_points / 10_000)
TALLIES = st.integers(1, 20_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("k", "n", "interval"),
    [(37, 100, (0.281824, 0.467795)), (0, 20, (0, 0.161125)), (5, 100, (0.021544, 0.111750))],
)
def test_wilson__published_tallies__as_statsmodels(k: int, n: int, interval: tuple[float, float]) -> None:
    assert statistics.wilson(k, n) == pytest.approx(interval, abs=5e-7)


@pytest.mark.parametrize(
    ("tally", "w", "prior", "log_e"),
    [
        ((37, 100), 0.3, (1, 1), -0.997052),
        ((130, 1000), 0.1, (1, 1), 0.987978),
        ((130, 1000), 0.1, (10, 90), 2.909936),
        ((130, 1000), 0.1, (100, 900), 1.988121),
    ],
)
def test_log_e__published_tallies__as_ssrm_test(
    tally: tuple[int, int], w: float, prior: tuple[float, float], log_e: float
) -> None:
    assert statistics.beta_log_e_value(*tally, w, *prior) == pytest.approx(log_e, abs=5e-7)


@pytest.mark.parametrize(
    ("k", "n", "interval"),
    [
        (37, 100, (0.227918, 0.529272)),
        (130, 1000, (0.094611, 0.171891)),
        (0, 20, (0, 0.260671)),
        (1000, 10_000, (0.088507, 0.112334)),
    ],
)
def test_confidence_sequence__published_tallies__as_published(
    k: int, n: int, interval: tuple[float, float]
) -> None:
    assert statistics.confidence_sequence(k, n) == pytest.approx(interval, abs=5e-7)


@pytest.mark.parametrize(
    ("k", "n", "w", "p"),
    [
        (37, 100, 0.3, 0.1277457809),
        (612, 2000, 0.3, 0.5582310407),
        (0, 10, 0.3, 0.0388396033),
        (10, 10, 0.3, 0.0000059049),
        (1, 1000, 0.0001, 0.0951671064),
        (40, 100, 0.5, 0.0568879336),
        (30, 100, 0.3, 1.0),
        (0, 10, 0.0, 1.0),
        (1, 10, 0.0, 0.0),
    ],
)
def test_binomial_p__published_tallies__as_scipy_binomtest(k: int, n: int, w: float, p: float) -> None:
    assert statistics.binomial_p(k, n, w) == pytest.approx(p, abs=1e-10)


@pytest.mark.parametrize(
    ("k", "n", "w", "p"), [(37, 100, 0.3, 0.126630), (130, 1000, 0.1, 0.001565), (0, 0, 0.3, 1)]
)
def test_chi_square_p__published_tallies__as_scipy_chisquare(k: int, n: int, w: float, p: float) -> None:
    assert statistics.chi_square_p(k, n, w) == pytest.approx(p, abs=5e-7)


def test_needed_n__one_point_at_30_percent__8068() -> None:
    assert statistics.needed_n(0.3, 0.01) == 8068


@given(WEIGHTS)
def test_log_e__no_data__zero(w: float) -> None:
    assert statistics.log_e_value(0, 0, w) == pytest.approx(0, abs=1e-12)


@given(TALLIES, WEIGHTS)
def test_log_e__arms_and_weight_swapped__the_same(tally: tuple[int, int], w: float) -> None:
    k, n = tally
    swapped = statistics.log_e_value(n - k, n, 1 - w)
    assert statistics.log_e_value(k, n, w) == pytest.approx(swapped, abs=1e-6, rel=1e-9)


@given(TALLIES, WEIGHTS)
def test_log_e__k_further_above_the_mean__never_less(tally: tuple[int, int], w: float) -> None:
    k, n = tally
    if n * w <= k < n:
        assert statistics.log_e_value(k + 1, n, w) > statistics.log_e_value(k, n, w) - 1e-9


@pytest.mark.parametrize("w", [0.01, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("n", [1, 20, 400])
def test_e__mean_over_every_outcome_of_a_true_weight__one(w: float, n: int) -> None:
    """E is a martingale: enumerated, where a simulation would only come near."""
    mean = math.fsum(
        math.comb(n, k)
        * math.exp(statistics.log_e_value(k, n, w) + k * math.log(w) + (n - k) * math.log1p(-w))
        for k in range(n + 1)
    )
    assert mean == pytest.approx(1, abs=1e-9)


@given(TALLIES, WEIGHTS)
def test_log_e__one_more_call__a_fair_bet(tally: tuple[int, int], w: float) -> None:
    k, n = tally
    now = statistics.log_e_value(k, n, w)
    canary = math.exp(statistics.log_e_value(k + 1, n + 1, w) - now)
    primary = math.exp(statistics.log_e_value(k, n + 1, w) - now)
    assert w * canary + (1 - w) * primary == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(("k", "n", "w", "log_e"), [(0, 9, 0.0, 0), (9, 9, 1.0, 0), (0, 0, 1.0, 0)])
def test_log_e__exact_weight_kept__no_evidence(k: int, n: int, w: float, log_e: float) -> None:
    assert statistics.log_e_value(k, n, w) == log_e


@pytest.mark.parametrize(("k", "n", "w"), [(1, 9, 0.0), (8, 9, 1.0)])
def test_log_e__exact_weight_broken_once__infinite(k: int, n: int, w: float) -> None:
    assert statistics.log_e_value(k, n, w) == math.inf


@given(TALLIES)
def test_confidence_sequence__any_tally__holds_the_share_and_wilson(tally: tuple[int, int]) -> None:
    k, n = tally
    lo, hi = statistics.confidence_sequence(k, n)
    wilson_lo, wilson_hi = statistics.wilson(k, n)
    assert 0 <= lo <= wilson_lo <= k / n <= wilson_hi <= hi <= 1


@given(TALLIES, WEIGHTS)
def test_split_band__any_tally__inside_if_and_only_if_no_alarm(tally: tuple[int, int], w: float) -> None:
    k, n = tally
    lo, hi = statistics.split_band(n, w)
    log_e = statistics.log_e_value(k, n, w)
    if abs(log_e - math.log(100)) > 1e-6:
        assert (lo <= k / n <= hi) == (log_e < math.log(100))


@given(st.integers(1, 10**8), WEIGHTS)
def test_split_band__any_n__holds_the_weight_and_mirrors(n: int, w: float) -> None:
    lo, hi = statistics.split_band(n, w)
    assert 0 <= lo <= w <= hi <= 1
    assert statistics.split_band(n, 1 - w) == pytest.approx((1 - hi, 1 - lo), abs=1e-8)


@pytest.mark.parametrize(("n", "w", "band"), [(0, 0.3, (0, 1)), (5, 0.0, (0, 0)), (5, 1.0, (1, 1))])
def test_split_band__no_data_or_exact_weight__whole_or_point(
    n: int, w: float, band: tuple[float, float]
) -> None:
    assert statistics.split_band(n, w) == band


@pytest.mark.parametrize("w", [0.0001, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9999])
def test_smallest_telling_n__either_arm_empty__alarms_there_and_not_before(w: float) -> None:
    n = statistics.smallest_telling_n(w)
    weaker = [min(statistics.log_e_value(0, m, w), statistics.log_e_value(m, m, w)) for m in (n - 1, n)]
    assert weaker[0] < math.log(100) <= weaker[1]


@given(st.integers(1, 150).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), WEIGHTS)
def test_binomial_p__small_n__as_by_enumeration(tally: tuple[int, int], w: float) -> None:
    k, n = tally
    chances = [math.comb(n, i) * w**i * (1 - w) ** (n - i) for i in range(n + 1)]
    p = math.fsum(chance for chance in chances if chance <= chances[k] * (1 + 1e-7))
    assert statistics.binomial_p(k, n, w) == pytest.approx(p, abs=1e-9)
