"""The log of one invocation: read from the instance's pipe, bounded, in Function Compute's form."""

from __future__ import annotations

import asyncio
import os

from invocations.engine.outcome import Kind

# A pipe holds at most this much, so one read gets all that was written before it.
_PIPE_BYTES = 64 * 1024
# What a flood may cost per tick of the pool; beyond it the pipe fills and the writer has to wait.
_FLOOD_BYTES = 1024 * 1024
_CUT = b"\n(the log was cut here, at %d bytes)\n"
_INVOCATION = (
    b"FC Invoke Start RequestId: %b\n%bFC Invoke End RequestId: %b\n\n"
    b"Duration: %.2f ms, Billed Duration: %d ms, Memory Size: %d MB, Max Memory Used: %.2f MB\n"
)
_INITIALIZATION = b"FC Initialize Start RequestId: %b\n%bFC Initialize End RequestId: %b\n"


class LogPipe:
    """The reading end of an instance's stdout and stderr.

    Lines belong to the invocation during which they were written: `take` first reads what the pipe still
    holds, and what arrives while nothing runs is dropped.
    """

    def __init__(self, descriptor: int, *, limit: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._limit = limit
        self._kept = bytearray()
        self._keeping = True
        self._stray = False
        self._read_in_tick = 0
        self._reading = False
        self._loop = asyncio.get_running_loop()
        self._resume()

    def open(self) -> None:
        """Keep what comes from now on."""
        if self._stray:
            self._stray = False
            self._read()
        self._keeping = True

    def take(self) -> bytes:
        """All that was written since `open`, ended by a newline; keep nothing more."""
        self._read()
        self._keeping = False
        if not self._kept:
            return b""
        text = bytes(self._kept)
        self._kept.clear()
        if len(text) > self._limit:
            return text[: self._limit] + _CUT % self._limit
        return text if text.endswith(b"\n") else text + b"\n"

    def tick(self) -> None:
        """Called a few times a second: a flood that was held back may go on."""
        self._read_in_tick = 0
        if not self._reading:
            self._resume()

    def close(self) -> None:
        if self._descriptor >= 0:
            self._pause()
            os.close(self._descriptor)
            self._descriptor = -1

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, _PIPE_BYTES)
        except BlockingIOError:
            return
        if not data:  # the function closed its outputs; nothing will come any more
            self._pause()
            return
        if not self._keeping:
            self._stray = True
        elif (room := self._limit + 1 - len(self._kept)) > 0:
            self._kept += data[:room]
        self._read_in_tick += len(data)
        if self._read_in_tick > _FLOOD_BYTES:
            self._pause()

    def _pause(self) -> None:
        self._reading = False
        self._loop.remove_reader(self._descriptor)

    def _resume(self) -> None:
        if self._descriptor >= 0:
            self._reading = True
            self._loop.add_reader(self._descriptor, self._read)


def initialization(request_id: bytes, text: bytes) -> bytes:
    return _INITIALIZATION % (request_id, text, request_id)


def invocation(
    request_id: bytes,
    text: bytes,
    *,
    kind: Kind,
    payload: bytes,
    duration_us: int,
    memory_mb: int,
    memory_kb: int,
) -> bytes:
    """The whole log: the lines between their marks, a failed invocation's error, and the summary."""
    if kind is not Kind.OK:
        text += payload + b"\n"
    duration_ms = duration_us / 1000
    billed_ms = -(-duration_us // 1000) or 1
    return _INVOCATION % (request_id, text, request_id, duration_ms, billed_ms, memory_mb, memory_kb / 1024)
