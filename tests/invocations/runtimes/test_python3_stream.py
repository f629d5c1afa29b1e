"""Bodies of HTTP calls that travel in pieces: what a Python function reads and writes while it runs."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Iterable

import pytest

from invocations.engine.outcome import Kind, Outcome
from invocations.engine.streams import AnswerBroken, AnswerStream, CallerGone, Upload
from tests.invocations.engine.rooms import Room, Theatre

MIB = 2**20
ECHO = """
    def handler(environ, start_response):
        start_response("200 OK", [])
        for line in environ["wsgi.input"]:
            yield line.upper()
"""


def stated(length: int) -> list[tuple[bytes, bytes]]:
    return [(b"content-length", b"%d" % length)]


def in_pieces(pieces: Iterable[bytes], *, then: Exception | None = None) -> Upload:
    left = iter(pieces)

    async def upload() -> bytes:
        piece = next(left, b"")
        if not piece and then is not None:
            raise then
        return piece

    return upload


def begun(reply: Outcome | AnswerStream) -> AnswerStream:
    assert isinstance(reply, AnswerStream), reply
    return reply


def test_stream__both_ways__each_piece_is_answered_before_the_next_is_sent(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        sent: asyncio.Queue[bytes] = asyncio.Queue()
        sent.put_nowait(b"one\n")
        bundle = room.deploy(ECHO, type="http")
        stream = begun(await room.open(bundle, "POST", headers=stated(8), upload=sent.get))
        assert await stream.read() == b"ONE\n"
        sent.put_nowait(b"two\n")
        assert await stream.read() == b"TWO\n"
        sent.put_nowait(b"")
        assert await stream.read() == b""
        outcome = await stream.ended
        assert (outcome.kind, outcome.payload, outcome.http) == (Kind.OK, b"", stream.answer)

    theatre.play(scenario)


def test_stream__32_mb_read_in_any_manner__is_what_was_sent(theatre: Theatre) -> None:
    source = """
        import hashlib

        def handler(environ, start_response):
            start_response("200 OK", [])
            body, digest = environ["wsgi.input"], hashlib.sha256()
            for read in (lambda: body.read(3), body.readline, lambda: body.read(100_000), body.read):
                digest.update(read())
            assert body.read() == b"" and environ["CONTENT_LENGTH"] == str(32 * 2**20)
            return [digest.hexdigest().encode()]
    """

    async def scenario(room: Room) -> None:
        bundle = room.deploy(source, type="http", memory_mb=512, timeout_s=30)
        pieces = [bytes([number, 10]) * (MIB // 2) for number in range(32)]
        outcome = await room.open(
            bundle, "POST", headers=stated(32 * MIB), body=pieces[0], upload=in_pieces(pieces[1:])
        )
        assert isinstance(outcome, Outcome)
        assert outcome.payload.decode() == hashlib.sha256(b"".join(pieces)).hexdigest()

    theatre.play(scenario)


WHOLE = {
    "a list": 'start("200 OK", []); return [b"a", b"b"]',
    "a tuple": 'start("200 OK", []); return (b"a", b"b")',
    "all of the stated length": (
        'start("200 OK", [("Content-Length", "2")]); return iter([b"", b"ab"])'  # as frameworks return it
    ),
    "nothing": 'start("200 OK", []); return iter([])',
    "no content": 'start("204 No Content", []); return iter([b"a", b"b"])',
}
STREAMED = {
    "a generator": 'start("200 OK", []); return (text for text in [b"a", b"", b"b"])',
    "a generator that starts late": (
        '\n    def late():\n        start("200 OK", [])\n        yield from (b"a", b"b")\n    return late()'
    ),
    "a generator of the stated length": (
        'start("200 OK", [("Content-Length", "2")]); return iter([b"a", b"b"])'
    ),
    "writes": 'write = start("200 OK", []); write(b"a"); return [b"b"]',
}


@pytest.mark.parametrize("name", WHOLE)
def test_stream__answer_is_ready_at_once__comes_with_its_outcome(name: str, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(f"def handler(environ, start): {WHOLE[name]}", type="http")
        outcome = await room.open(bundle)
        assert isinstance(outcome, Outcome)
        assert outcome.payload == (b"" if name in {"nothing", "no content"} else b"ab")

    theatre.play(scenario)


@pytest.mark.parametrize("name", STREAMED)
def test_stream__answer_takes_its_time__begins_with_its_first_piece(name: str, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(f"def handler(environ, start): {STREAMED[name]}", type="http")
        outcome = await begun(await room.open(bundle)).whole()
        assert (outcome.kind, outcome.payload) == (Kind.OK, b"ab"), outcome
        head = await room.open(bundle, "HEAD")
        assert isinstance(head, Outcome)
        assert (head.kind, head.payload) == (Kind.OK, b"")

    theatre.play(scenario)


def test_stream__large_list__comes_in_pieces_and_complete(theatre: Theatre) -> None:
    source = """
        def handler(environ, start):
            start("200 OK", [])
            return [bytes([number]) * 2**20 for number in range(32)]
    """

    async def scenario(room: Room) -> None:
        outcome = await begun(await room.open(room.deploy(source, type="http", memory_mb=512))).whole()
        assert outcome.payload == b"".join(bytes([number]) * MIB for number in range(32))

    theatre.play(scenario)


FAULTS = {
    "raises": ('yield b"a"; raise ValueError("no")', "no"),
    "yields a text": ('yield b"a"; yield "b"', "must return chunks of bytes, not str"),
    "yields too much": ('yield b"a"; yield bytes(32 * 2**20)', "Response exceeds 33554432 bytes"),
    "starts again": ('yield b"a"; start("200 OK", [])', "start_response was called twice"),
}
LENGTHS = {"0": "at least 1", "2": "at least 3", "4": "only 3"}


@pytest.mark.parametrize("name", FAULTS)
def test_stream__function_fails_after_the_beginning__is_broken_off_and_kept(
    name: str, theatre: Theatre
) -> None:
    statements, message = FAULTS[name]

    async def scenario(room: Room) -> None:
        text = f'def handler(environ, start):\n    start("200 OK", [])\n    {statements}'
        bundle = room.deploy(text, type="http", memory_mb=512)
        stream = begun(await room.open(bundle))
        assert await stream.read() == b"a"
        with pytest.raises(AnswerBroken):
            while await stream.read():
                pass
        outcome = await stream.ended
        assert (outcome.kind, outcome.http) == (Kind.EXCEPTION, None)
        assert message in json.loads(outcome.payload)["errorMessage"]
        again = await room.request(bundle)
        assert (again.cold, again.instance_id) == (False, outcome.instance_id)

    theatre.play(scenario)


@pytest.mark.parametrize("stated_length", LENGTHS)
def test_stream__other_length_than_stated__is_an_error_of_the_function(
    stated_length: str, theatre: Theatre
) -> None:
    source = f"""
        def handler(environ, start):
            start("200 OK", [("Content-Length", "{stated_length}")])
            yield b"a"
            yield b"bc"
    """

    async def scenario(room: Room) -> None:
        outcome = await room.request(room.deploy(source, type="http"))
        assert outcome.kind is Kind.EXCEPTION
        assert LENGTHS[stated_length] in json.loads(outcome.payload)["errorMessage"]

    theatre.play(scenario)


def test_stream__headers_that_cannot_be_sent__are_an_error_that_says_so(theatre: Theatre) -> None:
    source = """
        def handler(environ, start):
            start("200 OK", [("a b", "1")])
            while True: yield b"a"
    """

    async def scenario(room: Room) -> None:
        outcome = await room.request(room.deploy(source, type="http"))
        assert outcome.kind is Kind.EXCEPTION
        assert "'a b' is no name of a header" in outcome.payload.decode()

    theatre.play(scenario)


def test_stream__time_runs_out_in_the_middle__ends_as_a_time_out(theatre: Theatre) -> None:
    source = """
        import time
        def handler(environ, start):
            start("200 OK", [])
            while True:
                yield b"a"
                time.sleep(0.1)
    """

    async def scenario(room: Room) -> None:
        stream = begun(await room.open(room.deploy(source, type="http", timeout_s=1)))
        with pytest.raises(AnswerBroken):
            while await stream.read():
                pass
        assert (await stream.ended).kind is Kind.TIMEOUT

    theatre.play(scenario)


def test_stream__caller_leaves__function_is_closed_in_good_order_and_kept(theatre: Theatre) -> None:
    source = """
        import time
        def handler(environ, start):
            start("200 OK", [])
            try:
                while True:
                    yield b"a"
                    time.sleep(0.01)
            finally:
                print("closed")
    """

    async def scenario(room: Room) -> None:
        bundle = room.deploy(source, type="http", timeout_s=10)
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


def test_stream__caller_leaves_before_all_is_sent__reading_fails(theatre: Theatre) -> None:
    source = """
        def handler(environ, start):
            body = environ["wsgi.input"]
            assert body.read(5) == b"begun"
            try:
                body.read()
            except ConnectionResetError as error:
                start("200 OK", [])
                return [str(error).encode()]
    """

    async def scenario(room: Room) -> None:
        bundle = room.deploy(source, type="http")
        upload = in_pieces([b"begun"], then=CallerGone())
        outcome = await room.open(bundle, "POST", headers=stated(10), upload=upload)
        assert isinstance(outcome, Outcome)
        assert outcome.payload == b"The caller has left"
        assert not (await room.open(bundle, "POST", body=b"begun")).cold  # type: ignore[union-attr]

    theatre.play(scenario)


def test_stream__body_that_nobody_reads__is_forgotten(theatre: Theatre) -> None:
    source = """
        def handler(environ, start):
            start("200 OK", [])
            return [environ["QUERY_STRING"].encode()]
    """

    async def scenario(room: Room) -> None:
        bundle = room.deploy(source, type="http")
        instances = set()
        for number in range(20):
            upload = in_pieces(bytes(100_000) for _ in range(50))
            headers = stated(5_000_000)
            outcome = await room.open(bundle, "POST", query=str(number), headers=headers, upload=upload)
            assert isinstance(outcome, Outcome)
            assert outcome.payload == str(number).encode()
            instances.add(outcome.instance_id)
        assert len(instances) == 1

    theatre.play(scenario)


def test_stream__reader_is_slow__function_waits_for_him(theatre: Theatre) -> None:
    source = """
        import time
        def handler(environ, start):
            start("200 OK", [])
            for _ in range(128):
                yield str(time.monotonic()).encode().ljust(65536)
    """

    async def scenario(room: Room) -> None:
        stream = begun(await room.open(room.deploy(source, type="http", timeout_s=10)))
        await asyncio.sleep(0.3)
        began_to_read = time.monotonic()
        whole = (await stream.whole()).payload
        stamps = [float(whole[at : at + 65536]) for at in range(0, len(whole), 65536)]
        written_ahead = sum(stamp < began_to_read for stamp in stamps)
        assert len(stamps) == 128
        assert 0 < written_ahead < 20

    theatre.play(scenario)
