"""What tests of the recorder share."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from invocations.recorder import Recorder

AT = 1_800_000_003.5  # in the slot that begins at ...000
AWAY = "host=/nowhere dbname=nothing"


def record(recorder: Recorder, **changed: Any) -> str:
    request_id = str(uuid.uuid4())
    facts = {
        "request_id": request_id,
        "started_at": AT,
        "region": "cn-hangzhou",
        "service": "shop",
        "function": "checkout",
        "qualifier": "alias1",
        "version": "1",
        "alias_revision": 5,
        "decision": "die 812345",
        "outcome": "ok",
        "error": False,
        "duration_us": 900,
        "memory_kb": 8192,
        "cold": False,
        "instance": "i-1",
        "log": b"hello\n",
    }
    recorder.record(**(facts | changed))
    return request_id


def until(condition: Callable[[], bool], within_s: float = 5.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


def is_written(recorder: Recorder) -> bool:
    backlog = recorder.backlog(time.monotonic())
    return backlog.invocations == 0 and backlog.rows == 0
