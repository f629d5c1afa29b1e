"""Answers of HTTP functions as callers get them, without a server."""

from __future__ import annotations

import asyncio
import json
from typing import NoReturn
from unittest.mock import Mock

import pytest

from console.gateway.border import Border
from console.gateway.request import Answer, Request
from console.gateway.table import Route, Target
from console.gateway.web import recorded, stream_answer, web_answer
from invocations.engine.bundle import Bundle
from invocations.engine.http import HeaderList, HttpAnswer
from invocations.engine.outcome import Kind, Outcome
from invocations.engine.streams import AnswerStream

BORDER = Border(frozenset({b"serin_session"}), b"localhost")
BUNDLE = Bundle(
    account_id="1",
    region="r",
    service="shop",
    function="web",
    version="2",
    runtime="python3",
    handler="h",
    code_digest="d",
)


async def unread(limit: int) -> NoReturn:
    raise AssertionError("nobody reads")


def ended(
    status: int = 200, headers: HeaderList | None = None, payload: bytes = b"body", kind: Kind = Kind.OK
) -> Outcome:
    http = HttpAnswer(status, headers or []) if kind is Kind.OK else None
    return Outcome(kind, payload, b"log", 1500, 2048, "c-1", False, http)


def answered(outcome: Outcome, method: bytes = b"GET", **headers: bytes) -> Answer:
    named = {name.encode(): value for name, value in headers.items()}
    request = Request(method, "/", b"/", named, unread, unread)
    route = Route(Target(BUNDLE, [(b"x-fc-invocation-service-version", b"2")]), 9, "primary", 0)
    return web_answer(request, BORDER, request_id="id", route=route, outcome=outcome, tail=False)


def values(answer: Answer, name: bytes) -> list[bytes]:
    return [value for found, value in answer.headers if found == name]


def test_web_answer__page__is_confined_and_says_who_served_it() -> None:
    answer = answered(ended(201, [(b"content-type", b"text/html"), (b"x-own", b"1")]))
    assert (answer.status, answer.body) == (201, b"body")
    assert dict(answer.headers) == {
        b"content-length": b"4",
        b"x-fc-request-id": b"id",
        b"x-fc-invocation-duration": b"2",
        b"x-fc-max-memory-usage": b"2.00",
        b"x-fc-instance-id": b"c-1",
        b"x-fc-invocation-service-version": b"2",
        b"x-serin-alias-revision": b"9",
        b"content-disposition": b"attachment",
        b"content-security-policy": b"sandbox",
        b"content-type": b"text/html",
        b"x-own": b"1",
    }


def test_web_answer__policy_of_the_functions_own__is_added_to_ours() -> None:
    answer = answered(ended(headers=[(b"content-security-policy", b"sandbox allow-scripts")]))
    assert values(answer, b"content-security-policy") == [b"sandbox", b"sandbox allow-scripts"]


def test_web_answer__no_content_type__is_octets() -> None:
    assert values(answered(ended()), b"content-type") == [b"application/octet-stream"]


@pytest.mark.parametrize(
    ("status", "method", "said", "length", "body"),
    [
        (204, b"GET", b"9", [], b""),
        (304, b"GET", b"9", [], b""),
        (205, b"GET", b"9", [b"0"], b""),
        (200, b"GET", b"9", [b"4"], b"body"),
        (200, b"HEAD", b"9", [b"9"], b"body"),
        (200, b"HEAD", b"x", [], b"body"),
        (204, b"HEAD", b"9", [], b""),
    ],
)
def test_web_answer__length__is_what_comes(
    status: int, method: bytes, said: bytes, length: list[bytes], body: bytes
) -> None:
    answer = answered(ended(status, [(b"content-length", said)]), method)
    assert (values(answer, b"content-length"), answer.body) == (length, body)


def test_web_answer__other_origin__gets_the_default_unless_the_function_speaks() -> None:
    own = (b"access-control-allow-origin", b"https://other.example")
    default, spoken = (
        answered(ended(headers=headers), origin=b"https://shop.example") for headers in ([], [own])
    )
    assert values(default, b"access-control-allow-origin") == [b"https://shop.example"]
    assert values(default, b"access-control-allow-credentials") == [b"true"]
    assert values(spoken, b"access-control-allow-origin") == [b"https://other.example"]
    assert values(spoken, b"access-control-allow-credentials") == []
    assert values(answered(ended()), b"access-control-allow-origin") == []


@pytest.mark.parametrize(
    ("payload", "message"),
    [
        (b'{"errorMessage": "no", "errorType": "KeyError", "stackTrace": [["secret"]]}', "no"),
        (b"no json", "the function failed"),
        (b"[1]", "the function failed"),
        (b'{"errorMessage": 1}', "the function failed"),
        (b"[" * 100_000, "the function failed"),
        (b'{"errorMessage": "' + b"x" * 2**21 + b'"}', "the function failed"),
        (b"\xff", "the function failed"),
    ],
)
def test_web_answer__function_failed__is_502_with_its_message_alone(payload: bytes, message: str) -> None:
    answer = answered(ended(kind=Kind.EXCEPTION, payload=payload))
    assert answer.status == 502
    assert json.loads(answer.body) == {"errorMessage": message}
    assert values(answer, b"content-type") == [b"application/json"]
    assert values(answer, b"x-fc-error-type") == [b"UnhandledInvocationError"]
    assert values(answer, b"content-security-policy") == [b"sandbox"]


@pytest.mark.parametrize(
    ("status", "word"), [(200, "ok"), (404, "ok"), (499, "ok"), (500, "http 500"), (599, "http 599")]
)
def test_recorded__status__is_an_error_from_500_on(status: int, word: str) -> None:
    assert recorded(ended(status)) == word


def test_recorded__function_failed__is_its_kind() -> None:
    assert recorded(ended(kind=Kind.TIMEOUT)) == "timeout"


def test_stream_answer__length__is_what_the_function_states_if_any_body_has_it() -> None:
    async def begun(length: bytes) -> Answer:
        http = HttpAnswer(200, [(b"content-length", length), (b"set-cookie", b"serin_session=1")])
        request = Request(b"GET", "/", b"/", {}, unread, unread)
        route = Route(Target(BUNDLE, [(b"x-fc-invocation-service-version", b"2")]), 9, "primary", 0)
        stream = AnswerStream(http, b"first", Mock())
        return stream_answer(request, BORDER, request_id="id", route=route, stream=stream)

    for length, passed in ((b"9", b"9"), (b"-1", None), (b"9" * 5000, None), (b"nine", None)):
        headers = dict(asyncio.run(begun(length)).headers)
        assert headers.get(b"content-length") == passed
        assert headers[b"content-security-policy"] == b"sandbox"
        assert headers[b"x-serin-alias-revision"] == b"9"
        assert b"set-cookie" not in headers
