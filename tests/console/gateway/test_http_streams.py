"""Bodies of HTTP functions that travel in pieces, through a real gateway and a real sandbox."""

from __future__ import annotations

import hashlib
import http.client
import json
import socket

import pytest

from console.fc.limits import SYNC_PAYLOAD
from invocations.models import Invocation, TrafficBucket

from .functions import web
from .process import GatewayProcess, Reply, until

pytestmark = pytest.mark.usefixtures("database")

STREAMS = """\
import hashlib, time

def handler(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return globals()[environ["PATH_INFO"].strip("/")](environ["wsgi.input"])

def echo(body):
    for line in body:
        yield line.upper()

def endless(body):
    try:
        while True:
            yield b"tick "
            time.sleep(0.01)
    finally:
        print("closed")

def fails(body):
    yield b"begun"
    raise ValueError("no")

def digest(body):
    digest = hashlib.sha256()
    while piece := body.read(65536):
        digest.update(piece)
    return [digest.hexdigest().encode()]

def large(body):
    for number in range(32):
        yield bytes([number]) * 2**20
"""


def called(name: str) -> Invocation:
    until(lambda: Invocation.objects.filter(service=name).exists())
    return Invocation.objects.get(service=name)


def errors(name: str) -> int:
    return sum(TrafficBucket.objects.filter(service=name, tier=10).values_list("errors", flat=True))


def begin(gateway: GatewayProcess, target: str, method: str = "GET", head: str = "") -> socket.socket:
    caller = socket.create_connection(("127.0.0.1", gateway.port), timeout=30)
    caller.sendall(f"{method} /2016-08-15/proxy/{target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}\r\n".encode())
    return caller


def read_until(caller: socket.socket, text: bytes) -> bytes:
    data = b""
    while text not in data:
        data += caller.recv(65536)
    return data


def test_call__function_reads_and_writes_by_turns__caller_has_each_answer_before_he_goes_on(
    gateway: GatewayProcess, name: str
) -> None:
    web(name, STREAMS)
    with begin(gateway, f"{name}/checkout/echo", "POST", "Content-Length: 100000\r\n") as caller:
        caller.sendall(b"one\n")
        head = read_until(caller, b"ONE\n").partition(b"\r\n\r\n")[0].lower()
        assert b"transfer-encoding: chunked" in head
        assert b"content-security-policy: sandbox" in head
        assert b"x-fc-invocation-service-version" in head
        assert b"\r\nx-fc-invocation-duration:" not in head  # nobody knows it yet
        caller.sendall(b"two\n")
        read_until(caller, b"TWO\n")
        caller.sendall(b"x" * (100_000 - 8))
        read_until(caller, b"0\r\n\r\n")
    assert called(name).outcome == "ok"


@pytest.mark.parametrize("size", [65_537, SYNC_PAYLOAD])
def test_call__large_body__arrives_whole(gateway: GatewayProcess, name: str, size: int) -> None:
    web(name, STREAMS)
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    reply = gateway.call(f"{name}/checkout/digest", "POST", body=body)
    assert reply.body.decode() == hashlib.sha256(body).hexdigest()
    assert "x-fc-max-memory-usage" in reply.headers


def test_call__large_answer__arrives_whole_and_the_connection_goes_on(
    gateway: GatewayProcess, name: str
) -> None:
    web(name, STREAMS)
    connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    for _ in range(2):
        connection.request("GET", f"/2016-08-15/proxy/{name}/checkout/large")
        answer = connection.getresponse().read()
        assert answer == b"".join(bytes([number]) * 2**20 for number in range(32))
    connection.close()


def test_call__caller_hangs_up_in_the_middle__function_is_closed_and_it_is_no_error(
    gateway: GatewayProcess, name: str
) -> None:
    web(name, STREAMS)
    with begin(gateway, f"{name}/checkout/endless") as caller:
        read_until(caller, b"tick")
    invocation = called(name)
    assert invocation.outcome == "abandoned"
    assert "closed" in invocation.log
    assert errors(name) == 0


def test_call__function_fails_in_the_middle__answer_is_cut_and_it_is_an_error(
    gateway: GatewayProcess, name: str
) -> None:
    web(name, STREAMS)
    with pytest.raises(http.client.IncompleteRead):
        gateway.call(f"{name}/checkout/fails")
    assert called(name).outcome == "exception"
    assert errors(name) == 1


def test_call__log_is_wanted__answer_is_collected_and_has_it(gateway: GatewayProcess, name: str) -> None:
    web(name, STREAMS)
    log = {"X-Fc-Log-Type": "Tail"}

    def tail(path: str) -> Reply:
        return gateway.call(f"{name}/checkout/{path}", token=gateway.token(), headers=log)

    assert "x-fc-log-result" in tail("echo").headers
    large = tail("large")
    assert len(large.body) == SYNC_PAYLOAD
    assert "x-fc-invocation-duration" in large.headers
    failed = tail("fails")
    assert failed.status == 502
    assert json.loads(failed.body) == {"errorMessage": "no"}
