"""Calls of HTTP functions: what is passed to the function, and what of its answer to the caller.

Answers are somebody else's HTML and may never act as the console: they are attachments, and without rights of
their own (`Content-Security-Policy: sandbox`), as Function Compute has it on its default domain.
"""

from __future__ import annotations

import json
from typing import Final

from console.fc.limits import HTTP_HEADERS, HTTP_TARGET
from console.fc.refusals import FcRefusal, invalid_argument
from invocations.engine.http import BODILESS, HttpAnswer, HttpCall
from invocations.engine.outcome import ABANDONED, Kind, Outcome
from invocations.engine.streams import AnswerStream

from .answers import JSON, OCTETS, facts, route_facts
from .border import Border
from .request import Address, Answer, HttpAddress, Request
from .table import HeaderList, Route

_CONFINED: Final[HeaderList] = [
    (b"content-disposition", b"attachment"),
    (b"content-security-policy", b"sandbox"),
]
_MAX_ERROR = 2**20
_MAX_DIGITS = 15  # of a length that a function states; no body is longer


def check_size(request: Request) -> None:
    """Raises `FcRefusal` when the head of a call is larger than HTTP functions take."""
    if len(request.raw_path) + len(request.query) > HTTP_TARGET:
        raise invalid_argument(f"path and query are larger than {HTTP_TARGET} bytes")
    if sum(len(name) + len(value) for name, value in request.all_headers) > HTTP_HEADERS:
        raise invalid_argument(f"the headers are larger than {HTTP_HEADERS} bytes")


def no_http_function(called: Address) -> FcRefusal:
    return invalid_argument(
        f"function '{called.function}' is called by events: POST them to "
        f"/2016-08-15/services/{_qualified(called)}/functions/{called.function}/invocations"
    )


def no_event_function(called: Address) -> FcRefusal:
    return invalid_argument(
        f"function '{called.function}' is an HTTP function: "
        f"it answers at /2016-08-15/proxy/{_qualified(called)}/{called.function}/"
    )


def _qualified(called: Address) -> str:
    return called.service if called.qualifier == "LATEST" else f"{called.service}.{called.qualifier}"


def call_of(request: Request, address: HttpAddress, border: Border, *, body_bytes: int) -> HttpCall:
    """The head of the request as the function gets it."""
    return HttpCall(
        method=request.method,
        base=address.base,
        path=address.path,
        query=request.query,
        client=request.client,
        headers=border.inwards(request.all_headers, body_bytes),
    )


def web_answer(
    request: Request, border: Border, *, request_id: str, route: Route, outcome: Outcome, tail: bool
) -> Answer:
    """What the function answered, or 502 when it failed."""
    common = [*facts(request_id, route, outcome, tail=tail), *_CONFINED]
    http = outcome.http
    if http is None:
        body = json.dumps({"errorMessage": _error_message(outcome.payload)}).encode()
        headers = [JSON, (b"content-length", b"%d" % len(body)), *common, *_cors(request, [])]
        return Answer(502, headers, body)
    body = b"" if http.status in BODILESS else outcome.payload
    return Answer(http.status, [*_length(request, http, body), *common, *_own(request, border, http)], body)


def stream_answer(
    request: Request, border: Border, *, request_id: str, route: Route, stream: AnswerStream
) -> Answer:
    """What the function answers while it still runs: what the call took is not known yet, and not in it."""
    http = stream.answer
    common = [*route_facts(request_id, route), *_CONFINED]
    return Answer(http.status, [*_said_length(http), *common, *_own(request, border, http)], b"", stream)


def recorded(outcome: Outcome, *, left: bool = False) -> str:
    """The word of the record. An answer of 500 and above is an error, though the function ended well.

    What a function does when its caller has `left` in the middle of the answer is no fault of its own.
    """
    if left and outcome.kind in {Kind.OK, Kind.HANDLED, Kind.EXCEPTION}:
        return ABANDONED
    if outcome.http is None or outcome.http.status < 500:
        return outcome.kind
    return f"http {outcome.http.status}"


def _own(request: Request, border: Border, http: HttpAnswer) -> HeaderList:
    """The function's own headers, as far as they may pass, and what callers need where it says nothing."""
    own = border.outwards(http.headers, request.headers.get(b"host", b""))
    if not any(name == b"content-type" for name, _ in own):
        own.append(OCTETS)  # never JSON by default: clients would parse it
    return [*_cors(request, own), *own]


def _length(request: Request, http: HttpAnswer, body: bytes) -> HeaderList:
    """Content-Length as it is; of an answer to HEAD, what the function says it would be."""
    if http.status in {204, 304}:
        return []
    if request.method != b"HEAD":
        return [(b"content-length", b"%d" % len(body))]
    return _said_length(http)


def _said_length(http: HttpAnswer) -> HeaderList:
    said = [value for name, value in http.headers if name == b"content-length" and value.isdigit()]
    return [(b"content-length", value) for value in said[:1] if len(value) <= _MAX_DIGITS]


def _cors(request: Request, own: HeaderList) -> HeaderList:
    """Function Compute's default for functions that say nothing about other origins."""
    origin = request.headers.get(b"origin")
    if origin is None or any(name == b"access-control-allow-origin" for name, _ in own):
        return []
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]


def _error_message(payload: bytes) -> str:
    """Of the error that an instance reported; it may have sent anything. The stack is for the log alone."""
    try:
        error = json.loads(payload[:_MAX_ERROR])
    except (ValueError, RecursionError):
        return "the function failed"
    message = error.get("errorMessage") if isinstance(error, dict) else None
    return message if isinstance(message, str) else "the function failed"
