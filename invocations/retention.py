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
BITE = 10_000


def forget(*, at: datetime) -> None:
    """Delete invocation rows, traffic buckets, test runs and recorder marks older than their time."""
    _bites("invocations_invocation", "started_at < %s", [at - ROWS])
    for tier, kept in TIERS.items():
        _bites("invocations_trafficbucket", "tier = %s AND start < %s", [tier, at - kept])
    _bites("invocations_recorderbatch", "at < %s", [at - RECORDERS])
    TestRun.objects.filter(finished_at__lt=at - RUNS).delete()


def _bites(table: str, condition: str, values: list[Any]) -> None:
    # ctid rather than a key: the tables have different ones, and each bite is a statement of its own.
    chosen = f"SELECT ctid FROM {table} WHERE {condition} LIMIT {BITE}"  # noqa: S608 - all of this module
    bite = f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({chosen}))"  # noqa: S608
    with connection.cursor() as cursor:
        while True:
            cursor.execute(bite, values)
            if cursor.rowcount < BITE:
                return
