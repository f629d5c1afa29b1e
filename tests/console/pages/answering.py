"""A gateway that answers what a test wants: it stands where the call leaves the console."""

from __future__ import annotations

from uuid import UUID

from console.invoke import Invoked, NotInvoked

ANSWER = Invoked(
    request_id=UUID("01a2091b-e9f2-7b2c-a9ac-dd168581e969"),
    version="2",
    alias_revision=0,
    error_type="",
    billed_ms=1,
    memory_mb=9.82,
    instance="c-1",
    log="FC Invoke Start RequestId: 01a2091b\nDuration: 0.87 ms, Billed Duration: 1 ms, ...\n",
    body=b'{"a": 1}',
    size=8,
    round_trip_ms=3.5,
)


class Gateway:
    """Stands where the call leaves the console; what crosses the wire is tested in test_invoke.py."""

    def __init__(self, answer: Invoked | NotInvoked) -> None:
        self.answer = answer
        self.calls: list[dict[str, object]] = []

    def __call__(self, **call: object) -> Invoked:
        self.calls.append(call)
        if isinstance(self.answer, NotInvoked):
            raise self.answer
        return self.answer
