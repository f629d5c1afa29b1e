from __future__ import annotations

import http.client
import json
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID

import pytest
from pytest_django.fixtures import Settings

from console.invoke import _SLOTS, AT_ONCE, MAX_BODY, EventCall, HttpCall, Invoked, NotInvoked, invoke
from invocations import tokens
from tests.live import LiveStack

ID = "01a2091b-e9f2-7b2c-a9ac-dd168581e969"
NOW = 1_800_000_000.0
CALL: dict[str, Any] = {
    "by": "alice",
    "region": "cn-hangzhou",
    "service": "shop",
    "qualifier": "alias1",
    "function": "checkout",
    "call": EventCall(b"event"),
    "timeout_s": 3,
    "now": NOW,
}
LOG = "FC Invoke End RequestId: x\n\nDuration: 0.87 ms, Billed Duration: 1 ms, Memory Size: 128 MB\n"


class Endpoint(HTTPServer):
    """Answers every call alike, to see what crosses the wire."""

    status = 200
    headers: dict[str, str] = {"X-Fc-Request-Id": ID}
    body = b"{}"
    seen: tuple[str, dict[str, str], bytes] = ("", {}, b"")
    line = ""
    lines: list[tuple[str, str]] = []


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        sent = {name.lower(): value for name, value in self.headers.items()}
        self.server.line, self.server.lines = self.requestline, self.headers.items()
        self.server.seen = (self.path, sent, self.rfile.read(int(sent["content-length"])))
        self.send_response(self.server.status)
        for name, value in {"content-length": str(len(self.server.body)), **self.server.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *args: object) -> None:
        pass


for method in ("GET", "PUT", "HEAD"):
    setattr(Handler, f"do_{method}", Handler.do_POST)


@pytest.fixture
def endpoint(settings: Settings) -> Iterator[Endpoint]:
    with Endpoint(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.GATEWAY_URL = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()
        thread.join()


def test_invoke__call__is_one_that_any_caller_could_make(endpoint: Endpoint, settings: Settings) -> None:
    invoke(**CALL)
    path, headers, body = endpoint.seen
    assert path == "/2016-08-15/services/shop.alias1/functions/checkout/invocations"
    assert body == b"event"
    assert headers["x-fc-log-type"] == "Tail"
    scheme, _, token = headers["authorization"].partition(" ")
    assert scheme == "Serin"
    claims = tokens.verify(tokens.derive_key(settings.SECRET_KEY), token, NOW)
    assert claims == {"sub": "alice", "region": "cn-hangzhou", "fresh": True, "exp": NOW + 60}


def test_invoke__http_call__is_sent_as_it_was_written(endpoint: Endpoint) -> None:
    fields = (("X-Tier", "gold"), ("x-tier", "beta"), ("X-Name", "\u91d1"))
    call = HttpCall("PUT", "/a%20b?q=1&q=2", fields, "uid=7; k=v", b"body")
    endpoint.headers = {"X-Fc-Request-Id": ID, "X-Fc-Log-Result": "", "X-Own": "yes"}
    got = invoke(**CALL | {"call": call, "function": "storefront"})
    assert endpoint.line == "PUT /2016-08-15/proxy/shop.alias1/storefront/a%20b?q=1&q=2 HTTP/1.1"
    assert endpoint.seen[2] == b"body"
    sent = [(name, value) for name, value in endpoint.lines if name not in {"Authorization", "Host"}]
    assert sent == [
        ("X-Fc-Log-Type", "Tail"),
        ("X-Tier", "gold"),
        ("x-tier", "beta"),
        ("X-Name", "\u91d1".encode().decode("latin-1")),
        ("Cookie", "uid=7; k=v"),
        ("Content-Length", "4"),
    ]
    assert ("X-Own", "yes") in got.headers
    assert "X-Fc-Log-Result" not in dict(got.headers)


@pytest.mark.parametrize("status", [204, 404, 503, 599])
def test_invoke__http_function_chose_the_status__is_its_answer(endpoint: Endpoint, status: int) -> None:
    endpoint.status = status
    endpoint.headers = {"X-Fc-Request-Id": ID, "X-Fc-Invocation-Service-Version": "2"}
    got = invoke(**CALL | {"call": HttpCall("GET", "/")})
    assert (got.status, got.version) == (status, "2")
    assert got.reason == http.client.responses.get(status, "")


def test_invoke__http_call_refused_by_the_gateway__says_the_apis_error(endpoint: Endpoint) -> None:
    endpoint.status = 404
    endpoint.body = json.dumps({"ErrorCode": "AliasNotFound", "ErrorMessage": "none"}).encode()
    with pytest.raises(NotInvoked, match=r"^AliasNotFound: none$"):
        invoke(**CALL | {"call": HttpCall("GET", "/")})


def test_invoke__head__tells_a_length_without_a_body(endpoint: Endpoint) -> None:
    got = invoke(**CALL | {"call": HttpCall("HEAD", "/")})
    assert (got.kind, got.size, got.is_cut) == ("empty", 0, False)


def test_invoke__as_many_run_as_may__is_refused_and_the_next_one_goes_on(endpoint: Endpoint) -> None:
    held = [_SLOTS.acquire(blocking=False) for _ in range(AT_ONCE)]
    try:
        assert all(held)
        with pytest.raises(NotInvoked, match="8 tests are running already"):
            invoke(**CALL)
    finally:
        _SLOTS.release(len(held))
    assert invoke(**CALL).body == b"{}"


def test_invoke__answered__reads_headers_log_and_body(endpoint: Endpoint) -> None:
    endpoint.headers = {
        "X-Fc-Request-Id": ID,
        "X-Fc-Invocation-Service-Version": "2",
        "X-Serin-Alias-Revision": "7",
        "X-Fc-Invocation-Duration": "1",
        "X-Fc-Max-Memory-Usage": "9.82",
        "X-Fc-Instance-Id": "c-1",
        "X-Fc-Log-Result": b64encode(LOG.encode()).decode(),
        "X-Fc-Error-Type": "UnhandledInvocationError",
    }
    answer = invoke(**CALL)
    assert (str(answer.request_id), answer.version, answer.alias_revision) == (ID, "2", 7)
    assert (answer.billed_ms, answer.memory_mb, answer.instance) == (1, 9.82, "c-1")
    assert (answer.error_type, answer.log, answer.duration_ms) == ("UnhandledInvocationError", LOG, 0.87)


def test_invoke__refused__says_the_apis_error(endpoint: Endpoint) -> None:
    endpoint.status = 429
    endpoint.body = json.dumps({"ErrorCode": "ResourceExhausted", "ErrorMessage": "too many"}).encode()
    with pytest.raises(NotInvoked, match=r"^ResourceExhausted: too many$"):
        invoke(**CALL)


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b"\xff"])
def test_invoke__answer_of_something_else__says_its_status(endpoint: Endpoint, body: bytes) -> None:
    endpoint.status, endpoint.body = 502, body
    with pytest.raises(NotInvoked, match="answered 502"):
        invoke(**CALL)


@pytest.mark.parametrize(
    "headers",
    [{}, {"X-Fc-Request-Id": "x"}, {"X-Fc-Request-Id": ID, "X-Fc-Invocation-Duration": "soon"}],
)
def test_invoke__another_server_says_200__is_refused(endpoint: Endpoint, headers: dict[str, str]) -> None:
    endpoint.headers = headers
    with pytest.raises(NotInvoked, match="is no gateway"):
        invoke(**CALL)


def test_invoke__nobody_listens__is_refused_with_the_address(endpoint: Endpoint, settings: Settings) -> None:
    settings.GATEWAY_URL = "http://127.0.0.1:1"
    with pytest.raises(NotInvoked, match=r"http://127\.0\.0\.1:1 does not answer"):
        invoke(**CALL)


def answer(body: bytes, size: int | None = None, log: str = "") -> Invoked:
    return Invoked(UUID(ID), "1", 0, "", 1, 1.0, "", log, body, len(body) if size is None else size, 1.0)


@pytest.mark.parametrize(
    ("body", "kind", "shown"),
    [
        (b"", "empty", ""),
        (b'{"b":1,"a":"\xc3\xa4"}', "json", '{\n  "b": 1,\n  "a": "\xe4"\n}'),
        (b"hello", "text", "hello"),
        (b"[" * 100_000, "text", "[" * 100_000),
        (b"\x89PNG\r\n", "binary", "000000  89 50 4e 47 0d 0a" + " " * 32 + ".PNG.."),
        (b"a\0b", "binary", "000000  61 00 62" + " " * 41 + "a.b"),
    ],
)
def test_shown__any_body__is_fit_to_look_at(body: bytes, kind: str, shown: str) -> None:
    assert (answer(body).kind, answer(body).shown) == (kind, shown)


@pytest.mark.parametrize("length", range(1, 12))
def test_shown__cut_anywhere_within_characters__is_the_text_before(length: int) -> None:
    whole = "\xe4\u20ac\U0001f426x\xe4"
    cut = answer(whole.encode()[:length], size=1000)
    assert cut.is_cut
    assert cut.kind == "text"
    assert whole.startswith(cut.shown)
    assert length - len(cut.shown.encode()) < 4


def test_invoke__long_answer__reads_a_bounded_beginning(endpoint: Endpoint) -> None:
    endpoint.body = b"x" * (MAX_BODY + 10)
    got = invoke(**CALL)
    assert (len(got.body), got.size, got.is_cut) == (MAX_BODY, MAX_BODY + 10, True)


def test_duration__function_imitates_the_summary__the_last_line_counts() -> None:
    assert answer(b"", log="Duration: 99.00 ms, Billed\n" + LOG).duration_ms == 0.87
    assert answer(b"", log="no summary").duration_ms is None


@pytest.mark.parametrize(("qualifier", "version"), [("LATEST", "LATEST"), ("1", "1"), ("alias1", None)])
def test_invoke__running_stack__runs_the_function(
    live_stack: LiveStack, settings: Settings, qualifier: str, version: str | None
) -> None:
    settings.GATEWAY_URL = live_stack.gateway_url
    settings.SECRET_KEY = (live_stack.home / "secret_key").read_text().strip()
    got = invoke(**CALL | {"qualifier": qualifier, "now": time.time()})
    assert got.error_type == ""
    assert got.version == version or (version is None and got.version in {"1", "2"})
    assert json.loads(got.body)["qualifier"] == qualifier
    assert f"FC Invoke Start RequestId: {got.request_id}" in got.log
    assert f"FC Invoke End RequestId: {got.request_id}" in got.log
    assert bool(got.alias_revision) is (qualifier == "alias1")
    assert got.duration_ms is not None


@pytest.mark.parametrize("qualifier", ["LATEST", "1", "alias1"])
def test_invoke__running_stack__requests_the_http_function(
    live_stack: LiveStack, settings: Settings, qualifier: str
) -> None:
    settings.GATEWAY_URL = live_stack.gateway_url
    settings.SECRET_KEY = (live_stack.home / "secret_key").read_text().strip()
    call = HttpCall("DELETE", "/cart?id=1", (("X-Tier", "gold"),), "uid=7", b"body")
    wanted = {"function": "storefront", "qualifier": qualifier, "call": call, "now": time.time()}
    got = invoke(**CALL | wanted)
    assert (got.status, got.error_type) == (200, "")
    assert f"{qualifier} is served by version {got.version}" in got.body.decode()
    assert "DELETE /cart called as" in got.log
    assert ("content-type", "text/plain; charset=utf-8") in got.headers
    assert bool(got.alias_revision) is (qualifier == "alias1")
    assert got.duration_ms is not None
