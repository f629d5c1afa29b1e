"""One invocation on its way through the engine."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from invocations.engine.outcome import Outcome
from invocations.engine.streams import AnswerStream, Upload


@dataclass(slots=True, eq=False)
class Call:
    future: asyncio.Future[Outcome | AnswerStream]
    request_id: bytes
    """Like the qualifier in UTF-8, and at most 255 bytes."""
    qualifier: bytes
    payload: bytes
    waiting_since: float
    http: bytes | None = None
    """The head of an HTTP call; None for an event."""
    upload: Upload | None = None
    """The rest of an HTTP call's body, of which `payload` is the beginning; None when that is all of it."""
    cold: bool = False
    prologue: bytes = b""
    """The log of the instance's start, when this call caused one."""
