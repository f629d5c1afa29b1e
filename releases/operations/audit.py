"""Every operation names who acts, when and through what, and leaves one audit entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import connection

from releases.core.chains import digest
from releases.models import AuditEntry, Service, User
from releases.queries.audit import entry_of

_LOCK: Final = 7_309_462  # of the chain's end: any number that nothing else locks


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """The first argument of every operation. The clock is read where the act begins, never below.

    `request` is the id of the HTTP request, `ip` where it came from; both empty for workers and commands.
    """

    by: User
    at: datetime
    source: str
    request: str = ""
    ip: str | None = None

    def record(
        self,
        action: str,
        *,
        on: Service | None,
        path: str,
        team: str = "",
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Write the audit entry, in the transaction of the operation, as its last lock.

        `on` is the service that it is about or belongs to; None for what belongs to `team`, or to
        the installation.

        Entries are chained, so those who write wait for each other from here to their commit.
        """
        if not connection.in_atomic_block:
            raise AssertionError(f"{action} leaves its entry outside of a transaction: no lock would hold")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        last = AuditEntry.objects.order_by("-pk").values_list("digest", flat=True).first()
        entry = AuditEntry(
            at=self.at,
            by=self.by,
            source=self.source,
            action=action,
            region=on.region if on else "",
            object=path,
            team=on.team.name if on else team,
            before=before,
            after=after,
            reason=reason,
            request=self.request,
            ip=self.ip,
            previous=last or "",
        )
        entry.digest = digest(entry.previous, entry_of(entry))
        entry.save(force_insert=True)
