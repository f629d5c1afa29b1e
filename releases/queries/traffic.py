"""Counts joined with the policies that routed them: funnels and verdicts, never pooled over revisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from invocations import queries as counted
from invocations.models import TestRun, TestRunCount
from invocations.units import MAX_PER_REVISION
from releases.core import funnels, verdicts
from releases.core.funnels import MAX_ROWS, Row
from releases.core.judging import Keys, judge_split
from releases.core.measures import Measure, measure_of, share_of
from releases.core.policies import Policy
from releases.core.verdicts import Verdict
from releases.models import Alias, AliasRevision

from . import aliases

MARKS = 100  # alias revisions that one traffic chart shows at the most


@dataclass(frozen=True, slots=True)
class VersionCount:
    """What one version did."""

    version: str
    invocations: int
    errors: int


@dataclass(frozen=True, slots=True)
class Split:
    """What one alias revision did with its calls. `rows` is empty where nothing was split.

    Keys are counted over the revision's whole life, also in the split of a test run: a key is drawn once.
    """

    revision: AliasRevision
    policy: Policy
    versions: list[VersionCount]
    verdict: Verdict
    rows: list[Row]

    @property
    def calls(self) -> int:
        return sum(count.invocations for count in self.versions)

    @property
    def measure(self) -> Measure | None:
        return measure_of(self.policy)

    @property
    def weight(self) -> float | None:
        """The share that the canary shall get of what is measured."""
        return share_of(self.policy)


@dataclass(frozen=True, slots=True)
class RunState:
    """A test run as its page shows it. `unnamed` answers came from no version: refused, or never arrived."""

    run: TestRun
    versions: list[VersionCount]
    errors: list[tuple[str, int]]
    unnamed: int
    splits: list[Split]
    verdict: Verdict | None
    rate: float
    time_left: timedelta | None


def run_state(run: TestRun, *, at: datetime) -> RunState:
    """Progress, tally and verdict of a run, from its handful of counts; the splits come without rows."""
    rows = counted.counts(run)
    named = [row for row in rows if row.version]
    known = aliases.policies_of({row.alias_revision for row in named})
    splits = _judged(named, known, _keys(known))
    errors = Counter[str]()
    for row in rows:
        if row.error:
            errors[row.error] += row.n
    rate = _rate(run, at)
    left = timedelta(seconds=(run.total - run.done) / rate) if rate and run.finished_at is None else None
    return RunState(
        run=run,
        versions=_by_version(named),
        errors=errors.most_common(),
        unnamed=run.done - sum(row.n for row in named),
        splits=splits,
        verdict=_together(splits),
        rate=rate,
        time_left=left,
    )


@dataclass(frozen=True, slots=True)
class RunLine:
    """A test run in a list; the verdict is None where no alias routed anything."""

    run: TestRun
    verdict: Verdict | None


def run_verdicts(runs: Iterable[TestRun]) -> list[RunLine]:
    """The runs with their verdicts. Two queries, however many there are, and one where keys were split."""
    listed = list(runs)
    rows: dict[int, list[TestRunCount]] = {}
    for row in counted.counts_of_runs(listed):
        if row.version:
            rows.setdefault(row.run_id, []).append(row)
    known = aliases.policies_of({row.alias_revision for found in rows.values() for row in found})
    keys = _keys(known)
    judged = {run_id: _judged(found, known, keys) for run_id, found in rows.items()}
    return [RunLine(run, _together(judged.get(run.pk, []))) for run in listed]


def run_funnels(run: TestRun, splits: Sequence[Split]) -> list[Split]:
    """The same splits with the rows of their funnels, read from the run's ordered tallies."""
    orders = counted.orders(run)
    return [_with_rows(split, orders.get(split.revision.pk)) for split in splits]


def _with_rows(split: Split, order: counted.Order | None) -> Split:
    canary = split.policy.canary
    if canary is None or order is None:
        return split
    rows = _rows(order.steps(str(canary.version), MAX_ROWS), split.policy)
    return Split(split.revision, split.policy, split.versions, split.verdict, rows)


def alias_split(revision: AliasRevision, policy: Policy, *, at: datetime) -> Split:
    """What an alias revision has done so far, from traffic buckets: one query, whatever the traffic.

    One more counts the keys where keys are split.
    """
    ended = aliases.superseded_at(revision) or at
    tier = counted.tier_for(ended - revision.created_at, age=at - revision.created_at)
    slots = counted.traffic_of_revision(revision.pk, tier)
    tally = Counter[str]()
    bad = Counter[str]()
    for slot in slots:
        tally[slot.version] += slot.invocations
        bad[slot.version] += slot.errors
    keys = _keys({revision.pk: (revision, policy)})
    verdict = judge_split(counts_by_version=tally, policy=policy, keys=keys.get(revision.pk))
    versions = [VersionCount(version, tally[version], bad[version]) for version in sorted(tally, key=_order)]
    rows = _rows(_cumulated(slots, policy.canary.version), policy) if policy.canary else []
    return Split(revision, policy, versions, verdict, rows)


def _rows(points: list[tuple[int, int]], policy: Policy) -> list[Row]:
    return funnels.funnel(points, share_of(policy), measure=measure_of(policy) or Measure.RULES)


def _keys(known: Mapping[int, tuple[AliasRevision, Policy]]) -> dict[int, Keys]:
    """The distinct keys of those revisions that split keys; no query where none does."""
    wanted = [pk for pk, (_, policy) in known.items() if measure_of(policy) is Measure.KEYS]
    found = counted.units_of_revisions(wanted) if wanted else {}
    return {
        pk: Keys(by_version=units.by_version, both=units.both, is_cut=units.distinct >= MAX_PER_REVISION)
        for pk, units in found.items()
    }


def _cumulated(slots: Iterable[counted.Slot], canary: int) -> list[tuple[int, int]]:
    """Cumulative (n, k) after each bucket's time; buckets of one time make one point."""
    points: dict[datetime, tuple[int, int]] = {}
    n = k = 0
    for slot in slots:
        n += slot.invocations
        k += slot.invocations if slot.version == str(canary) else 0
        points[slot.start] = (n, k)
    return list(points.values())


def verdicts_so_far(known: Mapping[int, tuple[AliasRevision, Policy]]) -> dict[int, Verdict]:
    """What each of these revisions did over its whole life. One query, and one more where keys are split."""
    totals = counted.totals_of_revisions(known)
    keys = _keys(known)
    return {
        pk: judge_split(
            counts_by_version={version: n for version, (n, _) in totals.get(pk, {}).items()},
            policy=policy,
            keys=keys.get(pk),
        )
        for pk, (_, policy) in known.items()
    }


@dataclass(frozen=True, slots=True)
class Traffic:
    """Invocations per version over a window of time, and the revisions that took over within it."""

    slots: list[counted.Slot]
    tier: int
    since: datetime
    until: datetime
    marks: list[AliasRevision]


def alias_traffic(alias: Alias, *, since: datetime, until: datetime) -> Traffic:
    """What an alias served within a window, over all its revisions."""
    revisions = list(aliases.revisions(alias).filter(created_at__lt=until)[:MARKS])
    serving = [revision for revision in revisions if revision.created_at >= since]
    serving += [revision for revision in revisions if revision.created_at < since][:1]
    tier = counted.tier_for(until - since)
    # Gateways hear of a revision a moment late: calls of the window's first seconds may be the one's before.
    slots = counted.traffic_of_revisions(
        [revision.pk for revision in serving], tier=tier, since=since, until=until
    )
    return Traffic(slots, tier, since, until, [r for r in revisions if r.created_at >= since])


def _together(splits: Sequence[Split]) -> Verdict | None:
    return verdicts.combine([split.verdict for split in splits]) if splits else None


def _judged(
    rows: Iterable[TestRunCount],
    known: Mapping[int, tuple[AliasRevision, Policy]],
    keys: Mapping[int, Keys],
) -> list[Split]:
    by_revision: dict[int, list[TestRunCount]] = {}
    for row in rows:
        if row.alias_revision:
            by_revision.setdefault(row.alias_revision, []).append(row)
    splits = []
    for revision_id in sorted(by_revision.keys() & known.keys()):
        revision, policy = known[revision_id]
        versions = _by_version(by_revision[revision_id])
        tally = {count.version: count.invocations for count in versions}
        verdict = judge_split(counts_by_version=tally, policy=policy, keys=keys.get(revision_id))
        splits.append(Split(revision, policy, versions, verdict, []))
    return splits


def _by_version(rows: Iterable[TestRunCount]) -> list[VersionCount]:
    tally = Counter[str]()
    bad = Counter[str]()
    for row in rows:
        tally[row.version] += row.n
        bad[row.version] += row.n if row.error else 0
    return [VersionCount(version, tally[version], bad[version]) for version in sorted(tally, key=_order)]


def _order(version: str) -> tuple[int, str]:
    """Numbers by value, LATEST after them."""
    return (int(version), "") if version.isdigit() else (2**63, version)


def _rate(run: TestRun, at: datetime) -> float:
    """Invocations per second since the run started; 0 before its first."""
    if run.started_at is None:
        return 0.0
    seconds = ((run.finished_at or at) - run.started_at).total_seconds()
    return run.done / seconds if seconds > 0 else 0.0
