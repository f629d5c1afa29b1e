"""Receivers on loopback: an HTTP server for webhooks and a mail server, both real and both small."""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Call:
    """One POST as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What a server in a webhook's place got, and what it answers."""

    port: int = 0
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    calls: list[Call] = field(default_factory=list)
    before_answer: Callable[[], object] = bool

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def http_receiver(
    port: int = 0, wrap: Callable[[socket.socket], socket.socket] = lambda plain: plain
) -> Iterator[Receiver]:
    """`wrap` makes a connection that was accepted speak TLS."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.calls.append(Call(self.path, dict(self.headers), body))
            receiver.before_answer()
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(receiver.body)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def finish_request(self, request: Any, client_address: Any) -> None:
            with suppress(ssl.SSLError), wrap(request) as connection:
                super().finish_request(connection, client_address)

        def handle_error(self, *args: object) -> None:
            """A caller who hung up is no news."""

    with running(Server(("127.0.0.1", port), Handler)) as server:
        receiver.port = server.server_address[1]
        yield receiver


@dataclass
class Mailbox:
    """What a mail server took; an address that begins with "nobody" it does not know."""

    port: int = 0
    messages: list[EmailMessage] = field(default_factory=list)


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    mailbox = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            while line := self.rfile.readline().strip().upper():
                if line.startswith(b"RCPT TO:<NOBODY"):
                    self.say("550 no such mailbox")
                elif line == b"DATA":
                    self.say("354 go on")
                    self.take()
                elif line == b"QUIT":
                    return self.say("221 bye")
                else:
                    self.say("250 fine")
            return None

        def take(self) -> None:
            lines = iter(self.rfile.readline, b".\r\n")
            text = b"".join(line.removeprefix(b".") for line in lines)
            message = BytesParser(policy=default).parsebytes(text)
            assert isinstance(message, EmailMessage)
            mailbox.messages.append(message)
            self.say("250 taken")

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)) as server:
        mailbox.port = server.server_address[1]
        yield mailbox


@contextmanager
def running(server: socketserver.TCPServer) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
