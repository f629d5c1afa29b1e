"""Verifying the audit log, and remembering what was found: nobody's act, which leaves no entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from invocations.queue import enqueue
from releases.core.chains import Broken, Head, Reading
from releases.models import AuditCheck
from releases.queries import audit as query

WHOLE_EVERY: Final = timedelta(hours=24)
"""Between two verifications that read all entries; those between read what is new."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was read, and of the heads that were asked for those that are no more in the chain."""

    reading: Reading
    missing: frozenset[str]


def verify_audit(*, at: datetime, whole: bool = False, heads: frozenset[str] = frozenset()) -> Verified:
    """Read what is new in the log, or all of it when that is due, and remember how it stands.

    All of it also when it did not hold the last time, and when `heads` are looked for.
    """
    last = AuditCheck.objects.get_or_create(pk=AuditCheck.ONLY)[0]
    noted = Head(last.head, last.digest) if last.head is not None else None
    due = last.whole_at is None or at - last.whole_at >= WHOLE_EVERY or last.broken_at is not None
    whole = whole or due or bool(heads) or noted is None
    known = heads | ({noted.digest} if noted else set())
    reading, missing = query.verify(start=None if whole else noted, known=known)
    if reading.broken is None and noted is not None and noted.digest in missing:
        end = Broken(noted.number, "was cut off the end, or all was written anew, after it had been verified")
        reading = Reading(reading.chained, reading.unchained, reading.head, end)
    _remember(last, reading, at=at, whole=whole)
    return Verified(reading, frozenset(missing & heads))


@transaction.atomic
def ask_verification(*, at: datetime) -> None:
    """Have a worker read all of the log now."""
    AuditCheck.objects.update_or_create(pk=AuditCheck.ONLY, defaults={"asked_at": at})
    enqueue("releases.verify_audit")


def _remember(last: AuditCheck, reading: Reading, *, at: datetime, whole: bool) -> None:
    """Counts of what is new come on top of those before; a head that is gone stays noted."""
    broken = reading.broken
    found = {
        "checked_at": at,
        "whole_at": at if whole else last.whole_at,
        "chained": reading.chained + (0 if whole else last.chained),
        "unchained": reading.unchained if whole else last.unchained,
        "broken_at": broken.number if broken else None,
        "broken": broken.text if broken else "",
    }
    if broken is None:
        found |= {
            "head": reading.head.number if reading.head else None,
            "digest": reading.head.digest if reading.head else "",
        }
    rows = AuditCheck.objects.filter(pk=last.pk)
    if not whole and broken is None:
        # Another may have ended meanwhile and found more than this one, which saw a part.
        rows = rows.filter(checked_at=last.checked_at)
    rows.update(**found)
