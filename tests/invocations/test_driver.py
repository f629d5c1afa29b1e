from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest

from invocations.drawn import DrawnAttribute, Listed, Place
from invocations.driver import Answer, Driver
from invocations.request_plan import RequestPlan
from invocations.requests import RequestOf, Target, calls, events


class Endpoint(BaseHTTPRequestHandler):
    """Behaves as the payload says, or else the end of the path, over connections that are kept."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        payload = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.seen.append((self.path, self.headers["Authorization"], payload))
        getattr(self, payload or urlsplit(self.path).path.rpartition("/")[2])()

    def do_GET(self) -> None:
        self.do_POST()

    def do_HEAD(self) -> None:
        self.do_POST()

    def fine(self) -> None:
        self.reply(200, b"hello", {"X-Fc-Invocation-Service-Version": "2", "X-Serin-Alias-Revision": "17"})

    def failed(self) -> None:
        body = b'{"errorMessage": "no", "errorType": "ValueError"}'
        headers = {"X-Fc-Error-Type": "UnhandledInvocationError", "X-Fc-Invocation-Service-Version": "1"}
        self.reply(200, body, headers)

    def oddly_named(self) -> None:
        self.reply(200, b'{"errorType": "a\\u0000b\\ud800"}', {"X-Fc-Error-Type": "UnhandledInvocationError"})

    def refused(self) -> None:
        self.reply(429, b'{"ErrorCode": "ResourceExhausted", "ErrorMessage": "full"}', {})

    def proxy(self) -> None:
        self.reply(502, b"<html>", {})

    def down(self) -> None:
        self.reply(503, b'{"ErrorCode": "OfTheFunction"}', {"X-Fc-Invocation-Service-Version": "2"})

    def moved(self) -> None:
        self.reply(302, b"", {"X-Fc-Invocation-Service-Version": "2", "Location": "/elsewhere"})

    def moved_away(self) -> None:
        self.reply(302, b"", {"Location": "/elsewhere"})

    def crashed(self) -> None:
        body = b'{"errorMessage": "no", "errorType": "ValueError"}'
        headers = {"X-Fc-Error-Type": "UnhandledInvocationError", "X-Fc-Invocation-Service-Version": "1"}
        self.reply(502, body, headers)

    def closing(self) -> None:
        self.reply(200, b"", {"X-Fc-Invocation-Service-Version": "1", "Connection": "close"})

    def dropped(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def garbage(self) -> None:
        self.wfile.write(b"this is not HTTP\r\n\r\n")

    def silent(self) -> None:
        self.server.released.wait(20)
        self.close_connection = True

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@contextmanager
def endpoint() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    server.daemon_threads = True
    server.seen = []
    server.released = threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def target(port: int) -> Target:
    return Target(f"http://127.0.0.1:{port}", "shop", "alias1", "checkout", "Serin token")


def make_driver(port: int, request: RequestOf, *, connections: int = 4, timeout_s: float = 10) -> Driver:
    return Driver(f"http://127.0.0.1:{port}", request, connections=connections, timeout_s=timeout_s)


def call(port: int, payloads: list[str], n: int, *, first: int = 0, **how: float) -> list[Answer]:
    return send(port, events(target(port), [p.encode() for p in payloads]), n, first=first, **how)


def send(port: int, request: RequestOf, n: int, *, first: int = 0, **how: float) -> list[Answer]:
    driver = make_driver(port, request, **how)
    try:
        return [answer for batch in driver.answers(range(first, first + n), every_s=0.1) for answer in batch]
    finally:
        driver.close()


def errors(answers: list[Answer]) -> Counter[str]:
    return Counter(answer.error for answer in answers)


def test_driver__every_index__is_called_once_and_answered_once() -> None:
    with endpoint() as server:
        answers = call(server.server_port, ["fine"], 100, connections=8, first=40)
        seen = server.seen
    assert sorted(answer.index for answer in answers) == list(range(40, 140))
    assert {(a.version, a.alias_revision, a.error) for a in answers} == {("2", 17, "")}
    path = "/2016-08-15/services/shop.alias1/functions/checkout/invocations"
    assert Counter(seen) == {(path, "Serin token", "fine"): 100}


def test_driver__several_payloads__are_sent_in_turn() -> None:
    with endpoint() as server:
        answers = call(server.server_port, ["fine", "refused"], 10)
    assert {a.index % 2: a.error for a in answers} == {0: "", 1: "ResourceExhausted"}


@pytest.mark.parametrize(
    ("payload", "error", "version"),
    [
        ("failed", "ValueError", "1"),
        ("oddly_named", "a?b?", ""),
        ("refused", "ResourceExhausted", ""),
        ("proxy", "HTTP 502", ""),
        ("closing", "", "1"),
        ("dropped", "ConnectionLost", ""),
        ("garbage", "BadAnswer", ""),
    ],
)
def test_driver__answer_of_this_kind__is_counted_by_kind(payload: str, error: str, version: str) -> None:
    with endpoint() as server:
        answers = call(server.server_port, [payload], 12)
    assert {(a.error, a.version) for a in answers} == {(error, version)}
    assert len(answers) == 12


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    ("path", "error", "version"),
    [
        ("fine", "", "2"),
        ("moved", "", "2"),
        ("moved_away", "HTTP 302", ""),
        ("down", "HTTP 503", "2"),
        ("proxy", "HTTP 502", ""),
        ("crashed", {"GET": "ValueError", "HEAD": "UnhandledInvocationError"}, "1"),
        ("refused", {"GET": "ResourceExhausted", "HEAD": "HTTP 429"}, ""),
    ],
)
def test_driver__answer_of_an_http_function__is_judged_by_its_status(
    method: str, path: str, error: str | dict[str, str], version: str
) -> None:
    expected = error if isinstance(error, str) else error[method]
    with endpoint() as server:
        port = server.server_port
        request = calls(target(port), RequestPlan(method=method, path=f"/{path}"), run="7")
        answers = send(port, request, 12, timeout_s=5)
    assert {(a.error, a.version) for a in answers} == {(expected, version)}
    assert sorted(answer.index for answer in answers) == list(range(12))


def test_driver__request_by_index__is_sent_for_that_index() -> None:
    attribute = DrawnAttribute(Place.QUERY, "user", Listed(("a", "b", "c")))
    with endpoint() as server:
        port = server.server_port
        plan = RequestPlan(path="/fine", drawn=(attribute,))
        send(port, calls(target(port), plan, run="7"), 5, first=1)
        paths = Counter(path for path, _, _ in server.seen)
    base = "/2016-08-15/proxy/shop.alias1/checkout/fine?user="
    assert paths == {f"{base}a": 1, f"{base}b": 2, f"{base}c": 2}


def test_driver__no_answer_in_time__is_given_up() -> None:
    with endpoint() as server:
        answers = call(server.server_port, ["silent"], 2, timeout_s=0.2)
    assert errors(answers) == {"NoAnswer": 2}


def test_driver__nobody_listens__counts_every_call_as_refused() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert errors(call(port, ["fine"], 9)) == {"ConnectionRefused": 9}


def test_driver__slow_calls__yields_now_and_then_so_that_a_lease_can_be_renewed() -> None:
    with endpoint() as server:
        port = server.server_port
        driver = make_driver(port, events(target(port), [b"silent"]), connections=1, timeout_s=0.5)
        batches = list(driver.answers(range(1), every_s=0.1))
        driver.close()
    assert [len(batch) for batch in batches[:-1]] == [0] * (len(batches) - 1)
    assert len(batches) >= 4


def test_driver__no_time_left__answers_what_is_in_flight_and_begins_nothing_more() -> None:
    with endpoint() as server:
        port = server.server_port
        driver = make_driver(port, events(target(port), [b"fine"]), connections=3)
        given = [
            answer for batch in driver.answers(range(50, 150), every_s=0.0, until=0.0) for answer in batch
        ]
        driver.close()
        seen = server.seen
    assert 3 <= len(seen) < 100
    assert sorted(answer.index for answer in given) == list(range(50, 50 + len(seen)))
