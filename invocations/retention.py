"""Forgetting what is past its time, in small bites so that nothing else waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from .models import TestRun
from .queries import TIERS

ROWS = timedelta(days=7)
RUNS = timedelta(days=90)
RECORDERS = timedelta(days=7)
LABELS = timedelta(hours=23)  # with a round every 10 min, none gets 24 hours old
UNITS = timedelta(days=30)  # after a key was first seen
BITE = 10_000


def forget(*, at: datetime) -> None:
    """Delete whatever is older than its time: rows, labels, keys, buckets, test runs, recorder marks."""
    _bites("invocations_invocationlabels", "at < %s", [at - LABELS])
    _bites("invocations_invocation", "started_at < %s", [at - ROWS])
    _bites("invocations_trafficunit", "at < %s", [at - UNITS])
    for tier, kept in TIERS.items():
        _bites("invocations_trafficbucket", "tier = %s AND start < %s", [tier, at - kept])
    _bites("invocations_recorderbatch", "at < %s", [at - RECORDERS])
    TestRun.objects.filter(finished_at__lt=at - RUNS).delete()


def _bites(table: str, condition: str, values: list[Any]) -> None:
    # ctid rather than a key: the tables have different ones, and each bite is a statement of its own.
    chosen = f"SELECT ctid FROM {table} WHERE {condition} LIMIT {BITE}"  # noqa: S608 - all parts are of this module
    bite = f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({chosen}))"  # noqa: S608 - the same
    with connection.cursor() as cursor:
        while True:
            cursor.execute(bite, values)
            if cursor.rowcount < BITE:
                return
