from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.core.judging import judge_split
from releases.core.policies import Canary, Policy
from releases.core.verdicts import Outcome, Verdict, combine

SPLIT = Policy(1, Canary(2, 3000))
POLICIES = st.builds(
    Policy, st.just(1), st.none() | st.builds(Canary, st.integers(1, 2), st.integers(0, 10_000))
)


def judge(primary: int, canary: int, weight_bp: int = 3000) -> Verdict:
    return judge_split(counts_by_version={"1": primary, "2": canary}, policy=Policy(1, Canary(2, weight_bp)))


def test_judge__share_inside_the_band__passes_with_every_number() -> None:
    verdict = judge(1388, 612)
    assert verdict.outcome is Outcome.PASS
    assert verdict.sentence == (
        "612 of 2,000 (30.6%) went to version 2; configured 30%; consistent. "
        "±1 point needs about 16,000 invocations."
    )
    assert (verdict.n, verdict.k, verdict.weight, verdict.share) == (2000, 612, 0.3, 0.306)
    assert (verdict.lo, verdict.hi) == pytest.approx((0.286191, 0.326552), abs=1e-6)
    assert (verdict.band_lo, verdict.band_hi) == pytest.approx((0.262263, 0.338862), abs=1e-6)
    assert verdict.e_value == pytest.approx(0.115381, abs=1e-6)
    assert (verdict.alpha, verdict.needed_n) == (0.01, 16_136)


def test_judge__enough_invocations__needs_no_more() -> None:
    assert judge(14_000, 6_000).sentence.endswith("configured 30%; consistent.")


def test_judge__share_far_outside__fails_and_says_by_how_much() -> None:
    verdict = judge(1100, 900)
    assert verdict.outcome is Outcome.FAIL
    assert verdict.sentence == (
        "900 of 2,000 (45%) went to version 2; configured 30%; "
        "off by 15 points: chance alone goes this far in fewer than 1 of 1,000,000 cases."
    )


def test_judge__off_by_less_than_the_floor__practically_fine() -> None:
    verdict = judge(6_990_000, 3_010_000)
    assert verdict.outcome is Outcome.PASS
    assert verdict.e_value > 100
    assert "statistically off, practically fine (by 0.1 points)" in verdict.sentence


@pytest.mark.parametrize(("n", "outcome"), [(30, Outcome.HOLD), (31, Outcome.PASS)])
def test_judge__below_and_at_the_telling_n__holds_then_judges(n: int, outcome: Outcome) -> None:
    k = round(0.3 * n)
    verdict = judge(n - k, k)
    assert verdict.outcome is outcome
    assert ("too few to judge, at least 31 are needed" in verdict.sentence) == (n == 30)


def test_judge__few_calls_all_on_the_canary__fails_without_waiting() -> None:
    assert judge(0, 10, weight_bp=100).outcome is Outcome.FAIL


def test_judge__canary_of_half_a_percent_gets_nothing__fails_below_the_floor() -> None:
    verdict = judge(5000, 0, weight_bp=50)
    assert verdict.outcome is Outcome.FAIL
    assert "off by 0.5 points" in verdict.sentence


def test_judge__small_weight__precision_that_does_not_swallow_it() -> None:
    assert "±0.1 points needs about 76,000 invocations." in judge(9900, 100, weight_bp=100).sentence


def test_judge__no_invocations__holds() -> None:
    verdict = judge_split(counts_by_version={}, policy=SPLIT)
    assert (verdict.outcome, verdict.share) == (Outcome.HOLD, None)
    assert verdict.sentence == "No invocations yet; configured 30%."


@pytest.mark.parametrize(
    ("primary", "canary", "weight_bp", "outcome"),
    [
        (5, 0, 0, Outcome.PASS),
        (99_999, 1, 0, Outcome.FAIL),
        (0, 5, 10_000, Outcome.PASS),
        (1, 99_999, 10_000, Outcome.FAIL),
    ],
)
def test_judge__weight_none_or_all__one_call_decides(
    primary: int, canary: int, weight_bp: int, outcome: Outcome
) -> None:
    assert judge(primary, canary, weight_bp).outcome is outcome


@pytest.mark.parametrize("policy", [Policy(1), Policy(1, Canary(1, 9000))])
def test_judge__not_split__not_applicable(policy: Policy) -> None:
    verdict = judge_split(counts_by_version={"1": 50}, policy=policy)
    assert verdict.outcome is Outcome.NOT_APPLICABLE
    assert verdict.sentence == "Not split: every call goes to version 1."
    assert verdict.weight is None


def test_judge__not_split_but_another_version_answered__fails_and_names_it() -> None:
    verdict = judge_split(counts_by_version={"1": 1997, "2": 3}, policy=Policy(1))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.sentence == (
        "3 of 2,000 went to version 2, but this alias revision is not split: every call goes to version 1."
    )


def test_judge__versions_the_policy_does_not_name__fails_and_lists_three() -> None:
    counts = {"1": 700, "2": 300, "4": 1, "5": 1, "6": 1, "LATEST": 1, "9": 0}
    verdict = judge_split(counts_by_version=counts, policy=SPLIT)
    assert verdict.outcome is Outcome.FAIL
    assert verdict.e_value == math.inf
    assert verdict.sentence == (
        "4 of 1,004 went to versions 4, 5, 6 and 1 more, which this alias revision does not name."
    )


def test_judge__negative_count__is_the_callers_error() -> None:
    with pytest.raises(ValueError, match="negative"):
        judge(-1, 5)


@given(POLICIES, st.dictionaries(st.sampled_from(["1", "2", "3", "LATEST", ""]), st.integers(0, 10**7)))
def test_judge__any_tally_and_policy__a_verdict(policy: Policy, counts: dict[str, int]) -> None:
    verdict = judge_split(counts_by_version=counts, policy=policy)
    assert verdict.n == sum(counts.values())
    assert verdict.sentence.endswith(".")
    if verdict.outcome is Outcome.FAIL:
        assert verdict.e_value >= 100 or math.isinf(verdict.e_value)


def test_judge__true_weight_watched_at_every_hundredth_call__rarely_fails() -> None:
    """Sixty rollouts of 3,000 calls with thirty looks each: a plain 1% test would alarm in about six."""
    die = random.Random(20)
    alarms = 0
    for _ in range(60):
        k, alarmed = 0, False
        for n in range(100, 3001, 100):
            k += sum(die.random() < 0.1 for _ in range(100))
            alarmed = alarmed or judge(n - k, k, 1000).outcome is Outcome.FAIL
        alarms += alarmed
    assert alarms <= 2


def test_combine__no_revision__holds() -> None:
    assert combine([]).outcome is Outcome.HOLD


def test_combine__one_revision__its_own_verdict() -> None:
    assert combine([judge(1388, 612)]) == judge(1388, 612)


def test_combine__weight_changed_midway__not_pooled_and_passes() -> None:
    verdict = combine([judge(900, 100, 1000), judge(500, 500, 5000)])
    assert verdict.outcome is Outcome.PASS
    assert (verdict.n, verdict.k, verdict.weight, verdict.share) == (2000, 600, None, None)
    assert verdict.sentence.startswith("2 alias revisions, judged one by one and never pooled. ")


def test_combine__several_revisions__evidence_multiplies() -> None:
    parts = [judge(900, 100, 1000), judge(540, 460, 5000), judge(700, 300)]
    assert combine(parts).e_value == pytest.approx(math.prod(part.e_value for part in parts))


def test_combine__one_failed__the_worst_decides_and_speaks() -> None:
    failed = judge(1100, 900)
    verdict = combine([judge(1388, 612), failed, judge(5, 2)])
    assert verdict.outcome is Outcome.FAIL
    assert verdict.sentence.endswith(failed.sentence)


def test_combine__held_beside_unsplit__holds() -> None:
    unsplit = judge_split(counts_by_version={"1": 50}, policy=Policy(1))
    assert combine([unsplit, judge(5, 2)]).outcome is Outcome.HOLD


def test_combine__each_alone_within_its_band__fails_together() -> None:
    parts = [judge(655, 345) for _ in range(3)]
    assert {part.outcome for part in parts} == {Outcome.PASS}
    verdict = combine(parts)
    assert verdict.outcome is Outcome.FAIL
    assert "together they are off" in verdict.sentence


def test_combine__together_off_by_less_than_the_floor__practically_fine() -> None:
    verdict = combine([judge(6_990_000, 3_010_000) for _ in range(3)])
    assert verdict.e_value > 100
    assert verdict.outcome is Outcome.PASS
