"""What HTTP functions answer, hostile ones included, as callers of a real gateway get it."""

from __future__ import annotations

import json
import socket

import pytest

from console.gateway.border import MAX_COOKIES
from invocations.models import Invocation, TrafficBucket

from .functions import DOES, web
from .process import GatewayProcess, reply_on, until

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified", "299 Own", "404 Not Found"])
def test_call__any_status_and_method__leaves_the_connection_in_step(
    gateway: GatewayProcess, name: str, status: str
) -> None:
    web(name, DOES)
    body = f"start({status!r}, [('Content-Length', '999'), ('Connection', 'close')])".encode()
    path = f"/2016-08-15/proxy/{name}/checkout/"
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller:
        for _ in range(3):
            head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            caller.sendall(head.encode() + body)
            reply = reply_on(caller)
            assert reply.status == int(status[:3])
            assert reply.body == (b"" if status[:3] in {"204", "304"} else b"done")


def test_call__function_raises__is_502_with_the_message_alone(gateway: GatewayProcess, name: str) -> None:
    web(name, DOES)
    reply = gateway.call(f"{name}/checkout/", "POST", body=b"raise KeyError('gone')")
    assert (reply.status, json.loads(reply.body)) == (502, {"errorMessage": "'gone'"})
    assert reply.headers["x-fc-error-type"] == "UnhandledInvocationError"
    assert reply.headers["content-security-policy"] == "sandbox"
    until(Invocation.objects.filter(service=name, outcome="exception").exists)


def test_call__function_answers_500__is_passed_on_and_recorded_as_an_error(
    gateway: GatewayProcess, name: str
) -> None:
    web(name, DOES)
    replies = [
        gateway.call(f"{name}/checkout/", "POST", body=f"start('{status} X', [])".encode())
        for status in (404, 503)
    ]
    assert [(reply.status, reply.body) for reply in replies] == [(404, b"done"), (503, b"done")]
    assert "x-fc-error-type" not in replies[1].headers
    until(lambda: Invocation.objects.filter(service=name).count() == 2)
    assert set(Invocation.objects.filter(service=name).values_list("outcome", flat=True)) == {
        "ok",
        "http 503",
    }
    bucket = TrafficBucket.objects.get(service=name, tier=3600)
    assert (bucket.invocations, bucket.errors) == (2, 1)


def test_call__hostile_answer__is_confined(gateway: GatewayProcess, name: str) -> None:
    web(name, DOES)
    hostile = """
cookies = ["serin_session=evil", " SERIN_CSRF =evil", "=serin_session=evil", "serin_session"]
cookies += ["a=1; Domain=localhost"]
cookies += [f"c{number}=1" for number in range(200)]
start("200 OK", [("Set-Cookie", cookie) for cookie in cookies] + [
    ("Content-Type", "text/html"),
    ("Content-Disposition", "inline"),
    ("Content-Security-Policy", "sandbox allow-scripts allow-same-origin"),
    ("Clear-Site-Data", '"cookies"'),
    ("Strict-Transport-Security", "max-age=31536000"),
    ("X-Fc-Invocation-Service-Version", "99"),
    ("X-Serin-Alias-Revision", "99"),
])
"""
    replies = {
        host: gateway.call(f"{name}/checkout/", "POST", body=hostile.encode(), headers={"Host": host})
        for host in (f"127.0.0.1:{gateway.port}", f"LocalHost.:{gateway.port}")
    }
    own, shared = replies.values()
    assert own.cookies == ("a=1", *(f"c{number}=1" for number in range(MAX_COOKIES - 1)))
    assert shared.cookies == ()
    for reply in replies.values():
        assert reply.status == 200
        assert reply.headers["content-disposition"] == "attachment"
        assert reply.headers["x-fc-invocation-service-version"] == "LATEST"
        assert not reply.headers.keys() & {
            "clear-site-data",
            "strict-transport-security",
            "x-serin-alias-revision",
        }


@pytest.mark.parametrize(
    "says",
    [
        r"start('200 OK', [('A', 'b\r\nSet-Cookie: serin_session=evil')])",
        r"start('200 OK\r\nSet-Cookie: serin_session=evil', [])",
        "start('101 Switching Protocols', [])",
        "start('700 Odd', [])",
        "start('200 OK', [('A', 'b' * 40_000)])",
    ],
)
def test_call__answer_that_would_break_http__is_a_function_error(
    gateway: GatewayProcess, name: str, says: str
) -> None:
    web(name, DOES)
    reply = gateway.call(f"{name}/checkout/", "POST", body=says.encode())
    assert reply.status in (200, 502)
    assert not reply.cookies
    if reply.status == 502:
        assert json.loads(reply.body)["errorMessage"]


def test_call__log__is_told_to_those_who_signed_alone(gateway: GatewayProcess, name: str) -> None:
    web(name, "def handler(environ, start):\n    print('secret')\n    start('200 OK', [])\n    return []\n")
    tail = {"X-Fc-Log-Type": "Tail"}
    assert "x-fc-log-result" not in gateway.call(f"{name}/checkout/", headers=tail).headers
    assert "x-fc-log-result" in gateway.call(f"{name}/checkout/", headers=tail, token=gateway.token()).headers
