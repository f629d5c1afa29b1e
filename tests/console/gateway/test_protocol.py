"""The gateway's HTTP/1.1 against a real socket; behind it stands an answerer that tells what it got."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from console.gateway.protocol import GARBAGE, MAX_HEAD, HttpProtocol
from console.gateway.request import Answer, Request
from invocations.engine.streams import CallerGone

T = TypeVar("T")

LIMIT = 1_000_000
POST = b"POST /a%20b?q=1 HTTP/1.1\r\nHost: x\r\nX-Fc-Log-Type: Tail\r\n"


class Echo:
    """Answers with what it was asked; `/unread` leaves the body alone, `/held` waits for `release`."""

    def __init__(self) -> None:
        self.gone = asyncio.Event()
        self.held = asyncio.Event()
        self.release = asyncio.Event()

    async def answer(self, request: Request) -> Answer:
        try:
            body = b"" if request.path == "/unread" else await request.read(LIMIT)
        except CallerGone:
            self.gone.set()
            raise
        if request.path == "/held":
            self.held.set()
            await self.release.wait()
        if request.path == "/all":
            return self.tell(
                {
                    "query": request.query.decode("latin-1"),
                    "headers": {name.decode(): value.decode() for name, value in request.headers.items()},
                    "all": [[name.decode(), value.decode()] for name, value in request.all_headers],
                    "client": request.client.decode(),
                }
            )
        told = json.dumps([request.method.decode(), request.path, len(body)]).encode()
        headers = [
            (b"content-length", b"%d" % len(told)),
            (b"x-log", request.headers.get(b"x-fc-log-type", b"")),
        ]
        return Answer(200, headers, told)

    def tell(self, seen: dict[str, object]) -> Answer:
        told = json.dumps(seen).encode()
        return Answer(299, [(b"content-length", b"%d" % len(told))], told)


class Server:
    def __init__(self) -> None:
        self.app = Echo()
        self.state = SimpleNamespace(connections=set(), tasks=set(), default_headers=[(b"date", b"today")])
        self.port = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        return reader, writer

    async def close(self) -> None:
        for writer in self.writers:
            writer.close()
            await writer.wait_closed()


def with_server(story: Callable[[Server], Awaitable[T]]) -> T:
    async def run() -> T:
        server = Server()
        config = SimpleNamespace(loaded_app=server.app)
        loop = asyncio.get_running_loop()
        listening = await loop.create_server(lambda: HttpProtocol(config, server.state, {}), "127.0.0.1", 0)
        server.port = listening.sockets[0].getsockname()[1]
        async with listening, asyncio.timeout(10):
            try:
                return await story(server)
            finally:
                await server.close()

    return asyncio.run(run())


def all_that_comes(sent: bytes, *, piecewise: bool = False) -> bytes:
    """Everything that one connection is answered until the server closes it."""

    async def story(server: Server) -> bytes:
        reader, writer = await server.open()
        if piecewise:
            for byte in sent:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0)
        else:
            writer.write(sent)
        return await reader.read()

    return with_server(story)


def told_in(answers: bytes) -> list[list[object]]:
    return [json.loads(part.partition(b"\r\n\r\n")[2]) for part in answers.split(b"HTTP/1.1 200 OK\r\n")[1:]]


def closing(head: bytes, body: bytes = b"") -> bytes:
    return head + b"Connection: close\r\n\r\n" + body


@pytest.mark.parametrize("piecewise", [False, True])
def test_request__with_a_body__is_parsed_and_answered(piecewise: bool) -> None:
    answer = all_that_comes(closing(POST + b"Content-Length: 5\r\n", b"hello"), piecewise=piecewise)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b"\r\n") == [
        b"HTTP/1.1 200 OK",
        b"date: today",
        b"content-length: %d" % len(body),
        b"x-log: Tail",
        b"connection: close",
    ]
    assert json.loads(body) == ["POST", "/a b", 5]


def seen_of(head: bytes) -> dict[str, Any]:
    answer = all_that_comes(closing(head))
    assert answer.startswith(b"HTTP/1.1 299 \r\n")
    return dict(json.loads(answer.partition(b"\r\n\r\n")[2]))


def test_request__headers_sent_twice__are_joined_and_also_kept_apart() -> None:
    seen = seen_of(
        b"GET /all?a=%20+&a HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nCookie: a=1\r\nx-a:\r\ncookie: b=2\r\nX-B:\r\n"
    )
    assert seen["query"] == "a=%20+&a"
    assert seen["client"] == "127.0.0.1"
    assert seen["headers"] == {
        "host": "x",
        "x-a": "1, ",
        "cookie": "a=1; b=2",
        "x-b": "",
        "connection": "close",
    }
    assert sorted(seen["all"]) == [
        ["connection", "close"],
        ["cookie", "a=1"],
        ["cookie", "b=2"],
        ["host", "x"],
        ["x-a", ""],
        ["x-a", "1"],
        ["x-b", ""],
    ]


def test_request__blanks_around_a_value__are_no_part_of_it() -> None:
    seen = seen_of(b"GET /all HTTP/1.1\r\nHost: x\r\nX-Plan: \t pro\tx \t \r\nX-None: \t \r\n")
    assert seen["headers"] == {"host": "x", "x-plan": "pro\tx", "x-none": "", "connection": "close"}
    assert ["x-plan", "pro\tx"] in seen["all"]


def test_request__one_header_thousands_of_times__is_joined_once() -> None:
    seen = seen_of(b"GET /all HTTP/1.1\r\nHost: x\r\n" + b"a:b\r\n" * 20_000)
    assert seen["headers"]["a"] == ", ".join("b" * 20_000)
    assert len(seen["all"]) == 20_002


def test_request__chunked__is_put_together() -> None:
    chunks = b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    answer = all_that_comes(closing(POST + b"Transfer-Encoding: chunked\r\n", chunks))
    assert told_in(answer) == [["POST", "/a b", 5]]


def test_requests__sent_ahead__are_answered_in_their_order() -> None:
    ahead = b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(40))
    answer = all_that_comes(ahead + closing(b"GET /last HTTP/1.1\r\nHost: x\r\n"))
    assert [told[1] for told in told_in(answer)] == [*(f"/{number}" for number in range(40)), "/last"]


def test_request__large_body__arrives_whole() -> None:
    body = bytes(LIMIT)
    answer = all_that_comes(closing(POST + b"Content-Length: %d\r\n" % len(body), body))
    assert told_in(answer) == [["POST", "/a b", LIMIT]]


def test_request__body_that_nobody_reads__is_thrown_away_before_the_next() -> None:
    unread = b"POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n" + bytes(500_000)
    answer = all_that_comes(unread + closing(b"GET /next HTTP/1.1\r\nHost: x\r\n"))
    assert [told[1] for told in told_in(answer)] == ["/unread", "/next"]


def test_request__head__gets_no_body() -> None:
    answer = all_that_comes(closing(b"HEAD / HTTP/1.1\r\nHost: x\r\n"))
    assert answer.endswith(b"connection: close\r\n\r\n")


def test_request__http_1_0__is_answered_and_closed() -> None:
    assert told_in(all_that_comes(b"GET / HTTP/1.0\r\n\r\n")) == [["GET", "/", 0]]


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * MAX_HEAD + b"\r\n\r\n",
        b"GET /" + b"a" * MAX_HEAD + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_request__that_is_none__is_a_400_and_the_end(sent: bytes) -> None:
    assert all_that_comes(sent) == GARBAGE


def test_request__wishing_another_protocol__is_answered_in_this_one_and_closed() -> None:
    wish = b"GET /wish HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
    answer = all_that_comes(wish + b"PRI * HTTP/2.0\r\n\r\n")
    assert told_in(answer) == [["GET", "/wish", 0]]
    assert b"\r\nconnection: close\r\n" in answer


def test_request__with_trailers__keeps_the_headers_it_was_judged_by() -> None:
    chunks = b"3\r\nabc\r\n0\r\nX-Fc-Log-Type: None\r\n\r\n"
    answer = all_that_comes(closing(POST + b"Transfer-Encoding: chunked\r\n", chunks))
    assert b"\r\nx-log: Tail\r\n" in answer


def test_request__nonsense_sent_ahead_behind_it__still_gets_its_own_answer() -> None:
    async def story(server: Server) -> bytes:
        reader, writer = await server.open()
        writer.write(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
        await server.app.held.wait()
        writer.write(b"nonsense\r\n\r\n")
        await writer.drain()
        (connection,) = server.state.connections
        while not connection._deaf:  # noqa: ASYNC110 - the protocol tells nobody
            await asyncio.sleep(0)
        server.app.release.set()
        return await reader.read()

    answer = with_server(story)
    assert told_in(answer) == [["GET", "/held", 0]]
    assert answer.count(b"HTTP/1.1") == 1


def test_request__expecting_to_be_told_to_continue__is_told() -> None:
    async def story(server: Server) -> bytes:
        reader, writer = await server.open()
        writer.write(closing(POST + b"Expect: 100-continue\r\nContent-Length: 2\r\n"))
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"ok")
        return await reader.read()

    assert told_in(with_server(story)) == [["POST", "/a b", 2]]


def test_caller__hanging_up_in_the_body__leaves_nothing_behind() -> None:
    async def story(server: Server) -> None:
        _, writer = await server.open()
        writer.write(POST + b"Content-Length: 10\r\n\r\nhalf")
        await writer.drain()
        writer.close()
        await server.app.gone.wait()
        await asyncio.gather(*server.state.tasks)
        assert not server.state.connections

    with_server(story)


def test_shutdown__during_a_call__answers_it_and_closes() -> None:
    async def story(server: Server) -> bytes:
        reader, writer = await server.open()
        idle, other = await server.open()
        other.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await idle.readuntil(b"0]")
        writer.write(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
        await server.app.held.wait()
        for connection in list(server.state.connections):
            connection.shutdown()
        assert await idle.read() == b""
        server.app.release.set()
        return await reader.read()

    answer = with_server(story)
    assert told_in(answer) == [["GET", "/held", 0]]
    assert b"connection: close" in answer
