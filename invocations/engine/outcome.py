"""How an invocation ended, in Function Compute's words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum

from invocations.engine.http import HttpAnswer

HANDLED_ERROR = "HandledInvocationError"
UNHANDLED_ERROR = "UnhandledInvocationError"


class Kind(StrEnum):
    OK = "ok"
    HANDLED = "handled"
    """The function itself reported an error (Node's `callback(error)`)."""
    EXCEPTION = "exception"
    LOAD = "load"
    """The module or the handler is missing, or the code does not parse."""
    INIT = "init"
    """The initializer raised."""
    TIMEOUT = "timeout"
    MEMORY = "memory"
    CRASH = "crash"


ABANDONED = "abandoned"
"""The record's word for a call whose caller left in the middle of its answer: no error, and no success."""
NO_ERRORS = frozenset((Kind.OK.value, ABANDONED))

_ERROR_TYPES = dict.fromkeys(Kind, UNHANDLED_ERROR) | {Kind.OK: "", Kind.HANDLED: HANDLED_ERROR}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one invocation; a failing function is an outcome, never an exception of the engine."""

    kind: Kind
    payload: bytes
    """The handler's result, or the error as JSON whose first key is `errorMessage`."""
    log: bytes
    """All that the invocation logged, bounded, between Function Compute's Start and End lines."""
    duration_us: int
    memory_kb: int
    """The largest resident set the instance has had so far."""
    instance_id: str
    cold: bool
    """Whether an instance was started for this invocation."""
    http: HttpAnswer | None = None
    """What an HTTP function answered, with `payload` for a body; None unless the kind is OK."""

    @property
    def error_type(self) -> str:
        """The value of `X-Fc-Error-Type`; empty when the invocation succeeded."""
        return _ERROR_TYPES[self.kind]


def error_body(message: str, error_type: str) -> bytes:
    """The JSON of a function error. `errorMessage` comes first: clients compare the beginning of the text."""
    return json.dumps({"errorMessage": message, "errorType": error_type}, ensure_ascii=False).encode()


def bad_answer(message: str) -> bytes:
    """The error of an HTTP function whose answer cannot be sent on."""
    return error_body(message, "BadResponse")


def timed_out(seconds: int, *, what: str = "Function") -> bytes:
    return error_body(f"{what} timed out after {seconds} seconds", "FunctionTimeoutError")


def out_of_memory(*, limit_mb: int, used_kb: int) -> bytes:
    message = f"Function ran out of memory (limit: {limit_mb}MB, maxMemoryUsage: {used_kb / 1024:.2f}MB)"
    return error_body(message, "FunctionOOMError")


def exited(*, duration_us: int, memory_kb: int) -> bytes:
    """The error of a process that died, or spoke out of turn and was ended."""
    details = f"duration: {duration_us // 1000}ms, maxMemoryUsage: {memory_kb / 1024:.2f}MB"
    message = f"Process exited unexpectedly before completing request ({details})"
    return error_body(message, "FunctionUnhandledError")
