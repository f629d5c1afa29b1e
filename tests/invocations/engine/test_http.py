"""What an instance may answer to an HTTP call, however hostile it is."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.engine.http import MAX_HEAD, MAX_HEADERS, BadAnswer, HttpAnswer, read_answer
from invocations.engine.outcome import Kind
from tests.invocations.engine.rooms import Room, Theatre
from tests.invocations.engine.test_hostile import FORGER


def body_of(status: int, head: bytes, payload: bytes = b"", length: int | None = None) -> memoryview:
    return memoryview(struct.pack("<HI", status, len(head) if length is None else length) + head + payload)


def test_read_answer__headers_sent_twice__stay_two() -> None:
    head = b"Set-Cookie\0a=1\0SET-COOKIE\0 b=2\t\0X-Empty\0\0"
    answer, payload = read_answer(body_of(404, head, b"\0payload\0"))
    assert answer == HttpAnswer(404, [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2"), (b"x-empty", b"")])
    assert payload == b"\0payload\0"


REFUSED: dict[str, tuple[memoryview, str]] = {
    "nothing": (memoryview(b""), "no status"),
    "half a status": (memoryview(b"\xc8\0\0"), "no status"),
    "status 0": (body_of(0, b""), "200 to 599"),
    "interim status": (body_of(103, b""), "200 to 599"),
    "upgrade": (body_of(101, b""), "200 to 599"),
    "status 600": (body_of(600, b""), "200 to 599"),
    "status 65535": (body_of(65535, b""), "200 to 599"),
    "head that is cut": (body_of(200, b"a\0b\0", length=5), "shorter than it says"),
    "huge length": (body_of(200, b"", length=0xFFFFFFFF), "shorter than it says"),
    "no end": (body_of(200, b"a\0b"), "in turn"),
    "name alone": (body_of(200, b"a\0"), "in turn"),
    "empty name": (body_of(200, b"\0b\0"), "no name of a header"),
    "name with space": (body_of(200, b"a b\0c\0"), "no name of a header"),
    "name with colon": (body_of(200, b"a:\0c\0"), "no name of a header"),
    "name with line": (body_of(200, b"a\r\nx\0c\0"), "no name of a header"),
    "name of letters beyond": (body_of(200, "é".encode() + b"\0c\0"), "no name of a header"),
    "value with line": (body_of(200, b"a\0b\r\nset-cookie: c\0"), "control character"),
    "value with line feed": (body_of(200, b"a\0b\n\0"), "control character"),
    "value with return": (body_of(200, b"a\0b\r\0"), "control character"),
    "value with delete": (body_of(200, b"a\0b\x7f\0"), "control character"),
    "too many": (body_of(200, b"a\0b\0" * (MAX_HEADERS + 1)), f"at most {MAX_HEADERS} headers"),
    "too large": (body_of(200, b"a\0" + b"b" * MAX_HEAD + b"\0"), f"at most {MAX_HEAD} bytes"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_read_answer__what_would_break_http__is_refused(name: str) -> None:
    body, words = REFUSED[name]
    with pytest.raises(BadAnswer, match=words):
        read_answer(body)


@given(st.binary(max_size=200))
def test_read_answer__any_bytes__give_a_sound_answer_or_a_refusal(body: bytes) -> None:
    try:
        answer, _ = read_answer(memoryview(body))
    except BadAnswer as bad:
        assert len(str(bad)) < 400
        return
    assert 200 <= answer.status <= 599
    assert not any(byte in text for header in answer.headers for text in header for byte in b"\r\n\0")


WEB_FORGER = (
    FORGER
    + """
    def web(environ, start_response):
        global calls
        calls += 1
        query = environ["QUERY_STRING"]
        if query:
            head = b"a\\0b\\0"
            answer = struct.pack("<HI", 200, len(head)) + head + b"forged"
            os.write(channel(), eval(query))
        start_response("200 OK", [])
        return [b"fine"]
"""
)
FORGERIES = {
    "the answer to an event": "frame(calls)",
    "a greeting": "frame(calls,kind=16)",
    "the answer to another call": "frame(calls+1,answer,kind=38)",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_instance__web_function_forges_frames__ends_with_its_own_call(name: str, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(WEB_FORGER, handler="index.web", type="http")

        outcome = await room.request(bundle, query=FORGERIES[name])
        after = await room.request(bundle)

        assert (outcome.kind, outcome.http) == (Kind.CRASH, None)
        assert (after.payload, after.cold) == (b"fine", True)

    theatre.play(scenario)


def test_instance__event_function_answers_as_a_web_function__ends(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(FORGER)

        outcome = await room.invoke(bundle, b"frame(calls, struct.pack('<HI', 200, 0), kind=38)")

        assert outcome.kind is Kind.CRASH

    theatre.play(scenario)


def test_instance__answer_that_cannot_be_sent__is_a_function_error_and_the_instance_is_kept(
    theatre: Theatre,
) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(WEB_FORGER, handler="index.web", type="http")
        await room.request(bundle)

        outcome = await room.request(bundle, query="frame(calls,struct.pack('<HI',99,0),kind=38)")

        assert (outcome.kind, outcome.http) == (Kind.EXCEPTION, None)
        assert json.loads(outcome.payload) == {
            "errorMessage": "The status of an answer is 200 to 599, not 99",
            "errorType": "BadResponse",
        }
        assert b"not 99" in outcome.log
        assert not outcome.cold

    theatre.play(scenario)
