"""Splits that are not a die: by key, evenly, by rules. `test_verdicts` has those that are."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.core import evenness
from releases.core.funnels import band, funnel
from releases.core.judging import Keys, judge_split
from releases.core.measures import Measure, measure_of, share_of
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Die, Even, Policy, Split, Sticky
from releases.core.routing import compile_policy
from releases.core.rules import Combiner, Operator, Rule, Rules
from releases.core.verdicts import Outcome, Verdict, combine
from tests.releases.core.strategies import call

UID = Parameter(Source.HEADER, "x-uid")
PERCENT = Rule(UID, Operator.PERCENT, "20")
IS_ONE = Rule(UID, Operator.EQUAL, "1")


def weighted(split: Split, weight_bp: int = 3000) -> Policy:
    return Policy(1, Canary(2, weight_bp), split)


def by_rules(*items: Rule) -> Policy:
    return weighted(Rules(Combiner.ALL, items), 100)


STICKY = weighted(Sticky(UID))
EVEN = weighted(Even())
RULES = by_rules(IS_ONE)


def judge(policy: Policy, primary: int, canary: int, keys: Keys | None = None) -> Verdict:
    return judge_split(counts_by_version={"1": primary, "2": canary}, policy=policy, keys=keys)


def of_keys(primary: int, canary: int, *, both: int = 0, is_cut: bool = False) -> Keys:
    return Keys(by_version={"1": primary, "2": canary}, both=both, is_cut=is_cut)


@pytest.mark.parametrize(
    ("policy", "measure", "share"),
    [
        (Policy(1), None, None),
        (Policy(1, Canary(1, 3000), Even()), None, None),
        (weighted(Die()), Measure.CALLS, 0.3),
        (EVEN, Measure.EVEN, 0.3),
        (STICKY, Measure.KEYS, 0.3),
        (weighted(Sticky(UID), 0), Measure.CALLS, 0.0),
        (weighted(Even(), 10_000), Measure.CALLS, 1.0),
        (by_rules(PERCENT), Measure.KEYS, 0.2),
        (by_rules(PERCENT, IS_ONE), Measure.RULES, None),
        (RULES, Measure.RULES, None),
    ],
)
def test_measure_of__each_kind__is_what_its_promise_is_about(
    policy: Policy, measure: Measure | None, share: float | None
) -> None:
    assert measure_of(policy) is measure
    assert share_of(policy) == share


def test_judge_keys__consistent__counts_keys_and_describes_calls() -> None:
    verdict = judge(STICKY, 3440, 1560, of_keys(417, 183))
    assert verdict.outcome is Outcome.PASS
    assert verdict.sentence == (
        "183 of 600 keys (30.5%) went to version 2; configured 30%; consistent. "
        "±1 point needs about 16,000 keys. "
        "Of 5,000 calls, 31.2% went to version 2: that describes how busy the keys are, and is not tested."
    )
    assert (verdict.n, verdict.k, verdict.unit, verdict.weight) == (600, 183, "keys", 0.3)


def test_judge_keys__far_off__fails_whatever_the_calls_are() -> None:
    verdict = judge(STICKY, 3500, 1500, of_keys(300, 300))
    assert verdict.outcome is Outcome.FAIL
    assert "off by 20 points" in verdict.sentence


def test_judge_keys__a_key_on_both_versions__fails() -> None:
    verdict = judge(STICKY, 3500, 1500, of_keys(417, 180, both=3))
    assert verdict.outcome is Outcome.FAIL
    assert verdict.sentence == (
        "3 of 600 keys met more than one version under this alias revision: the split does not stay by key."
    )
    assert verdict.e_value == float("inf")


def test_judge_keys__cut_at_the_bound__says_that_they_are_the_first() -> None:
    verdict = judge(STICKY, 700_000, 300_000, of_keys(70_000, 30_000, is_cut=True))
    assert verdict.sentence.startswith("30,000 of the first 100,000 keys (30%) went to version 2;")


@pytest.mark.parametrize("keys", [None, of_keys(0, 0)])
def test_judge_keys__none_yet__holds(keys: Keys | None) -> None:
    verdict = judge(STICKY, 7, 3, keys)
    assert (verdict.outcome, verdict.n) == (Outcome.HOLD, 0)
    assert verdict.sentence.startswith("No keys yet; configured 30% of keys. Of 10 calls, 30% went")


def test_judge_keys__few__holds() -> None:
    verdict = judge(STICKY, 900, 100, of_keys(1, 0))
    assert verdict.outcome is Outcome.HOLD
    assert verdict.sentence.startswith("0 of 1 key (0%) went to version 2; configured 30%; too few to judge")


def test_judge_keys__percent_of_100__allows_no_exception() -> None:
    everybody = by_rules(Rule(UID, Operator.PERCENT, "100"))
    # Event calls and calls without the key go to the primary; they are no keys.
    assert judge(everybody, 50, 100, of_keys(0, 40)).outcome is Outcome.PASS
    assert judge(everybody, 50, 100, of_keys(1, 39)).outcome is Outcome.FAIL


def test_judge__version_that_the_revision_does_not_name__fails_for_every_kind() -> None:
    for policy in (STICKY, EVEN, RULES):
        verdict = judge_split(counts_by_version={"1": 10, "7": 2}, policy=policy, keys=of_keys(5, 5))
        assert verdict.outcome is Outcome.FAIL
        assert verdict.sentence == "2 of 12 went to version 7, which this alias revision does not name."


def test_judge_rules__calls__are_a_description() -> None:
    verdict = judge(RULES, 1388, 612)
    assert verdict.outcome is Outcome.NOT_APPLICABLE
    assert verdict.sentence == (
        "612 of 2,000 calls (30.6%) met the rules and went to version 2: not a random split, nothing to test."
    )
    assert (verdict.weight, verdict.share, verdict.band_lo) == (None, 0.306, None)


def test_judge_rules__no_call__is_not_applicable_either() -> None:
    assert judge(RULES, 0, 0).outcome is Outcome.NOT_APPLICABLE


def test_judge_even__within_its_bound__passes_and_tells_both() -> None:
    verdict = judge(EVEN, 699, 301)
    assert verdict.outcome is Outcome.PASS
    bound = evenness.bound(1000)
    assert verdict.sentence == (
        f"301 of 1,000 (30.1%) went to version 2; configured 30%; off by 1.0 calls; "
        f"even spread keeps within {bound:.1f}."
    )
    assert (verdict.lo, verdict.hi) == (None, None)
    assert (verdict.band_lo, verdict.band_hi) == pytest.approx((0.3 - bound / 1000, 0.3 + bound / 1000))


def test_judge_even__beyond_one_sequence_and_no_alarm__is_explained_by_several() -> None:
    verdict = judge(EVEN, 680, 320)
    assert verdict.outcome is Outcome.PASS
    assert "beyond the" in verdict.sentence
    assert verdict.sentence.endswith(
        "sequences (gateways, restarts, other traffic through the alias) explain it."
    )


def test_judge_even__further_than_a_die__fails() -> None:
    verdict = judge(EVEN, 500, 500)
    assert verdict.outcome is Outcome.FAIL
    assert "fewer than 1 of 1,000,000 cases, even with a die" in verdict.sentence


def test_judge_even__so_few_that_nothing_can_look_wrong__holds() -> None:
    assert judge(EVEN, 3, 0).outcome is Outcome.HOLD
    assert judge(EVEN, 0, 0).sentence == "No invocations yet; configured 30%, evenly spread."


@given(st.floats(0, 1, exclude_max=True), st.integers(1, 9999), st.integers(1, 3000))
def test_judge_even__one_sequence_from_any_start__is_never_told_off(
    start: float, weight_bp: int, n: int
) -> None:
    policy = weighted(Even(), weight_bp)
    decide = compile_policy(policy, salt="", draw=lambda: start)
    served = Counter(decide(call()).version for _ in range(n))
    verdict = judge(policy, served[1], served[2])
    assert verdict.outcome in {Outcome.PASS, Outcome.HOLD}
    assert "beyond" not in verdict.sentence
    assert verdict.band_lo is not None
    assert verdict.band_lo <= served[2] / n <= verdict.band_hi


@given(st.integers(1, 5000), st.floats(0, 5000))
def test_sequences__any_distance__is_the_fewest_that_explain_it(n: int, off: float) -> None:
    count = evenness.sequences(n, off)
    assert count == n or off <= count * evenness.bound(-(-n // count))
    assert count == 1 or off > (count - 1) * evenness.bound(-(-n // (count - 1)))


def zipf(chance: random.Random, keys: int, calls: int) -> list[str]:
    """The keys of so many calls, of which the n-th busiest makes 1/n as many as the busiest."""
    shares = [1 / (place + 1) for place in range(keys)]
    return [f"user-{key}" for key in chance.choices(range(keys), shares, k=calls)]


def test_judge_keys__busy_and_idle_keys__seldom_alarms_where_calls_nearly_always_do() -> None:
    # 500 keys, 5,000 calls, 20% of keys: statistics.md 3.3 found 84% false alarms per call.
    chance = random.Random(3)
    policy = weighted(Sticky(UID), 2000)
    alarms = Counter[str]()
    for run in range(60):
        decide = compile_policy(policy, salt=f"salt-{run}", draw=chance.random)
        served = [
            (uid, decide(call(headers={"x-uid": uid})).version) for uid in zipf(chance, keys=500, calls=5000)
        ]
        calls = Counter(version for _, version in served)
        keys = Counter(version for _, version in set(served))
        by_key = judge(policy, calls[1], calls[2], of_keys(keys[1], keys[2]))
        by_call = judge(weighted(Die(), 2000), calls[1], calls[2])
        alarms["keys"] += by_key.outcome is Outcome.FAIL
        alarms["calls"] += by_call.outcome is Outcome.FAIL
    assert alarms["keys"] <= 1
    assert alarms["calls"] > 20


def test_combine__several_kinds__says_what_n_counts_and_multiplies_only_what_was_tested() -> None:
    keyed, ruled = judge(STICKY, 70, 30, of_keys(70, 30)), judge(RULES, 500, 500)
    verdict = combine([keyed, ruled])
    assert (verdict.outcome, verdict.n, verdict.unit) == (Outcome.PASS, 1100, "calls and keys")
    assert verdict.log_e == keyed.log_e
    assert combine([keyed, keyed]).unit == "keys"


def test_funnel__keys_and_rules__have_neither_interval_nor_band() -> None:
    for measure in (Measure.KEYS, Measure.RULES):
        (row,) = funnel([(100, 31)], 0.3, measure=measure)
        assert (row.share, row.lo, row.hi, row.band_lo, row.band_hi) == (0.31, None, None, None, None)
        assert band(100, 0.3, measure=measure) == []


def test_funnel__even__has_its_own_bound_for_a_band() -> None:
    (row,) = funnel([(1000, 301)], 0.3, measure=Measure.EVEN)
    assert (row.lo, row.hi) == (None, None)
    assert (row.band_lo, row.band_hi) == evenness.band(1000, 0.3)
    assert band(1000, 0.3, measure=Measure.EVEN)[-1] == (1000, *evenness.band(1000, 0.3))
