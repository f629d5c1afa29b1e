"""A gateway process on the test database, and what a caller of it needs."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import connection

from console.stack.ports import free_ports
from console.stack.tether import tethered
from invocations import tokens

PATIENCE_S = 15.0


@dataclass(frozen=True)
class Reply:
    """Header names are lower-cased."""

    status: int
    headers: dict[str, str]
    body: bytes
    cookies: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The ErrorCode of a refusal."""
        return str(json.loads(self.body)["ErrorCode"])


@dataclass(frozen=True)
class GatewayProcess:
    port: int
    process: subprocess.Popen[bytes]
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "alice"})

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def request(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> Reply:
        """Send exactly these headers, besides Host and Content-Length."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            cookies = tuple(response.headers.get_all("set-cookie", []))
            return Reply(response.status, names, response.read(), cookies)
        finally:
            connection.close()

    def invoke(self, target: str, payload: bytes = b"", *, token: str = "", **headers: str) -> Reply:
        """`target` is `service/function` or `service.qualifier/function`; underscores become hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        named["Authorization"] = f"Serin {token or self.token()}"
        return self.request("POST", path_of(target), named, payload)

    def call(
        self,
        target: str,
        method: str = "GET",
        *,
        body: bytes = b"",
        token: str = "",
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """Call an HTTP function; `target` goes on as `invoke`'s, with a path and a query."""
        named = headers or {}
        if token:
            named = {"Authorization": f"Serin {token}"} | named
        return self.request(method, f"/2016-08-15/proxy/{target}", named, body)

    def send(self, path: str, head: str) -> socket.socket:
        """Begin a POST with a good token by hand; `head` has its remaining header lines."""
        caller = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        lines = [f"POST {path} HTTP/1.1", "Host: x", f"Authorization: Serin {self.token()}", head, "", ""]
        caller.sendall("\r\n".join(lines).encode())
        return caller

    def token(self, **claims: Any) -> str:
        key = tokens.derive_key(settings.SECRET_KEY)
        return tokens.mint(key, self.claims | claims, time.time() + 60)

    def health(self) -> dict[str, Any]:
        reply = self.request("GET", "/healthz", {})
        assert reply.status == 200
        return dict(json.loads(reply.body))


def reply_on(caller: socket.socket) -> Reply:
    response = http.client.HTTPResponse(caller)
    response.begin()
    return Reply(response.status, {}, response.read())


def path_of(target: str) -> str:
    service, function = target.split("/")
    return f"/2016-08-15/services/{quote(service)}/functions/{quote(function)}/invocations"


def until(condition: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    """Wait for something that must come to pass."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.01)


@contextmanager
def running_gateway(database: str) -> Iterator[GatewayProcess]:
    [port] = free_ports(1)
    environment = os.environ | {
        "DATABASE_URL": database_url(database),
        "SERIN_GATEWAY_PORT": str(port),
    }
    command = tethered([sys.executable, "-m", "console.gateway"])
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment) as process:
        gateway = GatewayProcess(port, process)
        try:
            until(lambda: answers(gateway))
            yield gateway
        finally:
            process.terminate()
            # uvicorn stops in good order, then ends by the signal it was sent.
            assert process.wait(20) in (0, -signal.SIGTERM)


def answers(gateway: GatewayProcess) -> bool:
    assert gateway.process.poll() is None, "the gateway ended"
    try:
        return gateway.health()["status"] == "ok"
    except ConnectionRefusedError:
        return False


def database_url(name: str) -> str:
    """A database of the test server, for another process."""
    database = connection.settings_dict
    server = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}@"
    if database["HOST"].startswith("/"):
        return f"postgresql://{server}/{name}?host={quote(database['HOST'], safe='/')}"
    return f"postgresql://{server}{database['HOST']}:{database['PORT']}/{name}"
