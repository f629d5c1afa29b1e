"""GET /healthz: what works. Always 200 while calls are answered, for a gateway outlives its database.

`status` is "degraded" while the database is away (routes stay as they are and records wait, calls do not),
and when the last call that needed a new instance got none; `sandbox` then says why.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from invocations.engine.pool import Pool
from invocations.recorder import Recorder

from .loading import Loader
from .request import Answer
from .table import RoutingTable


def report(
    *,
    table: RoutingTable,
    loader: Loader,
    recorder: Recorder,
    pool: Pool,
    sandbox_problem: str,
    loop_time: float,
    monotonic: float,
) -> Answer:
    """Ages are in seconds; null where the thing has not happened yet."""
    backlog = recorder.backlog(monotonic)
    synced_at = loader.synced_at
    body = {
        "status": "ok" if loader.listening and not sandbox_problem else "degraded",
        "database": "ok" if loader.listening else "away",
        "table": {
            "services": table.count_services(),
            "aliases": table.count_aliases(),
            "age_s": None if synced_at is None else round(loop_time - synced_at, 3),
        },
        "recorder": {
            "backlog_invocations": backlog.invocations,
            "backlog_rows": backlog.rows,
            "dropped_rows": backlog.dropped_rows,
            "last_commit_age_s": backlog.last_commit_age_s,
        },
        "instances": asdict(pool.stats()),
        "sandbox": sandbox_problem or "ok",
    }
    text = json.dumps(body).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(text)),
        (b"cache-control", b"no-store"),
    ]
    return Answer(200, headers, text)
