"""Rows to the JSON that one chart needs. Nothing is read here, and nothing is known of pixels or colours.

`static/src/chart.js` draws it; the table under each chart shows the same rows.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils import timezone

from invocations.queries import Slot
from releases.core import funnels, wording
from releases.core.funnels import Row
from releases.core.measures import Measure
from releases.core.policies import Policy
from releases.models import AliasRevision
from releases.queries.traffic import Split, Traffic, VersionCount

Chart = dict[str, Any]

_STEPS: Final = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20)  # points between the marks of the vertical axis
_MARKS: Final = 5
_MOUTH: Final = 20
_BAND_MOUTH: Final = 4
_ALONE: Final = 2.5  # points on either side
_BANDS: Final = {
    Measure.CALLS: "Always-valid band of the weight (99%)",
    Measure.EVEN: "What an even spread keeps within",
}
_LABEL_FORMATS: Final = {10: "%H:%M:%S", 300: "%d %b %H:%M", 3600: "%d %b %H:%M"}
_TICKS: Final = {10: 600, 300: 3 * 3600, 3600: 24 * 3600}  # seconds between the labels that are shown


def split_chart(splits: Sequence[Split], *, planned: int | None = None) -> Chart:
    """The observed canary share against the number of invocations.

    Each alias revision is a segment of its own, one after the other along the axis, and never pooled.
    A point is [x, share, lo, hi, band_lo, band_hi, n, k]: x counts over all segments, n and k within
    one; shares are in percent, and what a kind of split has not is null, as is the `weight` of pure
    rules. `band` has points of its own, [x, lo, hi], for it is known where nothing was observed.
    `planned` is where the axis ends, if it is known before the run does.
    """
    segments: list[Chart] = []
    start = 0
    for split in splits:
        if split.policy.canary is None or not split.rows:
            continue
        segments.append(_segment(split, start))
        start += split.rows[-1].n
    return {
        "kind": "split",
        "share": _share_name(splits),
        "target": _target_name(splits),
        "band": _band_name(splits),
        "max": max(start, planned or 0),
        "range": _range(segments),
        "segments": segments,
        "summary": " ".join(_segment_sentence(segment) for segment in segments),
    }


def _segment(split: Split, start: int) -> Chart:
    n = split.rows[-1].n
    return {
        "label": str(split.revision).capitalize(),
        "start": start,
        "end": start + n,
        "weight": None if split.policy.share_bp is None else split.policy.share_bp / 100,
        "points": [_point(row, start) for row in split.rows],
        "band": [
            [start + station, _percent(lo), _percent(hi)]
            for station, lo, hi in funnels.band(n, split.weight, measure=split.measure or Measure.RULES)
        ],
    }


def _point(row: Row, start: int) -> list[float | None]:
    shares = (row.share, row.lo, row.hi, row.band_lo, row.band_hi)
    return [start + row.n, *map(_percent, shares), row.n, row.k]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 3)


def _band_name(splits: Iterable[Split]) -> str:
    """What the dashes are; revisions of both kinds share one legend."""
    measures = {split.measure for split in splits}
    names = [name for measure, name in _BANDS.items() if measure in measures]
    return " / ".join(names)


def _share_name(splits: Sequence[Split]) -> str:
    """What the line is. Where keys or rules decide, it describes the calls and is held against nothing."""
    canaries = {split.policy.canary.version for split in splits if split.policy.canary}
    canary = f"version {canaries.pop()}" if len(canaries) == 1 else "the canary"
    is_described = bool({split.measure for split in splits} & {Measure.KEYS, Measure.RULES})
    return f"Share of calls to {canary}" if is_described else f"Observed share of {canary}"


def _target_name(splits: Iterable[Split]) -> str:
    """What the line of the weight is; empty where none has a weight."""
    weighed = [split for split in splits if split.weight is not None]
    by_key = any(split.measure is Measure.KEYS for split in weighed)
    return "Configured share of keys" if by_key else "Configured weight" if weighed else ""


def _segment_sentence(segment: Chart) -> str:
    *_, n, k = segment["points"][-1]
    seen = f"{segment['label']}: {wording.count(k)} of {wording.count(n)} ({wording.share(k / n)})"
    return f"{seen}." if segment["weight"] is None else f"{seen}, configured {segment['weight']:g}%."


def _range(segments: Iterable[Chart]) -> Chart:
    """Where the vertical axis starts and ends, in percent, and its step.

    The mouth of a funnel is as wide as the axis; what counts is where it settles, so the axis fits the rows
    after the first twentieth of the invocations and the last three quarters of the band, and cuts off what
    lies before. A share alone stands amid a few points, for an axis needs two ends.
    """
    values = [edge for segment in segments for edge in _settled(segment) if edge is not None]
    if not values:
        return {"min": 0, "max": 100, "step": 20}
    low, high = min(values), max(values)
    if low == high:
        low, high = low - _ALONE, high + _ALONE
    step = next((step for step in _STEPS if (high - low) / step <= _MARKS), _STEPS[-1])
    return {
        "min": round(max(0, math.floor(low / step) * step), 1),
        "max": round(min(100, math.ceil(high / step) * step), 1),
        "step": step,
    }


def _settled(segment: Chart) -> Iterator[float | None]:
    """The shares of a segment that the axis fits, in percent."""
    n = segment["end"] - segment["start"]
    for _, *shares, counted, _ in segment["points"]:
        if counted >= n / _MOUTH:
            yield from shares
    for place, *edges in segment["band"]:
        if place - segment["start"] >= n / _BAND_MOUTH:
            yield from edges
    yield segment["weight"]


def versions_chart(counts: Sequence[VersionCount], policy: Policy | None = None) -> Chart:
    """Invocations per version, in all. The policy gives the versions their roles."""
    labels = [_name(count.version) for count in counts]
    series: list[Chart] = []
    for place, count in enumerate(counts):
        succeeded: list[int | None] = [None] * len(counts)
        failed = list(succeeded)
        succeeded[place], failed[place] = count.invocations - count.errors, count.errors
        series += _pair(count.version, policy, succeeded, failed)
    sentences = [_count_sentence(count.version, count.invocations, count.errors) for count in counts]
    return {
        "kind": "versions",
        "horizontal": True,
        "labels": labels,
        "series": series,
        "marks": [],
        "summary": " ".join(sentences),
    }


def traffic_chart(traffic: Traffic, policy: Policy | None = None) -> Chart:
    """Invocations per version over time, one bar per bucket, with the revisions that took over."""
    starts = _starts(traffic)
    places = {start: place for place, start in enumerate(starts)}
    series: list[Chart] = []
    sentences: list[str] = []
    for version, slots in _by_version(traffic.slots).items():
        succeeded, failed = [0] * len(starts), [0] * len(starts)
        for slot in slots:
            place = places[slot.start]
            succeeded[place], failed[place] = slot.invocations - slot.errors, slot.errors
        series += _pair(version, policy, succeeded, failed)
        sentences.append(_count_sentence(version, sum(succeeded) + sum(failed), sum(failed)))
    label = _LABEL_FORMATS[traffic.tier]
    return {
        "kind": "versions",
        "horizontal": False,
        "labels": [f"{timezone.localtime(start):{label}}" for start in starts],
        "ticks": [place for place, start in enumerate(starts) if _is_round(start, _TICKS[traffic.tier])],
        "series": series,
        "marks": [_mark(mark, traffic) for mark in reversed(traffic.marks) if starts],
        "summary": " ".join([*sentences, *map(_took_over, reversed(traffic.marks))]),
    }


def _mark(revision: AliasRevision, traffic: Traffic) -> Chart:
    """Where a revision took over, as a place among the buckets, and when."""
    time = f"{timezone.localtime(revision.created_at):{_LABEL_FORMATS[traffic.tier]}}"
    return {"at": _place(revision.created_at, traffic), "number": revision.number, "time": time}


def _took_over(revision: AliasRevision) -> str:
    at = timezone.localtime(revision.created_at)
    return f"Revision {revision.number} took over at {at:%Y-%m-%d %H:%M:%S %Z}."


def _starts(traffic: Traffic) -> list[datetime]:
    """The start of every bucket of the window, with and without calls; none at all without any call."""
    if not traffic.slots:
        return []
    tier = timedelta(seconds=traffic.tier)
    first = _floor(traffic.since, traffic.tier)
    last = max(slot.start for slot in traffic.slots)
    end = max(last + tier, traffic.until)
    return [first + number * tier for number in range(math.ceil((end - first) / tier))]


def _is_round(start: datetime, seconds: int) -> bool:
    local = timezone.localtime(start)
    return (local.hour * 3600 + local.minute * 60 + local.second) % seconds == 0


def _place(when: datetime, traffic: Traffic) -> int:
    first = _floor(traffic.since, traffic.tier)
    return (_floor(when, traffic.tier) - first) // timedelta(seconds=traffic.tier)


def _floor(when: datetime, tier: int) -> datetime:
    seconds = int(when.timestamp())
    return datetime.fromtimestamp(seconds - seconds % tier, tz=when.tzinfo)


def _by_version(slots: Iterable[Slot]) -> Mapping[str, list[Slot]]:
    found: dict[str, list[Slot]] = {}
    for slot in slots:
        found.setdefault(slot.version, []).append(slot)
    return dict(sorted(found.items(), key=lambda item: (len(item[0]), item[0])))


def _pair(
    version: str, policy: Policy | None, succeeded: Sequence[object], failed: Sequence[object]
) -> list[Chart]:
    """The series of a version, and that of its errors if it has any."""
    role = _role(version, policy)
    pair: list[Chart] = [{"name": _name(version), "role": role, "errors": False, "values": succeeded}]
    if any(failed):
        pair.append({"name": f"{_name(version)}, errors", "role": role, "errors": True, "values": failed})
    return pair


def _role(version: str, policy: Policy | None) -> str:
    if policy is None:
        return "primary"
    if policy.canary and version == str(policy.canary.version):
        return "canary"
    return "primary" if version == str(policy.primary) else "other"


def _name(version: str) -> str:
    return f"Version {version}" if version.isdigit() else version


def _count_sentence(version: str, invocations: int, errors: int) -> str:
    return f"{_name(version)}: {wording.count(invocations)} invocations, {wording.count(errors)} errors."
