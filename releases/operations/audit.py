"""Every operation names who acts, when and through what, and leaves one audit entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from releases.models import AuditEntry, User


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """The first argument of every operation. The clock is read where the act begins, never below."""

    by: User
    at: datetime
    source: str

    def record(
        self,
        action: str,
        *,
        region: str,
        path: str,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        """Write the audit entry, in the transaction of the operation."""
        AuditEntry.objects.create(
            at=self.at,
            by=self.by,
            source=self.source,
            action=action,
            region=region,
            object=path,
            before=before,
            after=after,
        )
