"""Sends numbered requests to a Function Compute endpoint and reads which version answered each.

An HTTP/1.1 client of our own, for two reasons: at thousands of calls per second on a machine that also runs
the gateway, a general client takes more of the processor than gateway and function together
(docs/adr/0004-driver.md), and each call must become exactly one answer, transport errors included.
"""

from __future__ import annotations

import asyncio
import json
import math
import ssl
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httptools
import uvloop

from .requests import RequestOf

MAX_ANSWER = 64 * 1024  # bytes of an error's body that are read for its kind


@dataclass(frozen=True, slots=True)
class Answer:
    """How one call ended. `version` is empty when no answer named one; `error` is empty for success."""

    index: int
    version: str
    alias_revision: int
    error: str
    latency_us: int


class Driver:
    """Keeps up to `connections` calls in flight; its connections live as long as it does."""

    def __init__(self, endpoint: str, request: RequestOf, *, connections: int, timeout_s: float) -> None:
        parts = urlsplit(endpoint)
        self.connections = connections
        self._request = request
        self._secure = ssl.create_default_context() if parts.scheme == "https" else None
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._timeout_s = timeout_s
        self._loop = uvloop.new_event_loop()
        self._callers = [_Caller(self) for _ in range(connections)]
        self._pending: deque[int] = deque()
        self._answers: list[Answer] = []
        self._wake: asyncio.Event = asyncio.Event()

    def answers(self, indexes: range, *, every_s: float, until: float = math.inf) -> Iterator[list[Answer]]:
        """Call each index once and yield, about every `every_s` seconds, what came in since, perhaps nothing.

        Within `every_s` of `until` (of `time.monotonic`) no further call is begun: the last indexes then get
        no answer. Between two yields no socket is read, so the caller should be quick.
        """
        self._pending.extend(indexes)
        left = len(indexes)
        for caller in self._callers:
            caller.next()
        while left:
            self._loop.run_until_complete(self._collect(left, every_s))
            if self._pending and time.monotonic() > until:
                left -= len(self._pending)
                self._pending.clear()
            batch, self._answers = self._answers, []
            left -= len(batch)
            yield batch

    def close(self) -> None:
        """Drop the connections; calls in flight are no longer waited for."""
        for caller in self._callers:
            caller.close()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    async def _collect(self, left: int, every_s: float) -> None:
        deadline = time.monotonic() + every_s
        while len(self._answers) < left:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                break
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), remaining)
            except TimeoutError:
                break
        for caller in self._callers:
            caller.give_up_after(self._timeout_s)

    def settled(self, answer: Answer) -> None:
        self._answers.append(answer)
        if not self._pending:
            self._wake.set()

    def take(self) -> tuple[int, bytes] | None:
        """The next index to call and its request, or None."""
        if not self._pending:
            return None
        index = self._pending.popleft()
        return index, self._request(index)

    async def connect(self, caller: _Caller) -> _Connection:
        """A new connection for this caller. Raises OSError."""
        _, connection = await self._loop.create_connection(
            lambda: _Connection(caller), self._host, self._port, ssl=self._secure
        )
        return connection

    def start(self, caller: _Caller) -> asyncio.Task[None]:
        return self._loop.create_task(caller.connect_and_send())


class _Caller:
    """One call in flight, and the next one as soon as it is answered."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._connection: _Connection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._index = -1
        self._request = b""
        self._sent_at = 0.0

    def next(self) -> None:
        """Start the next call, unless one is in flight or none is left."""
        if self._index >= 0:
            return
        taken = self._driver.take()
        if taken is None:
            return
        self._index, self._request = taken
        self._sent_at = time.perf_counter()
        if self._connection is None:
            self._connecting = self._driver.start(self)
        else:
            self._connection.send(self._request)

    async def connect_and_send(self) -> None:
        try:
            self._connection = await self._driver.connect(self)
        except OSError as error:
            # A moment's pause: a gateway that is away must not be asked a million times in a second.
            await asyncio.sleep(0.05)
            self.settle(error=type(error).__name__.removesuffix("Error") or "Connection")
        else:
            self._connection.send(self._request)

    def give_up_after(self, timeout_s: float) -> None:
        if self._index >= 0 and time.perf_counter() - self._sent_at > timeout_s:
            self.hang_up()
            self.settle(error="NoAnswer")

    def close(self) -> None:
        self._index = -1
        self.hang_up()

    def hang_up(self) -> None:
        """Leave the connection, and whatever it may still say."""
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = None
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def lost(self) -> None:
        """The other side closed: in the middle of a call, or while none was in flight."""
        self._connection = None
        if self._index >= 0:
            self.settle(error="ConnectionLost")

    def settle(self, *, error: str, version: str = "", alias_revision: int = 0) -> None:
        latency_us = int((time.perf_counter() - self._sent_at) * 1e6)
        index, self._index = self._index, -1
        self._driver.settled(Answer(index, version, alias_revision, error, latency_us))
        self.next()


class _Connection(asyncio.Protocol):
    """Writes requests and reads answers for one caller, until either side leaves."""

    def __init__(self, caller: _Caller) -> None:
        self._caller: _Caller | None = caller
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[bytes, bytes] = {}
        self._body = bytearray()
        self._bodiless = False

    def send(self, request: bytes) -> None:
        self._headers = {}
        self._body = bytearray()
        self._bodiless = request.startswith(b"HEAD ")
        self._parser = httptools.HttpResponseParser(self)
        if self._transport is not None:
            self._transport.write(request)

    def close(self) -> None:
        self._caller = None
        if self._transport is not None:
            self._transport.close()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not derive from asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        caller = self._caller
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if caller is not None and self._caller is caller:
                caller.hang_up()
                caller.settle(error="BadAnswer")

    def connection_lost(self, exc: Exception | None) -> None:
        if self._caller is not None:
            self._caller.lost()

    # httptools callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        if len(self._body) < MAX_ANSWER:
            self._body += body

    def on_headers_complete(self) -> None:
        # An answer to HEAD tells the length of a body that does not come: the parser would wait for it.
        if self._bodiless:
            self._settle()

    def on_message_complete(self) -> None:
        if not self._bodiless:
            self._settle()

    def _settle(self) -> None:
        caller, parser, headers = self._caller, self._parser, self._headers
        if caller is None:
            return
        if not parser.should_keep_alive():
            caller.hang_up()
        version = headers.get(b"x-fc-invocation-service-version", b"").decode("latin-1")[:20]
        caller.settle(
            error=_error_kind(parser.get_status_code(), headers, self._body, answered=bool(version)),
            version=version,
            alias_revision=_number(headers.get(b"x-serin-alias-revision", b"")),
        )


def _number(text: bytes) -> int:
    return int(text) if text.isdigit() and len(text) < 19 else 0


def _error_kind(status: int, headers: dict[bytes, bytes], body: bytearray, *, answered: bool) -> str:
    """Empty for success; else the API's ErrorCode or the function's errorType, at most 64 characters.

    `answered` says that a version gave the answer. What an HTTP function answers itself is a success below
    400 and "HTTP 503" from there on, whatever its body says. A function chooses its errorType itself, and
    PostgreSQL stores neither NUL nor lone surrogates.
    """
    function_error = headers.get(b"x-fc-error-type", b"").decode("latin-1")
    if not function_error and (status == 200 or (answered and status < 400)):
        return ""
    if answered and not function_error:
        return f"HTTP {status}"
    member = "errorType" if function_error else "ErrorCode"
    try:
        named = json.loads(body).get(member)
    except (ValueError, AttributeError):
        named = None
    kind = (named if isinstance(named, str) and named else function_error or f"HTTP {status}")[:64]
    return "".join(character if character.isprintable() else "?" for character in kind)
