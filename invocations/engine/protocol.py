"""Frames between the engine and an instance.

    u32 length of all that follows | u64 sequence | u8 kind | body        (little-endian)

Payloads travel untouched at the end of the body. The engine numbers its calls; an instance answers with the
number it was given. Nothing an instance says is trusted: whatever is not a frame that may come now
ends the instance, and the invocation it had with it.

Bodies of HTTP calls may travel in pieces, both ways at once. What the engine says of a call that has ended
meanwhile, its instance reads and forgets.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import Protocol, cast

HEADER = struct.Struct("<IQB")
ANSWER = struct.Struct("<II")
"""First in the body of READY and of every answer: microseconds it took, largest resident set in kB."""

_CALL = struct.Struct("<IQBBB")
_HTTP_CALL = struct.Struct("<IQBBBI")
_AFTER_LENGTH = HEADER.size - 4


class Say(IntEnum):
    """What the engine says."""

    START = 1
    """Load the function and run its initializer. Body: `start_body`."""
    INVOKE = 2
    """Body: u8 length of the request id, u8 length of the qualifier, both as UTF-8, the event."""
    HTTP = 3
    """Body: as INVOKE's, but a u32 length of the head after the two others, and the head before the payload.

    `invocations.engine.http` lays out the heads. The payload is the body of the request.
    """
    HTTP_OPEN = 4
    """As HTTP, but the payload is only the beginning of the body; the head states its whole length."""
    BODY = 5
    """More of the body of the call under way; empty at its end."""
    GONE = 6
    """The caller has left: the rest of the body will not come, nor will the answer be read."""


class Hear(IntEnum):
    """What an instance says."""

    HELLO = 16
    """The worker runs; no function is loaded yet."""
    READY = 17
    """The function is loaded and initialized."""
    OK = 32
    HANDLED = 33
    EXCEPTION = 34
    LOAD = 35
    INIT = 36
    MEMORY = 37
    HTTP = 38
    """An HTTP call's OK. Body: `ANSWER`, u16 status, u32 length of the head, the head, the payload."""
    BEGIN = 39
    """An HTTP call's answer begins. Body: as HTTP's without `ANSWER`, the payload being its first bytes.

    CHUNK frames may follow, and then an ordinary OK without payload, or the error that broke it off.
    """
    CHUNK = 40
    """More bytes of the answer that began."""


def start_body(settings: Iterable[tuple[str, str]], environment: Iterable[tuple[str, str]]) -> bytes:
    """Names and values in turn, each ended by NUL: the settings, an empty name, the environment."""
    pairs = [*settings, ("", ""), *environment]
    texts = [text.replace("\0", "") for pair in pairs for text in pair]
    return "\0".join(texts).encode("utf-8", "surrogateescape")


def frame(kind: Say, sequence: int, body: bytes) -> bytes:
    return HEADER.pack(_AFTER_LENGTH + len(body), sequence, kind) + body


def call_head(sequence: int, request_id: bytes, qualifier: bytes, payload_bytes: int) -> bytes:
    """All of an INVOKE frame that precedes its payload."""
    names = request_id + qualifier
    length = _AFTER_LENGTH + 2 + len(names) + payload_bytes
    return _CALL.pack(length, sequence, Say.INVOKE, len(request_id), len(qualifier)) + names


def http_call_head(
    sequence: int, request_id: bytes, qualifier: bytes, http: bytes, payload_bytes: int, *, kind: Say
) -> bytes:
    """All of an HTTP or HTTP_OPEN frame that precedes its payload; `http` is the head of the call."""
    names = request_id + qualifier
    length = _AFTER_LENGTH + 6 + len(names) + len(http) + payload_bytes
    return _HTTP_CALL.pack(length, sequence, kind, len(request_id), len(qualifier), len(http)) + names + http


class Listener(Protocol):
    """Who hears an instance's frames."""

    def frame_received(self, sequence: int, kind: int, body: memoryview) -> None: ...

    def nonsense_received(self) -> None:
        """The bytes are no frame of this protocol; nothing more will be read."""

    def disconnected(self) -> None: ...


class FrameReader(asyncio.Protocol):
    """Cuts the stream into frames. A whole frame in one read, the usual case, is neither copied nor kept."""

    def __init__(self, listener: Listener, *, max_body: int) -> None:
        self._listener = listener
        self._max_length = _AFTER_LENGTH + max_body
        self._rest = bytearray()
        self.transport: asyncio.Transport
        self._connected = False
        self._listening = True
        self._drained: asyncio.Future[None] | None = None

    def close(self) -> None:
        """Drop the connection and read no more; the connection may not have come to be yet."""
        self._listening = False
        if self._connected:
            self.transport.abort()

    def hold(self) -> None:
        """Take no more from the instance for now: it waits as soon as the socket is full."""
        if self.transport.is_reading():
            self.transport.pause_reading()

    def go_on(self) -> None:
        if not self.transport.is_closing() and not self.transport.is_reading():
            self.transport.resume_reading()

    async def send(self, data: bytes) -> None:
        """Write, and wait while the instance reads slower than is written."""
        self.transport.write(data)
        if self._drained is not None:
            await self._drained

    def pause_writing(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._connected = True
        if not self._listening:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.resume_writing()
        self._listener.disconnected()

    def data_received(self, data: bytes) -> None:
        if not self._listening:
            return
        if not self._rest and len(data) >= HEADER.size:
            length, sequence, kind = HEADER.unpack_from(data)
            if len(data) == length + 4:
                self._listener.frame_received(sequence, kind, memoryview(data)[HEADER.size :])
                return
        self._rest += data
        self._read_rest()

    def _read_rest(self) -> None:
        rest = self._rest
        while self._listening and len(rest) >= HEADER.size:
            length, sequence, kind = HEADER.unpack_from(rest)
            if not _AFTER_LENGTH <= length <= self._max_length:
                self._listener.nonsense_received()
                return
            end = length + 4
            if len(rest) < end:
                return
            # A short view's life would forbid the bytearray to shrink, hence the copy.
            body = bytes(memoryview(rest)[HEADER.size : end])
            del rest[:end]
            self._listener.frame_received(sequence, kind, memoryview(body))
