"""What Celery runs for releases. Each reads the clock and makes one call."""

from __future__ import annotations

import time
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from invocations.queue import enqueue
from releases.operations.due import look_after_changes
from releases.operations.inbox import forget_notices
from releases.operations.packages import collect_packages
from releases.operations.sending import send_next

SEND_FOR_S = 20.0  # then other tasks have their turn


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
