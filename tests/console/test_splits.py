from __future__ import annotations

import csv
import io

import pytest

from console import splits
from releases.core.funnels import funnel
from releases.core.judging import judge_split
from releases.core.measures import Measure, measure_of, share_of
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Even, Policy, Sticky
from releases.core.rules import Combiner, Operator, Rule, Rules
from releases.models import AliasRevision
from releases.queries.traffic import Split, VersionCount

POLICY = Policy(1, Canary(2, 3000))
IS_ONE = Rule(Parameter(Source.HEADER, "x-uid"), Operator.EQUAL, "1")
RULES = Policy(1, Canary(2, 100), Rules(Combiner.ALL, (IS_ONE,)))


def split(n: int, k: int, policy: Policy = POLICY, number: int = 1) -> Split:
    tally = {"1": n - k, "2": k}
    measure = measure_of(policy) or Measure.RULES
    rows = funnel([(n, k)], share_of(policy), measure=measure) if policy.canary else []
    counts = [VersionCount(version, count, 0) for version, count in tally.items()]
    verdict = judge_split(counts_by_version=tally, policy=policy)
    return Split(AliasRevision(number=number), policy, counts, verdict, rows)


def test_lines__some_errors__have_shares_of_their_own_version() -> None:
    counts = [VersionCount("1", 75, 3), VersionCount("2", 25, 5)]
    assert [
        (line.version, line.role, line.share, line.error_share) for line in splits.lines(counts, POLICY)
    ] == [("1", "primary", 0.75, 0.04), ("2", "canary", 0.25, 0.2)]


def test_lines__no_calls__have_no_share_of_errors() -> None:
    (line,) = splits.lines([VersionCount("1", 0, 0)])
    assert (line.share, line.error_share, line.role) == (0.0, None, "")


def test_lines__stray_version__has_no_role() -> None:
    assert [line.role for line in splits.lines([VersionCount("7", 1, 0)], POLICY)] == [""]


def test_why__called__says_what_chance_does_after_as_many_calls() -> None:
    why = splits.why(split(1000, 280))
    assert why is not None
    assert why.now is not None
    assert (round(why.now.lo, 3), round(why.now.hi, 3)) == (0.272, 0.329)  # statistics.md 3.2
    assert why.now.band_lo < why.now.lo < 0.3 < why.now.hi < why.now.band_hi


def test_why__never_called__has_examples_only() -> None:
    why = splits.why(split(0, 0))
    assert why is not None
    assert why.now is None
    assert [row.n for row in why.examples] == list(splits.EXAMPLES)


@pytest.mark.parametrize(("weight_bp", "exact"), [(0, True), (1, False), (9999, False), (10_000, True)])
def test_why__weight_at_an_end__leaves_nothing_to_chance(weight_bp: int, exact: bool) -> None:
    why = splits.why(split(100, 0, Policy(1, Canary(2, weight_bp))))
    assert why is not None
    assert why.exact is exact


def test_why__no_canary__has_nothing_to_explain() -> None:
    assert splits.why(split(100, 0, Policy(1))) is None


def test_why__kinds_without_a_weight_of_calls__say_what_is_measured() -> None:
    uid = Parameter(Source.HEADER, "x-uid")
    even = splits.why(split(1000, 301, Policy(1, Canary(2, 3000), Even())))
    keyed = splits.why(split(1000, 301, Policy(1, Canary(2, 3000), Sticky(uid))))
    ruled = splits.why(split(1000, 301, RULES))
    assert even is not None and keyed is not None and ruled is not None
    assert (even.measure, even.examples[0].lo, even.now.band_lo is None) == ("even", None, False)
    assert (keyed.measure, keyed.parameter, keyed.n, keyed.now) == ("keys", "header x-uid", 0, None)
    assert keyed.examples[0].lo is not None
    assert (ruled.measure, ruled.now, ruled.examples) == ("rules", None, [])


def test_csv_of__rules__leaves_empty_what_there_is_not() -> None:
    response = splits.csv_of([split(100, 30, RULES)], filename="x.csv")
    (row,) = csv.DictReader(io.StringIO(response.content.decode()))
    assert (row["share"], row["wilson_lo"], row["band_hi"]) == ("0.300000", "", "")


def test_csv_of__several_revisions__names_each_on_its_rows() -> None:
    response = splits.csv_of([split(100, 30), split(50, 5, number=2)], filename="x.csv")
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert [(row["revision"], row["n"], row["k"], row["share"]) for row in rows] == [
        ("1", "100", "30", "0.300000"),
        ("2", "50", "5", "0.100000"),
    ]
    assert all(0 <= float(row["band_lo"]) < float(row["band_hi"]) <= 1 for row in rows)
