"""What Celery runs for releases. Each reads the clock and makes one call."""

from __future__ import annotations

import logging
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from releases.operations.audit_checks import verify_audit as verify
from releases.operations.packages import collect_packages
from releases.queries import audit

log = logging.getLogger("serin.audit")


@shared_task(name="releases.collect")
def collect() -> None:
    """An hour's grace: a package is kept before the function that will name it is committed."""
    collect_packages(before=timezone.now() - timedelta(hours=1))


@shared_task(name="releases.verify_audit")
def verify_audit() -> None:
    """What is new in the log, or all of it when somebody asked since the last time."""
    last = audit.last_check()
    asked = last is not None and last.is_asked
    broken = verify(at=timezone.now(), whole=asked).reading.broken
    if broken is not None:
        log.error("the audit log does not hold: entry %s %s", broken.number, broken.text)
