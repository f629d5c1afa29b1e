"""The one way to start a task: on commit, by name, with ids."""

from __future__ import annotations

from celery import current_app
from django.db import transaction


def enqueue(name: str, *ids: int) -> None:
    """Send the task when the transaction commits.

    A broker that is away is logged, not raised: what is committed is found by the next tick.
    """
    transaction.on_commit(lambda: _send(name, ids), robust=True)


def _send(name: str, ids: tuple[int, ...]) -> None:
    # No publish retry: the caller may be a page, and the tick sends it again.
    current_app.send_task(name, args=ids, retry=False)
