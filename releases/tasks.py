"""What Celery runs for releases. Each reads the clock and makes one call."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from releases.operations.due import look_after_changes
from releases.operations.packages import collect_packages


@shared_task(name="releases.collect")
def collect() -> None:
    """An hour's grace: a package is kept before the function that will name it is committed."""
    collect_packages(before=timezone.now() - timedelta(hours=1))


@shared_task(name="releases.tick")
def tick() -> None:
    look_after_changes(at=timezone.now())
