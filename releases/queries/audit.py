"""Reading the audit log, and whether its chain holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any, Final

from django.db.models import Max, Q, QuerySet

from releases.core.chains import Broken, Head, Link, Reading, read
from releases.models import AuditCheck, AuditEntry, User

CHUNK: Final = 2_000
"""Rows that are in memory at once when all of the log is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What of the log is looked at; an empty one takes all.

    `object` is how the object's path begins; with `exactly` it is the object's path, and what belongs to it
    is looked at too. `since` belongs to what is looked at, `until` does not.
    """

    person: str = ""
    action: str = ""
    source: str = ""
    region: str = ""
    object: str = ""
    exactly: bool = False
    since: datetime | None = None
    until: datetime | None = None


def entries(teams: Collection[str] | None, filters: Filters) -> QuerySet[AuditEntry]:
    """The newest first, of these teams' things; None for all, the installation's own included.

    Newest is by number, as they were committed; with an end by time, as they began. Else the database would
    look for an end long past through all that is newer.
    """
    found = AuditEntry.objects.order_by(*(("-at", "-pk") if filters.until else ("-pk",)))
    if teams is not None:
        found = found.filter(team__in=teams)
    if filters.person:
        # By key, which the index knows, and not by a join, which the planner may begin at the wrong end.
        people = User.objects.filter(username=filters.person).values_list("pk", flat=True)
        found = found.filter(by__in=list(people))
    if filters.object:
        found = found.filter(
            _below(filters.object) if filters.exactly else Q(object__startswith=filters.object)
        )
    wanted: dict[str, Any] = {
        "action": filters.action,
        "source": filters.source,
        "region": filters.region,
        "at__gte": filters.since,
        "at__lt": filters.until,
    }
    return found.filter(**{column: value for column, value in wanted.items() if value})


def earlier(found: QuerySet[AuditEntry], filters: Filters, number: int) -> QuerySet[AuditEntry]:
    """Those of `entries` with the same filters that come after entry `number`."""
    at = AuditEntry.objects.filter(pk=number).values_list("at", flat=True).first() if filters.until else None
    if at is None:
        return found.filter(pk__lt=number)
    return found.filter(Q(at__lt=at) | Q(pk__lt=number), at__lte=at)


def _below(path: str) -> Q:
    """An object, its triggers, its change requests and its test runs."""
    whole = Q(object=path)
    for mark in "/#@":
        whole |= Q(object__startswith=path + mark)
    return whole


def oldest_first(found: QuerySet[AuditEntry], *, since: int | None = None) -> Iterator[AuditEntry]:
    """All rows that there are now, from number `since` on, CHUNK at a time: memory does not grow with them,
    and no transaction stays open.
    """
    rows = found.order_by("pk")
    rows = rows.filter(pk__lte=rows.aggregate(last=Max("pk"))["last"] or 0)
    part = rows.filter(pk__gte=since) if since is not None else rows
    while chunk := list(part[:CHUNK]):
        yield from chunk
        part = rows.filter(pk__gt=chunk[-1].pk)


def names(rows: Iterable[AuditEntry]) -> dict[int, str]:
    """Who acted, by key. Somebody whose account is gone from the database has none."""
    people = User.objects.filter(pk__in={row.by_id for row in rows})
    return dict(people.values_list("pk", "username"))


def verify(*, start: Head | None = None, known: Collection[str] = ()) -> tuple[Reading, set[str]]:
    """Read the whole log, or from `start` on. Constant memory, however long it is.

    Also which digests of `known` were not met on the way: they, or the entries that had them, are gone.
    """
    missing = set(known)

    def links() -> Iterator[Link]:
        for row in oldest_first(AuditEntry.objects.all(), since=start.number if start else None):
            missing.discard(row.digest)
            yield Link(row.pk, entry_of(row), row.previous, row.digest)

    reading = read(links(), start=start)
    return reading, missing


def last_check() -> AuditCheck | None:
    """What the last verification found."""
    return AuditCheck.objects.filter(pk=AuditCheck.ONLY).first()


def broken_of(check: AuditCheck) -> Broken | None:
    return Broken(check.broken_at, check.broken) if check.broken_at is not None else None


def entry_of(row: AuditEntry) -> dict[str, Any]:
    """What the digest covers: every column but the chain's own and the key, which the database gives."""
    return {
        "at": row.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "by": row.by_id,
        "source": row.source,
        "action": row.action,
        "region": row.region,
        "object": row.object,
        "team": row.team,
        "before": row.before,
        "after": row.after,
        "reason": row.reason,
        "request": row.request,
        "ip": str(ip_address(row.ip)) if row.ip else None,
    }
