"""What callers of event functions are answered, and everybody who is refused."""

from __future__ import annotations

from base64 import b64encode

from console.fc.limits import LOG_TAIL
from console.fc.refusals import FcRefusal
from invocations.engine.outcome import Kind, Outcome

from .request import Answer
from .table import EXPOSED, HeaderList, Route

OCTETS = (b"content-type", b"application/octet-stream")
JSON = (b"content-type", b"application/json")


def event_answer(request_id: str, route: Route, outcome: Outcome, *, tail: bool) -> Answer:
    """A function that fails is a success of the platform: 200, with the error's type in a header."""
    payload = outcome.payload
    headers = facts(request_id, route, outcome, tail=tail)
    headers.append(OCTETS if outcome.kind is Kind.OK else JSON)
    headers.append((b"content-length", b"%d" % len(payload)))
    return Answer(200, headers, payload)


def facts(request_id: str, route: Route, outcome: Outcome, *, tail: bool) -> HeaderList:
    """The headers that say how a call ran; `tail` asks for the end of its log."""
    headers = [
        *route_facts(request_id, route),
        (b"x-fc-invocation-duration", b"%d" % -(-outcome.duration_us // 1000)),
        (b"x-fc-max-memory-usage", b"%.2f" % (outcome.memory_kb / 1024)),
        (b"x-fc-instance-id", outcome.instance_id.encode()),
    ]
    if outcome.kind is not Kind.OK:
        headers.append((b"x-fc-error-type", outcome.error_type.encode()))
    if tail:
        headers.append((b"x-fc-log-result", b64encode(outcome.log[-LOG_TAIL:])))
    return headers


def route_facts(request_id: str, route: Route) -> HeaderList:
    """The headers that say where a call went."""
    headers = [(b"x-fc-request-id", request_id.encode()), *route.target.headers]
    if route.revision:
        headers.append((b"x-serin-alias-revision", b"%d" % route.revision))
    return headers


def refused(refusal: FcRefusal, request_id: str) -> Answer:
    body = refusal.body()
    headers = [
        JSON,
        (b"content-length", b"%d" % len(body)),
        (b"x-fc-request-id", request_id.encode()),
        (b"access-control-expose-headers", EXPOSED),
        *refusal.headers,
    ]
    return Answer(refusal.status, headers, body)
