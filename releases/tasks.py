"""What Celery runs for releases. Each reads the clock and makes one call."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from invocations.queue import enqueue
from releases.operations.audit_checks import verify_audit as verify
from releases.operations.due import look_after_changes
from releases.operations.inbox import forget_notices
from releases.operations.packages import collect_packages
from releases.operations.sending import send_next
from releases.queries import audit

SEND_FOR_S = 20.0  # then other tasks have their turn

log = logging.getLogger("serin.audit")


@shared_task(name="releases.collect")
def collect() -> None:
    """An hour's grace: a package is kept before the function that will name it is committed."""
    collect_packages(before=timezone.now() - timedelta(hours=1))


@shared_task(name="releases.send")
def send() -> None:
    """Empty the outbox, or begin to. Several at once share the rows."""
    deadline = time.monotonic() + SEND_FOR_S
    while send_next(at=timezone.now()):
        if time.monotonic() > deadline:
            enqueue("releases.send")
            return


@shared_task(name="releases.forget")
def forget() -> None:
    forget_notices(at=timezone.now())


@shared_task(name="releases.tick")
def tick() -> None:
    look_after_changes(at=timezone.now())


@shared_task(name="releases.verify_audit")
def verify_audit() -> None:
    """What is new in the log, or all of it when somebody asked since the last time."""
    last = audit.last_check()
    asked = last is not None and last.is_asked
    broken = verify(at=timezone.now(), whole=asked).reading.broken
    if broken is not None:
        log.error("the audit log does not hold: entry %s %s", broken.number, broken.text)
