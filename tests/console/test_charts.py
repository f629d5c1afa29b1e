from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from console import charts
from invocations.queries import Slot
from releases.core.funnels import funnel
from releases.core.judging import judge_split
from releases.core.measures import Measure, measure_of, share_of
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Even, Policy, Sticky
from releases.core.rules import Combiner, Operator, Rule, Rules
from releases.models import AliasRevision
from releases.queries.traffic import Split, Traffic, VersionCount

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
POLICY = Policy(1, Canary(2, 3000))


def split(*points: tuple[int, int], policy: Policy = POLICY, number: int = 1) -> Split:
    n, k = points[-1] if points else (0, 0)
    verdict = judge_split(counts_by_version={"1": n - k, "2": k}, policy=policy)
    rows = funnel(points, share_of(policy), measure=measure_of(policy) or Measure.RULES)
    return Split(AliasRevision(number=number), policy, [], verdict, rows)


UID = Parameter(Source.HEADER, "x-uid")
EVEN = Policy(1, Canary(2, 3000), Even())
STICKY = Policy(1, Canary(2, 3000), Sticky(UID))
RULES = Policy(1, Canary(2, 100), Rules(Combiner.ALL, (Rule(UID, Operator.EQUAL, "1"),)))


def traffic(*slots: Slot, marks: tuple[AliasRevision, ...] = ()) -> Traffic:
    return Traffic(list(slots), 10, NOON, NOON + timedelta(minutes=1), list(marks))


def test_split_chart__one_revision__has_a_point_per_row_in_percent() -> None:
    chart = charts.split_chart([split((10, 4), (100, 31))])
    [segment] = chart["segments"]
    assert segment["label"] == "Revision 1"
    assert segment["weight"] == 30
    assert [(point[0], point[1], *point[6:]) for point in segment["points"]] == [
        (10, 40, 10, 4),
        (100, 31, 100, 31),
    ]
    assert segment["points"][1][2] < 31 < segment["points"][1][3]
    assert chart["share"] == "Observed share of version 2"
    assert chart["summary"] == "Revision 1: 31 of 100 (31%), configured 30%."


def test_split_chart__two_revisions__stand_one_after_the_other_and_are_not_pooled() -> None:
    after = Policy(1, Canary(3, 5000))
    chart = charts.split_chart([split((100, 31)), split((50, 20), policy=after, number=2)])
    first, second = chart["segments"]
    assert (first["start"], first["end"]) == (0, 100)
    assert (second["start"], second["end"]) == (100, 150)
    assert second["points"][0][0] == 150
    assert second["points"][0][6:] == [50, 20]
    assert chart["share"] == "Observed share of the canary"


def test_split_chart__planned_invocations__end_the_axis() -> None:
    assert charts.split_chart([split((100, 31))], planned=2000)["max"] == 2000
    assert charts.split_chart([split((100, 31))])["max"] == 100


def test_split_chart__without_canary__has_no_segment() -> None:
    chart = charts.split_chart([split(policy=Policy(1))])
    assert chart["segments"] == []
    assert chart["range"] == {"min": 0, "max": 100, "step": 20}


def test_split_chart__many_invocations__axis_closes_in_on_the_weight() -> None:
    chart = charts.split_chart([split((10, 9), (500_000, 150_000), (1_000_000, 300_100))])
    assert 29 <= chart["range"]["min"] < 30 < chart["range"]["max"] <= 31


def test_split_chart__one_share_and_no_weight__stands_amid_an_axis_with_two_ends() -> None:
    [axis, low, high] = [
        charts.split_chart([split((1000, k), policy=RULES)])["range"] for k in (336, 0, 1000)
    ]
    assert axis == {"min": 31, "max": 37, "step": 1}
    assert (low["min"], low["max"]) == (0, 3)
    assert (high["min"], high["max"]) == (97, 100)


def test_split_chart__even_spread__axis_shows_the_band_of_the_last_three_quarters() -> None:
    chart = charts.split_chart([split((20, 6), (2000, 601), policy=EVEN)])
    [segment] = chart["segments"]
    late = [station for station in segment["band"] if station[0] >= 500]
    assert len(late) > 10
    assert chart["range"]["min"] <= min(low for _, low, _ in late)
    assert chart["range"]["max"] >= max(high for _, _, high in late)


def test_split_chart__even_spread__has_its_bound_and_no_interval() -> None:
    chart = charts.split_chart([split((10, 4), (100, 31), policy=EVEN)])
    [segment] = chart["segments"]
    assert chart["band"] == "What an even spread keeps within"
    assert segment["points"][1][2:4] == [None, None]
    assert segment["band"][-1][1] < 30 < segment["band"][-1][2]


def test_split_chart__by_key__has_a_weight_and_nothing_around_it() -> None:
    chart = charts.split_chart([split((10, 4), (100, 61), policy=STICKY)])
    [segment] = chart["segments"]
    assert (chart["band"], segment["weight"], segment["band"]) == ("", 30, [])
    assert (chart["share"], chart["target"]) == ("Share of calls to version 2", "Configured share of keys")
    assert segment["points"][1] == [100, 61, None, None, None, None, 100, 61]
    assert (chart["range"]["min"] <= 30, chart["range"]["max"] >= 61) == (True, True)


def test_split_chart__by_rules__has_the_share_alone() -> None:
    chart = charts.split_chart([split((100, 31), policy=RULES)])
    assert (chart["band"], chart["segments"][0]["weight"]) == ("", None)
    assert chart["summary"] == "Revision 1: 31 of 100 (31%)."
    assert chart["range"]["min"] <= 31 <= chart["range"]["max"]


def test_split_chart__revisions_of_two_kinds__name_both_bands() -> None:
    chart = charts.split_chart([split((100, 31)), split((100, 31), policy=EVEN, number=2)])
    assert chart["band"] == "Always-valid band of the weight (99%) / What an even spread keeps within"


def test_versions_chart__errors__are_a_series_of_their_own() -> None:
    chart = charts.versions_chart([VersionCount("1", 70, 0), VersionCount("2", 30, 4)], POLICY)
    told = [
        (series["name"], series["role"], series["errors"], series["values"]) for series in chart["series"]
    ]
    assert told == [
        ("Version 1", "primary", False, [70, None]),
        ("Version 2", "canary", False, [None, 26]),
        ("Version 2, errors", "canary", True, [None, 4]),
    ]
    assert chart["summary"] == "Version 1: 70 invocations, 0 errors. Version 2: 30 invocations, 4 errors."


def test_versions_chart__version_outside_the_policy__has_no_role() -> None:
    chart = charts.versions_chart([VersionCount("7", 1, 0), VersionCount("LATEST", 1, 0)], POLICY)
    assert [(series["name"], series["role"]) for series in chart["series"]] == [
        ("Version 7", "other"),
        ("LATEST", "other"),
    ]


def test_traffic_chart__quiet_buckets__are_gaps_in_their_place() -> None:
    late = Slot(NOON + timedelta(seconds=30), "1", 7, 2, 0)
    chart = charts.traffic_chart(traffic(Slot(NOON, "1", 5, 0, 0), late), POLICY)
    assert chart["labels"][:4] == ["12:00:00", "12:00:10", "12:00:20", "12:00:30"]
    assert len(chart["labels"]) == 6
    assert chart["series"][0]["values"] == [5, 0, 0, 5, 0, 0]
    assert chart["series"][1]["values"] == [0, 0, 0, 2, 0, 0]


def test_traffic_chart__hour__has_labels_at_round_times() -> None:
    hour = Traffic([Slot(NOON, "1", 5, 0, 0)], 10, NOON - timedelta(minutes=57), NOON, [])
    chart = charts.traffic_chart(hour, POLICY)
    assert [chart["labels"][place] for place in chart["ticks"]] == [
        "11:10:00", "11:20:00", "11:30:00", "11:40:00", "11:50:00", "12:00:00",
    ]  # fmt: skip


def test_traffic_chart__versions__are_in_the_order_of_their_numbers() -> None:
    slots = [Slot(NOON, version, 1, 0, 0) for version in ("10", "2", "LATEST")]
    names = [series["name"] for series in charts.traffic_chart(traffic(*slots))["series"]]
    assert names == ["Version 2", "Version 10", "LATEST"]


def test_traffic_chart__revision_within_the_window__is_marked_in_its_bucket() -> None:
    mark = AliasRevision(number=4, created_at=NOON + timedelta(seconds=25))
    chart = charts.traffic_chart(traffic(Slot(NOON, "1", 1, 0, 0), marks=(mark,)))
    assert chart["marks"] == [{"at": 2, "number": 4, "time": "12:00:25"}]
    assert "Revision 4 took over at 2026-03-01 12:00:25 UTC." in chart["summary"]


def test_traffic_chart__several_revisions__are_each_marked_in_their_order() -> None:
    marks = [
        AliasRevision(number=number, created_at=NOON + timedelta(seconds=number)) for number in (31, 30, 12)
    ]
    chart = charts.traffic_chart(traffic(Slot(NOON, "1", 1, 0, 0), marks=tuple(marks)))
    assert [(mark["at"], mark["number"]) for mark in chart["marks"]] == [(1, 12), (3, 30), (3, 31)]


def test_traffic_chart__no_call__is_empty() -> None:
    mark = AliasRevision(number=4, created_at=NOON)
    chart = charts.traffic_chart(traffic(marks=(mark,)))
    assert (chart["labels"], chart["series"], chart["marks"]) == ([], [], [])


def test_charts__all__are_json() -> None:
    made = [
        charts.split_chart([split((10, 4))]),
        charts.split_chart([split((10, 4), policy=policy) for policy in (EVEN, STICKY, RULES)]),
        charts.versions_chart([VersionCount("1", 1, 0)]),
        charts.traffic_chart(traffic(Slot(NOON, "1", 1, 0, 0))),
    ]
    assert json.loads(json.dumps(made)) == made
