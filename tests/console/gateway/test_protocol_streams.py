"""Answers that are sent while they are still being made, on a real socket; the test plays the function."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import TypeVar

import pytest

from console.gateway import protocol
from console.gateway.protocol import HttpProtocol
from console.gateway.request import Answer, Request
from invocations.engine.http import HttpAnswer
from invocations.engine.outcome import Kind, Outcome
from invocations.engine.streams import AnswerStream, CallerGone

T = TypeVar("T")

GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
EXPECTS = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n"
MIB = 2**20
GOOD = Outcome(Kind.OK, b"", b"", 1, 1, "c-1", False, HttpAnswer(200, []))
BAD = Outcome(Kind.EXCEPTION, b"{}", b"", 1, 1, "c-1", False)


class Function:
    """Answers every request with a stream that the test feeds; keeps what it got of the request's body."""

    def __init__(self, headers: list[tuple[bytes, bytes]]) -> None:
        self.headers = headers
        self.asked: asyncio.Queue[AnswerStream] = asyncio.Queue()
        self.got: asyncio.Queue[bytes] = asyncio.Queue()
        self.bodies: list[asyncio.Task[None]] = []
        self.calls_to_hold = 0
        self.told_to_stop = asyncio.Event()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def answer(self, request: Request) -> Answer:
        body = await request.receive(32 * MIB)
        self.got.put_nowait(body.first)
        if body.rest is not None:
            self.bodies.append(asyncio.create_task(self._read(body.rest)))
        await self.may_answer.wait()
        stream = AnswerStream(HttpAnswer(200, []), b"first ", self)
        self.asked.put_nowait(stream)
        return Answer(200, self.headers, b"", stream)

    async def _read(self, rest: Callable[[], Awaitable[bytes]]) -> None:
        try:
            while piece := await rest():
                self.got.put_nowait(piece)
        except CallerGone:
            self.got.put_nowait(b"gone")

    def hold(self) -> None:
        self.calls_to_hold += 1

    def go_on(self) -> None:
        pass

    def caller_left(self) -> None:
        self.told_to_stop.set()


class Caller:
    def __init__(
        self, function: Function, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.function = function
        self.reader = reader
        self.writer = writer


def with_caller(
    story: Callable[[Caller], Awaitable[T]], headers: list[tuple[bytes, bytes]] | None = None
) -> T:
    async def run() -> T:
        function = Function(headers or [])
        config = SimpleNamespace(loaded_app=function)
        state = SimpleNamespace(connections=set(), tasks=set(), default_headers=[])
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(lambda: HttpProtocol(config, state, {}), "127.0.0.1", 0)
        port = listening.sockets[0].getsockname()[1]
        async with listening, asyncio.timeout(20):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                return await story(Caller(function, reader, writer))
            finally:
                writer.close()

    return asyncio.run(run())


def test_stream__http_1_1__goes_in_chunks_as_it_comes_and_the_connection_is_kept() -> None:
    async def story(caller: Caller) -> None:
        for _ in range(2):
            caller.writer.write(GET)
            stream = await caller.function.asked.get()
            head = await caller.reader.readuntil(b"\r\n\r\n")
            assert head == b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
            assert await caller.reader.readuntil(b"first \r\n") == b"6\r\nfirst \r\n"
            stream.feed(b"x" * 17)
            assert await caller.reader.readuntil(b"x\r\n") == b"11\r\n" + b"x" * 17 + b"\r\n"
            stream.finish(GOOD)
            assert await caller.reader.readuntil(b"0\r\n\r\n") == b"0\r\n\r\n"

    with_caller(story)


def test_stream__length_is_stated__goes_as_it_is_and_the_connection_is_kept() -> None:
    async def story(caller: Caller) -> None:
        for _ in range(2):
            caller.writer.write(GET)
            stream = await caller.function.asked.get()
            stream.feed(b"last")
            stream.finish(GOOD)
            answer = await caller.reader.readuntil(b"last")
            assert answer == b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nfirst last"

    with_caller(story, [(b"content-length", b"10")])


def test_stream__http_1_0__ends_with_the_connection() -> None:
    async def story(caller: Caller) -> bytes:
        caller.writer.write(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        stream = await caller.function.asked.get()
        stream.feed(b"last")
        stream.finish(GOOD)
        return await caller.reader.read()

    assert with_caller(story) == b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nfirst last"


@pytest.mark.parametrize("length", [b"", b"7", b"1000"])
@pytest.mark.parametrize("outcome", [GOOD, BAD])
def test_stream__breaks_off_or_has_another_length__is_cut_so_that_it_is_not_taken_for_whole(
    length: bytes, outcome: Outcome
) -> None:
    async def story(caller: Caller) -> bytes:
        caller.writer.write(GET + GET)
        stream = await caller.function.asked.get()
        stream.feed(b"last")
        stream.finish(outcome)
        if not length and outcome is GOOD:
            (await caller.function.asked.get()).finish(BAD)
        answer = await caller.reader.read()
        assert caller.function.asked.empty()  # what was sent ahead is not answered
        return answer

    answer = with_caller(story, [(b"content-length", length)] if length else [])
    body = answer.partition(b"\r\n\r\n")[2]
    if length:
        assert len(body) < int(length)
    else:
        assert not answer.endswith(b"0\r\n\r\n")


def test_stream__caller_hangs_up__function_is_told_at_once() -> None:
    async def story(caller: Caller) -> None:
        caller.writer.write(GET)
        stream = await caller.function.asked.get()
        await caller.reader.readuntil(b"first ")
        caller.writer.close()
        await caller.function.told_to_stop.wait()
        assert stream.left

    with_caller(story)


def test_stream__caller_does_not_read__function_has_to_wait_and_all_arrives() -> None:
    async def story(caller: Caller) -> None:
        caller.writer.write(GET)
        stream = await caller.function.asked.get()
        for _ in range(160):
            stream.feed(bytes(65536))
            await asyncio.sleep(0)
        assert caller.function.calls_to_hold > 0
        stream.finish(GOOD)
        await caller.reader.readuntil(b"\r\n\r\n")
        size = 0
        while chunk := int(await caller.reader.readline(), 16):
            size += len(await caller.reader.readexactly(chunk))
            await caller.reader.readline()
        assert size == 160 * 65536 + len(b"first ")

    with_caller(story)


def test_stream__caller_takes_nothing_for_long__is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "STALLED_S", 0.2)

    async def story(caller: Caller) -> None:
        caller.writer.transport.pause_reading()  # type: ignore[attr-defined]
        caller.writer.write(GET)
        stream = await caller.function.asked.get()
        for _ in range(500):
            stream.feed(bytes(65536))
            await asyncio.sleep(0)
        await caller.function.told_to_stop.wait()

    with_caller(story)


def test_receive__large_body_of_a_stated_length__comes_while_the_answer_goes() -> None:
    async def story(caller: Caller) -> None:
        caller.writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nbegin")
        stream = await caller.function.asked.get()
        assert await caller.function.got.get() == b""
        assert await caller.function.got.get() == b"begin"
        stream.feed(b"heard")
        await caller.reader.readuntil(b"heard")
        caller.writer.write(bytes(99_995))
        size = 0
        while size < 99_995:
            size += len(await caller.function.got.get())
        stream.finish(GOOD)
        await caller.reader.readuntil(b"0\r\n\r\n")
        caller.writer.write(GET)
        await caller.function.asked.get()

    with_caller(story)


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 65536\r\n\r\n" + bytes(65536),
        b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    ],
)
def test_receive__small_body_or_one_of_no_stated_length__comes_whole(head: bytes) -> None:
    async def story(caller: Caller) -> None:
        caller.writer.write(b"POST / HTTP/1.1\r\nHost: x\r\n" + head)
        await caller.function.asked.get()
        assert await caller.function.got.get() in {b"a", bytes(65536)}
        assert not caller.function.bodies

    with_caller(story)


def test_receive__caller_hangs_up_in_the_middle__is_heard_of() -> None:
    async def story(caller: Caller) -> None:
        caller.writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nbegin")
        await caller.function.asked.get()
        caller.writer.close()
        pieces = [await caller.function.got.get() for _ in range(3)]
        assert pieces == [b"", b"begin", b"gone"]
        await caller.function.told_to_stop.wait()

    with_caller(story)


def test_receive__expects_to_be_asked__is_asked_once() -> None:
    async def story(caller: Caller) -> None:
        caller.function.may_answer.clear()
        caller.writer.write(EXPECTS)
        assert await caller.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        caller.writer.write(bytes(50_000))
        caller.function.may_answer.set()
        stream = await caller.function.asked.get()
        caller.writer.write(bytes(50_000))
        stream.finish(GOOD)
        assert b"100 Continue" not in await caller.reader.readuntil(b"0\r\n\r\n")

    with_caller(story)


def test_receive__expects_to_be_asked_but_is_answered_first__is_not_asked() -> None:
    async def story(caller: Caller) -> None:
        caller.writer.write(EXPECTS)
        stream = await caller.function.asked.get()
        assert await caller.reader.readuntil(b"first \r\n") == (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n6\r\nfirst \r\n"
        )
        stream.finish(GOOD)
        assert await caller.reader.readuntil(b"0\r\n\r\n") == b"0\r\n\r\n"

    with_caller(story)
