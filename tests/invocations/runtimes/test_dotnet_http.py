"""HTTP functions in C#: the request and response that a function sees, and what goes out in pieces."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest

from invocations.engine.outcome import Kind, Outcome
from invocations.engine.streams import AnswerBroken, AnswerStream, CallerGone
from tests.invocations.engine.rooms import Room, Theatre
from tests.invocations.runtimes.csharp_code import deploy

SOURCE = "Web"
MIB = 2**20


def begun(reply: Outcome | AnswerStream) -> AnswerStream:
    assert isinstance(reply, AnswerStream), reply
    return reply


def test_dotnet_http__request__is_seen_as_aspnet_core_shows_it(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        outcome = await room.request(
            deploy(room, SOURCE, "HandleRequest", type="http"),
            "POST",
            "/a%20b/%C3%A4%zz",
            query="a=1+2%263&A=4&b",
            headers=[
                (b"x-wide", b"gr\xfc\xdfe"),
                (b"cookie", b"a=1"),
                (b"cookie", b"b=2"),
                (b"host", b"h:80"),
                (b"content-length", b"5"),
            ],
            body="grün".encode(),
        )

        assert outcome.kind is Kind.OK, outcome
        assert outcome.payload.decode() == (
            "POST|/2016-08-15/proxy/shop/greet|/a b/ä%zz|?a=1+2%263&A=4&b|1 2&3,4|0"
            "|grüße|a=1; b=2|5|h:80|1|grün"
        )
        assert outcome.http is not None
        assert outcome.http.status == 201
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-two", b"1"), (b"x-two", b"2")]
        assert outcome.http.headers == headers

    theatre.play(scenario)


WHOLE = {"Sync": b"ab", "Replaced": b"in memory", "Empty": b"", "Whole": b"body"}
STREAMED = ("Sleeps", "Flushes", "Awaits")


@pytest.mark.parametrize("method", WHOLE)
def test_dotnet_http__answer_is_ready_at_once__comes_with_its_outcome(method: str, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        outcome = await room.open(deploy(room, SOURCE, method, type="http"), "POST", body=b"body")

        assert isinstance(outcome, Outcome)
        assert (outcome.kind, outcome.payload) == (Kind.OK, WHOLE[method])

    theatre.play(scenario)


@pytest.mark.parametrize("method", STREAMED)
def test_dotnet_http__answer_takes_its_time__begins_with_its_first_piece(
    method: str, theatre: Theatre
) -> None:
    async def scenario(room: Room) -> None:
        bundle = deploy(room, SOURCE, method, type="http")
        stream = begun(await room.open(bundle))
        assert (await stream.whole()).payload == b"ab"
        head = await room.open(bundle, "HEAD")
        assert isinstance(head, Outcome)
        assert (head.kind, head.payload) == (Kind.OK, b"")

    theatre.play(scenario)


def test_dotnet_http__answer_ends_as_it_would_begin__is_told_once(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = deploy(room, SOURCE, "AtTheBorder", type="http")
        outcomes = [await room.request(bundle) for _ in range(300)]
        assert {(outcome.kind, outcome.payload) for outcome in outcomes} == {(Kind.OK, b"ab")}
        assert len({outcome.instance_id for outcome in outcomes}) == 1

    theatre.play(scenario)


def test_dotnet_http__32_mb__come_back_in_pieces_and_complete(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = deploy(room, SOURCE, "Large", type="http", memory_mb=512, timeout_s=30)
        outcome = await begun(await room.open(bundle)).whole()
        assert outcome.payload == b"".join(bytes([number]) * MIB for number in range(32))

    theatre.play(scenario)


FAULTS = {
    "Wide": "latin-1",
    "Zero": "control character",
    "Status": "200 to 599, not 70000",
    "Throws": "no",
    "Short": "only 1 bytes where its Content-Length says 3",
    "Long": "at least 3 bytes where its Content-Length says 1",
    "TooLate": "already started",
    "TooLarge": "Response exceeds 33554432 bytes",
}


@pytest.mark.parametrize("method", FAULTS)
def test_dotnet_http__function_at_fault__is_an_error_that_says_why(method: str, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = deploy(room, SOURCE, method, type="http", memory_mb=512, timeout_s=20)

        outcome = await room.request(bundle)

        assert (outcome.kind, outcome.http) == (Kind.EXCEPTION, None), outcome
        assert FAULTS[method] in json.loads(outcome.payload)["errorMessage"]
        assert not (await room.request(bundle)).cold

    theatre.play(scenario)


def test_dotnet_http__method_of_another_form__cannot_be_loaded(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        outcome = await room.request(deploy(room, SOURCE, "Plain", type="http"))

        assert outcome.kind is Kind.LOAD
        assert "(HttpRequest, HttpResponse), not (" in json.loads(outcome.payload)["errorMessage"]

    theatre.play(scenario)


def test_dotnet_http__both_ways__each_piece_is_answered_before_the_next_is_sent(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        sent: asyncio.Queue[bytes] = asyncio.Queue()
        sent.put_nowait(b"one\n")
        bundle = deploy(room, SOURCE, "Echo", type="http")
        headers = [(b"content-length", b"8")]
        stream = begun(await room.open(bundle, "POST", headers=headers, upload=sent.get))
        assert await stream.read() == b"ONE\n"
        sent.put_nowait(b"two\n")
        assert await stream.read() == b"TWO\n"
        sent.put_nowait(b"")
        assert await stream.read() == b""
        assert (await stream.ended).kind is Kind.OK

    theatre.play(scenario)


def test_dotnet_http__caller_leaves__function_ends_in_good_order_and_is_kept(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = deploy(room, SOURCE, "Endless", type="http", timeout_s=10)
        stream = begun(await room.open(bundle))
        stream.leave()
        with pytest.raises(AnswerBroken):
            await stream.read()
        outcome = await asyncio.wait_for(stream.ended, 5)
        assert outcome.kind is Kind.OK
        assert b"closed" in outcome.log
        again = begun(await room.open(bundle))
        again.leave()
        assert (await again.ended).instance_id == outcome.instance_id

    theatre.play(scenario)


def test_dotnet_http__caller_leaves_before_all_is_sent__reading_fails(theatre: Theatre) -> None:
    async def upload() -> bytes:
        raise CallerGone

    async def scenario(room: Room) -> None:
        bundle = deploy(room, SOURCE, "Reads", type="http")
        headers = [(b"content-length", b"10")]
        stream = begun(await room.open(bundle, "POST", headers=headers, body=b"begun", upload=upload))
        assert (await stream.whole()).payload == b"The caller has left"

    theatre.play(scenario)


def test_dotnet_http__body_that_nobody_reads__is_forgotten(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = deploy(room, SOURCE, "Ignores", type="http")
        instances = set()
        for number in range(20):
            left = iter([bytes(100_000)] * 50)

            async def upload(left: Iterator[bytes] = left) -> bytes:
                return next(left, b"")

            headers = [(b"content-length", b"5000000")]
            outcome = await room.open(bundle, "POST", query=str(number), headers=headers, upload=upload)
            assert isinstance(outcome, Outcome)
            assert outcome.payload == b"?%d" % number
            instances.add(outcome.instance_id)
        assert len(instances) == 1

    theatre.play(scenario)
