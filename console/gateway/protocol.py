"""HTTP/1.1 for the gateway: bytes in, `Request`, `Answer`, bytes out; run by uvicorn in place of its own.

Why not uvicorn's: an answer leaves in one write instead of two, and what ASGI makes anew for every request (a
scope, an event, a cycle) is not made. docs/adr/0005-http-protocol.md has the figures.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Collection
from http import HTTPStatus
from typing import Any, Protocol, cast
from urllib.parse import unquote

import httptools

from console.fc.refusals import entity_too_large, invalid_argument
from invocations.engine.streams import AnswerBroken, AnswerStream, CallerGone, Upload

from .request import Answer, Body, Request

KEEP_ALIVE_S = 75.0
BODY_TIMEOUT_S = 60.0  # between two pieces of a body
BODY_LIMIT_S = 600.0  # of a whole body
STALLED_S = 60.0  # in which a caller takes nothing of what is written
MAX_CONNECTIONS = 4096
MAX_HEAD = 64 * 1024  # target and headers of one request, bytes
MAX_WAITING = 16  # requests of one connection that were sent ahead
HIGH_WATER = 64 * 1024  # bytes of a body that are taken in before somebody asks for it

# HTTP functions answer with any status.
STATUS_LINES = {status: f"HTTP/1.1 {status} \r\n".encode() for status in range(200, 600)}
STATUS_LINES |= {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
STATUS_LINES[499] = b"HTTP/1.1 499 Client Closed Request\r\n"
_GARBLED = invalid_argument(
    f"this is no HTTP/1.1 request, or its head is larger than {MAX_HEAD} bytes"
).body()
GARBAGE = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/json\r\ncontent-length: %d\r\n"
    b"connection: close\r\n\r\n%b" % (len(_GARBLED), _GARBLED)
)


class Answering(Protocol):
    """What answers requests; it raises only `CallerGone`."""

    def answer(self, request: Request) -> Awaitable[Answer]: ...


class _Incoming:
    """One request, of which the body may still be on its way."""

    __slots__ = (
        "_connection",
        "_invited",
        "_parts",
        "_size",
        "_waiter",
        "complete",
        "discarded",
        "keep_alive",
        "request",
        "version",
    )

    def __init__(
        self,
        connection: HttpProtocol,
        *,
        method: bytes,
        url: bytes,
        headers: dict[bytes, bytes],
        repeated: list[tuple[bytes, bytes]],
        client: bytes,
        version: str,
        keep_alive: bool,
    ) -> None:
        parsed = httptools.parse_url(url)
        raw_path = parsed.path or b"/"
        path = raw_path.decode("latin-1")
        if "%" in path:
            path = unquote(path)
        self._connection = connection
        all_headers: Collection[tuple[bytes, bytes]] = headers.items()
        if repeated:
            all_headers = [*all_headers, *repeated]
            headers = _joined(all_headers)
        self.request = Request(
            method,
            path,
            raw_path,
            headers,
            self.read,
            self.receive,
            parsed.query or b"",
            all_headers,
            client,
        )
        self._parts: list[bytes] = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None
        self._invited = False
        self.version = version
        self.keep_alive = keep_alive
        self.complete = False
        self.discarded = False

    def feed(self, piece: bytes) -> None:
        if self.discarded:
            return
        self._parts.append(piece)
        self._size += len(piece)
        # Also while somebody waits: what a quick caller sends before he has run would all be held.
        if self._size > HIGH_WATER:
            self._connection.pause()
        self.wake()

    def wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def answer_begins(self) -> None:
        """Too late to ask for the body: what is written now would be taken for a part of the answer."""
        self._invited = True

    def discard(self) -> None:
        """Nobody reads on: what is still to come is thrown away."""
        self.discarded = True
        self._parts.clear()
        self._connection.resume()

    async def read(self, limit: int) -> bytes:
        """The body, as `Request.read` promises it. One that says it is larger is not read at all."""
        self._declared(limit)
        until = asyncio.get_running_loop().time() + BODY_LIMIT_S
        while not self.complete and self._size <= limit:
            await self._more(until)
        if self._size > limit:
            raise entity_too_large(limit)
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    async def receive(self, limit: int) -> Body:
        """The body, as `Request.receive` promises it."""
        length = self._declared(limit)
        if self.complete or length <= HIGH_WATER or b"transfer-encoding" in self.request.headers:
            whole = await self.read(limit)
            return Body(len(whole), whole)
        return Body(length, b"", self._upload())

    def _upload(self) -> Upload:
        until = asyncio.get_running_loop().time() + BODY_LIMIT_S

        async def piece() -> bytes:
            while not self._parts and not self.complete:
                await self._more(until)
            data = b"".join(self._parts)
            self._parts.clear()
            self._size = 0
            return data

        return piece

    def _declared(self, limit: int) -> int:
        """The length that the request says its body has, 0 when it says none. Raises `FcRefusal`."""
        declared = self.request.headers.get(b"content-length", b"0")
        if not declared.isdigit():
            raise invalid_argument("Content-Length is not a number")
        if int(declared) > limit:
            raise entity_too_large(limit)
        return int(declared)

    async def _more(self, until: float) -> None:
        """Wait for something more of the body. Raises `CallerGone`."""
        if self._connection.transport.is_closing():
            raise CallerGone
        if not self._invited:
            self._invited = True
            if self.request.headers.get(b"expect", b"").lower() == b"100-continue":
                self._connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        loop = asyncio.get_running_loop()
        self._waiter = loop.create_future()
        self._connection.resume()
        try:
            await asyncio.wait_for(self._waiter, min(BODY_TIMEOUT_S, until - loop.time()))
        except TimeoutError:
            self._connection.transport.close()
        finally:
            self._waiter = None


def _joined(headers: Collection[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Each name once, with all its values in one (RFC 9110, 5.3; RFC 9113, 8.2.3 for cookies)."""
    values: dict[bytes, list[bytes]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    return {name: (b"; " if name == b"cookie" else b", ").join(all_) for name, all_ in values.items()}


class HttpProtocol(asyncio.Protocol):
    """One connection. Its requests are answered one after the other, in their order."""

    transport: asyncio.Transport

    def __init__(self, config: Any, server_state: Any, app_state: Any, _loop: Any = None) -> None:
        """As uvicorn calls it: `config.loaded_app` is the `Answering`."""
        self._app: Answering = config.loaded_app
        self._server = server_state
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._waiting: deque[_Incoming] = deque()
        self._receiving: _Incoming | None = None
        self._serving = False
        self._closing = False
        self._deaf = False
        self._paused = False
        self._drained: asyncio.Future[None] | None = None
        self._stream: AnswerStream | None = None

    # Of asyncio ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        peer = self.transport.get_extra_info("peername")
        self._client = str(peer[0]).encode() if peer else b""
        self._server.connections.add(self)
        self._active_at = self._loop.time()
        self._timer = self._loop.call_later(KEEP_ALIVE_S, self._close_if_idle)
        if len(self._server.connections) > MAX_CONNECTIONS:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._server.connections.discard(self)
        self._timer.cancel()
        self._waiting.clear()
        if self._receiving is not None:
            self._receiving.wake()
        if self._stream is not None:
            self._stream.leave()
        self.resume_writing()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # A wish that need not be granted (RFC 9110, 7.8): the request itself is whole, and is answered.
            self._deaf = True
        except httptools.HttpParserError:
            self._garbled()
        if not self._serving and self._waiting:
            self._serve_next()

    def pause_writing(self) -> None:
        self._drained = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._drained is not None and not self._drained.done():
            self._drained.set_result(None)
        self._drained = None

    # Of uvicorn ---------------------------------------------------------------------------------------------

    def shutdown(self) -> None:
        """Answer what is being answered, then close."""
        self._closing = True
        if not self._serving:
            self.transport.close()

    # Of httptools -------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._repeated: list[tuple[bytes, bytes]] = []
        self._head = 0

    def on_url(self, url: bytes) -> None:
        self._url += url
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        # Trailers come after the head was judged, and would add to what was judged.
        if self._receiving is not None:
            return
        name = name.lower()
        # The parser takes the blanks before a value away, but not those behind it (RFC 9110, 5.5).
        value = value.rstrip(b" \t")
        if name in self._headers:
            self._repeated.append((name, value))
        else:
            self._headers[name] = value

    def on_headers_complete(self) -> None:
        self._receiving = _Incoming(
            self,
            method=self._parser.get_method(),
            url=self._url,
            headers=self._headers,
            repeated=self._repeated,
            client=self._client,
            version=self._parser.get_http_version(),
            keep_alive=self._parser.should_keep_alive(),
        )
        self._waiting.append(self._receiving)
        if len(self._waiting) > MAX_WAITING:
            self.pause()

    def on_body(self, piece: bytes) -> None:
        if self._receiving is not None:
            self._receiving.feed(piece)

    def on_message_complete(self) -> None:
        if self._receiving is not None:
            self._receiving.complete = True
            self._receiving.wake()
            self._receiving = None

    # Our own ------------------------------------------------------------------------------------------------

    def pause(self) -> None:
        """Take no more from the caller for now."""
        if not self._paused:
            self._paused = True
            self.transport.pause_reading()

    def resume(self) -> None:
        if self._paused and not self.transport.is_closing():
            self._paused = False
            self.transport.resume_reading()

    def _garbled(self) -> None:
        """The bytes are no HTTP. Whole requests that came before them are still answered, in their order."""
        self._deaf = True
        broken, self._receiving = self._receiving, None
        if broken is not None and broken in self._waiting:
            self._waiting.remove(broken)
        elif broken is not None:
            # Its answerer may wait for the rest of the body.
            self.transport.close()
            broken.wake()
        if not self._serving and not self._waiting:
            self.transport.write(GARBAGE)
            self.transport.close()

    def _is_last(self, incoming: _Incoming) -> bool:
        """Whether the connection ends with the answer to this request."""
        return self._closing or not incoming.keep_alive or (self._deaf and not self._waiting)

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > MAX_HEAD:
            raise ValueError("the head of the request is too large")

    def _serve_next(self) -> None:
        self._serving = True
        task = self._loop.create_task(self._serve(self._waiting.popleft()))
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    async def _serve(self, incoming: _Incoming) -> None:
        try:
            answer = await self._app.answer(incoming.request)
            if answer.stream is None:
                incoming.discard()
                self._write(answer, incoming, ending=b"")
                await self._drain()
            else:
                await self._write_stream(answer, answer.stream, incoming)
                incoming.discard()
        except CallerGone:
            return
        except BaseException:
            self.transport.close()
            raise
        self._serving = False
        self._active_at = self._loop.time()
        if self._is_last(incoming) or self.transport.is_closing():
            self.transport.close()
        elif self._waiting:
            self._serve_next()

    def _write(self, answer: Answer, incoming: _Incoming, *, ending: bytes) -> None:
        """The head, with `ending` for its last lines, and what there is of the body."""
        if self.transport.is_closing():
            return
        parts = [STATUS_LINES[answer.status]]
        for name, value in self._server.default_headers:
            parts += (name, b": ", value, b"\r\n")
        for name, value in answer.headers:
            parts += (name, b": ", value, b"\r\n")
        parts.append(ending)
        parts.append(b"connection: close\r\n\r\n" if self._is_last(incoming) else b"\r\n")
        if incoming.request.method != b"HEAD":
            parts.append(answer.body)
        self.transport.write(b"".join(parts))

    async def _write_stream(self, answer: Answer, stream: AnswerStream, incoming: _Incoming) -> None:
        """An answer whose body is still to come. One that breaks off is cut: it must not pass for whole."""
        self._stream = stream
        incoming.answer_begins()
        left = next((int(value) for name, value in answer.headers if name == b"content-length"), None)
        chunked = left is None and incoming.version == "1.1"
        if left is None and not chunked:  # the end of the connection is the end of the answer
            incoming.keep_alive = False
        self._write(answer, incoming, ending=b"transfer-encoding: chunked\r\n" if chunked else b"")
        try:
            while not self.transport.is_closing() and (piece := await stream.read()):
                if left is not None and (left := left - len(piece)) < 0:
                    raise AnswerBroken
                self.transport.write(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                await self._drain()
            if left:
                raise AnswerBroken
        except AnswerBroken:
            self.transport.close()
        finally:
            self._stream = None
            stream.leave()
        if chunked and not self.transport.is_closing():
            self.transport.write(b"0\r\n\r\n")

    async def _drain(self) -> None:
        """Wait while the caller reads slower than is written; one who takes nothing for long is given up."""
        while (drained := self._drained) is not None:
            left = self.transport.get_write_buffer_size()
            await asyncio.wait((drained,), timeout=STALLED_S)
            if not drained.done() and self.transport.get_write_buffer_size() >= left:
                self.transport.abort()
                return

    def _close_if_idle(self) -> None:
        left = self._active_at + KEEP_ALIVE_S - self._loop.time()
        if left <= 0 and not self._serving:
            self.transport.close()
        else:
            self._timer = self._loop.call_later(max(left, 1.0), self._close_if_idle)
