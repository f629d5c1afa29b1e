"""Reading the audit log, and whether its chain holds."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from releases.core.chains import Broken, Link, first_break
from releases.models import AuditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What of the log is looked at; an empty one takes all."""

    person: str = ""
    action: str = ""
    source: str = ""
    object: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """`entries` were read; `unchained` of them are from before there was a chain."""

    entries: int
    unchained: int
    broken: Broken | None


def entries(teams: Collection[str] | None, filters: Filters) -> QuerySet[AuditEntry]:
    """The newest first, of these teams' things; None for all, the installation's own included."""
    found = AuditEntry.objects.select_related("by").order_by("-pk")
    if teams is not None:
        found = found.filter(team__in=teams)
    wanted: dict[str, Any] = {
        "by__username": filters.person,
        "action": filters.action,
        "source": filters.source,
        "object__istartswith": filters.object,
        "at__gte": filters.since,
        "at__lt": filters.until,
    }
    return found.filter(**{column: value for column, value in wanted.items() if value})


def verify() -> Chain:
    """Read the whole log from its beginning. Constant memory, however long it is."""
    rows = AuditEntry.objects.order_by("pk")
    unchained = rows.filter(digest="").count()
    counted = 0

    def links() -> Iterator[Link]:
        nonlocal counted
        for row in rows.exclude(digest="").iterator():
            counted += 1
            yield Link(row.pk, entry_of(row), row.previous, row.digest)

    broken = first_break(links())
    return Chain(counted + unchained, unchained, broken)


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
        "ip": row.ip,
    }
