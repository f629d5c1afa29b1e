"""Reading traffic, invocations and test runs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count, QuerySet, Sum

from .models import Invocation, InvocationLabels, TestRun, TestRunCount, TrafficBucket

SENT = ("payloads", "request")  # columns of a run that are large and seldom needed
POINTS = 720  # of a chart by time: two hours of 10 s, two and a half days of 5 min, a month of 1 h
TIERS = {10: timedelta(days=2), 300: timedelta(days=30), 3600: timedelta(days=800)}  # s, and how long kept


@dataclass(frozen=True, slots=True)
class Slot:
    """Traffic of one version within one bucket's time, over all functions asked for."""

    start: datetime
    version: str
    invocations: int
    errors: int
    duration_us: int


def tier_for(span: timedelta, *, age: timedelta = timedelta(0)) -> int:
    """The finest tier, in seconds, that draws this span within POINTS points and is kept for this long.

    An hour beyond that.
    """
    return next(
        (tier for tier, kept in TIERS.items() if span.total_seconds() <= tier * POINTS and age < kept), 3600
    )


def traffic_of_revision(alias_revision: int, tier: int) -> list[Slot]:
    """All traffic that an alias revision routed, in order of time and version."""
    return _slots(TrafficBucket.objects.filter(alias_revision=alias_revision, tier=tier))


def traffic_of_revisions(
    alias_revisions: Sequence[int], *, tier: int, since: datetime, until: datetime
) -> list[Slot]:
    """Traffic routed by any of these revisions within a window."""
    found = TrafficBucket.objects.filter(
        alias_revision__in=alias_revisions, tier=tier, start__gte=since, start__lt=until
    )
    return _slots(found)


def totals_of_revisions(alias_revisions: Iterable[int]) -> dict[int, dict[str, tuple[int, int]]]:
    """Per revision and version: (invocations, errors) over its whole life, from the coarsest tier."""
    found = (
        TrafficBucket.objects.filter(alias_revision__in=list(alias_revisions), tier=3600)
        .values("alias_revision", "version")
        .annotate(n=Sum("invocations"), bad=Sum("errors"))
    )
    totals: dict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in found:
        totals[row["alias_revision"]][row["version"]] = (row["n"], row["bad"])
    return totals


@dataclass(frozen=True, slots=True)
class Units:
    """The distinct keys of an alias revision by version. Those that met several versions count as `both`."""

    by_version: dict[str, int]
    both: int

    @property
    def distinct(self) -> int:
        return sum(self.by_version.values()) + self.both


# Versions of one key are compared as text: all that counts is whether they differ.
_UNITS = """
SELECT alias_revision, first, last, count(*) FROM (
    SELECT alias_revision, min(version) AS first, max(version) AS last
    FROM invocations_trafficunit WHERE alias_revision = ANY(%s) GROUP BY alias_revision, unit_hash
) AS unit GROUP BY alias_revision, first, last
"""


def units_of_revisions(alias_revisions: Iterable[int]) -> dict[int, Units]:
    """Per revision that has any: its distinct keys. One query, which grows with their number."""
    found: dict[int, Units] = {}
    with connection.cursor() as cursor:
        cursor.execute(_UNITS, [list(alias_revisions)])
        for revision, first, last, n in cursor.fetchall():
            units = found.get(revision, Units({}, 0))
            by_version = units.by_version | ({first: n} if first == last else {})
            found[revision] = Units(by_version, units.both + (n if first != last else 0))
    return found


# Revision by revision, for the index gives each one's newest; all at once, all of them would be sorted.
_LABELLED = """
SELECT newest.* FROM unnest(%s::bigint[]) AS wanted (id) CROSS JOIN LATERAL (
    SELECT * FROM invocations_invocationlabels WHERE alias_revision = wanted.id ORDER BY at DESC LIMIT %s
) AS newest ORDER BY newest.at DESC LIMIT %s
"""


def labelled(alias_revisions: Iterable[int], *, limit: int) -> list[InvocationLabels]:
    """The newest calls through these revisions whose labels were kept, newest first."""
    return list(InvocationLabels.objects.raw(_LABELLED, [list(alias_revisions), limit, limit]))


def count_labelled(alias_revisions: Iterable[int], limit: int) -> int:
    """How many calls through these revisions have labels that are kept; it stops counting at `limit`."""
    return InvocationLabels.objects.filter(alias_revision__in=list(alias_revisions))[:limit].count()


def _slots(found: QuerySet[TrafficBucket]) -> list[Slot]:
    rows = (
        found.order_by("start", "version")
        .values_list("start", "version")
        .annotate(Sum("invocations"), Sum("errors"), Sum("duration_us"))
    )
    return [Slot(*row) for row in rows]


def invocations_of_function(region: str, service: str, function: str) -> QuerySet[Invocation]:
    """The recorded invocations of a function, newest first, without their logs."""
    found = Invocation.objects.filter(region=region, service=service, function=function)
    return found.defer("log").order_by("-started_at")


def invocation(region: str, service: str, request_id: str) -> Invocation | None:
    return Invocation.objects.filter(pk=request_id, region=region, service=service).first()


def labels_of(row: Invocation) -> dict[str, Any]:
    """What was kept of this call's values by name; nothing where nobody asked, or once it was forgotten."""
    found = InvocationLabels.objects.filter(pk=row.pk).values_list("labels", flat=True).first()
    return found if isinstance(found, dict) else {}


def test_runs(region: str, *, services: Iterable[str] | None = None) -> QuerySet[TestRun]:
    """The test runs of these services of a region, newest first, without what they send; None for all."""
    found = TestRun.objects.filter(region=region).defer(*SENT).order_by("-pk")
    return found if services is None else found.filter(service__in=services)


def counts(run: TestRun) -> list[TestRunCount]:
    """How the run's indexes ended: one row per alias revision, version and kind of error."""
    return counts_of_runs([run])


def counts_of_runs(runs: Iterable[TestRun]) -> list[TestRunCount]:
    """The counts of all these runs in one query, run by run."""
    found = TestRunCount.objects.filter(run__in=[run.pk for run in runs])
    return list(found.order_by("run_id", "alias_revision", "version", "error"))


@dataclass(frozen=True, slots=True)
class Order:
    """Which version answered, call by call, in the order of the answers.

    Byte i of `sequence` is the place in `versions` of the version that gave the i-th answer. Answers that
    name no version (the gateway was away, or refused) are not in it.
    """

    versions: list[str]
    sequence: bytes

    def steps(self, version: str, points: int) -> list[tuple[int, int]]:
        """Cumulative (n, k) at no more than `points` steps: k of the first n answers came from `version`.

        The steps are even in the square root of n, since that is how a share settles.
        """
        total = len(self.sequence)
        code = bytes([self.versions.index(version)]) if version in self.versions else b""
        ends = sorted({math.ceil(total * (place / points) ** 2) for place in range(1, points + 1)} - {0})
        steps: list[tuple[int, int]] = []
        start = k = 0
        for end in ends:
            k += self.sequence.count(code, start, end) if code else 0
            steps.append((end, k))
            start = end
        return steps


def orders(run: TestRun) -> dict[int, Order]:
    """Per alias revision (0 for none): the order of the run's answers. A byte an answer, so 1 MB at most."""
    versions: dict[int, list[str]] = defaultdict(list)
    pieces: dict[int, list[bytes]] = defaultdict(list)
    for legend, sequence in run.tallies.order_by("pk").values_list("legend", "sequence").iterator():
        for revision in {entry[0] for entry in legend}:
            table, unnamed = _translation(legend, revision, versions[revision])
            pieces[revision].append(bytes(sequence).translate(table, unnamed))
    return {revision: Order(versions[revision], b"".join(pieces[revision])) for revision in sorted(pieces)}


def _translation(legend: list[list[object]], wanted: int, versions: list[str]) -> tuple[bytes, bytes]:
    """For bytes.translate: legend places to version places, and those to drop. Adds to `versions`."""
    table = bytearray(256)
    drop = bytearray()
    for place, (revision, version, _error) in enumerate(legend):
        if revision != wanted or not isinstance(version, str) or not version:
            drop.append(place)
            continue
        if version not in versions:
            versions.append(version)
        table[place] = versions.index(version)
    return bytes(table), bytes(drop)


def test_runs_mark(region: str, service: str, qualifier: str) -> str:
    """Changes when a test run through this qualifier is asked for, begins or ends. One indexed read."""
    runs = TestRun.objects.filter(region=region, service=service, qualifier=qualifier)
    mark = runs.aggregate(asked=Count("pk"), begun=Count("started_at"), ended=Count("finished_at"))
    return f"{mark['asked']}.{mark['begun']}.{mark['ended']}"


def has_passed(region: str, service: str, qualifier: str) -> bool:
    """Whether some test run through this qualifier finished without an error."""
    runs = TestRun.objects.filter(region=region, service=service, qualifier=qualifier, errors=0)
    return runs.filter(status=TestRun.Status.FINISHED).exists()
