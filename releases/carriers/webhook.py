"""Webhook calls: signed, to the very address that was checked, without redirects, within a fixed time.

The name is resolved once and the connection goes to the address that `releases.core.targets` took, so a
name that leads elsewhere a moment later (DNS rebinding) leads nowhere. TLS still asks for the name.
"""

from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from typing import Final

from releases.core import targets
from releases.core.targets import Allowed, BadTarget, Target

from . import NotDelivered

CONNECT_S: Final = 5.0
WHOLE_S: Final = 10.0  # from the connection to the end of the answer's head
USER_AGENT: Final = "Serin-Webhook/1"

Resolve = Callable[[str, int], list[str]]


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """What the header X-Serin-Signature says: HMAC-SHA256 over timestamp, a dot and the body."""
    signed = f"{timestamp}.".encode() + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def resolve(host: str, port: int) -> list[str]:
    """Every address of a name, as the machine's resolver gives them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def post(
    url: str, *, headers: dict[str, str], body: bytes, allowed: Allowed, resolver: Resolve = resolve
) -> None:
    """POST, and take any 2xx for received; the answer's body is not read. Raises NotDelivered."""
    try:
        target = targets.parse(url)
        address = targets.choose(target, resolver(target.host, target.port), allowed)
        status = _status(target, address, headers, body)
    except BadTarget as refusal:
        raise NotDelivered(f"refused: {refusal}") from None
    except ssl.SSLCertVerificationError as error:
        raise NotDelivered(f"its certificate was not accepted: {error.verify_message}") from None
    except TimeoutError:
        raise NotDelivered(f"no answer within {WHOLE_S:g} s", is_away=True) from None
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) else None
        raise NotDelivered(f"cannot be reached: {said or error}", is_away=True) from None
    except HTTPException as error:
        raise NotDelivered(f"its answer is not HTTP: {type(error).__name__}") from None
    if not 200 <= status < 300:
        moved = " (redirects are not followed)" if 300 <= status < 400 else ""
        raise NotDelivered(f"it answered {status}{moved}")


class _Connection(HTTPConnection):
    """A connection to an address that was checked, under the name that leads there."""

    def __init__(self, target: Target, address: str) -> None:
        super().__init__(target.host, target.port, timeout=CONNECT_S)
        self._target = target
        self._address = address

    def connect(self) -> None:
        self.sock = socket.create_connection((self._address, self.port), CONNECT_S)


def _status(target: Target, address: str, headers: dict[str, str], body: bytes) -> int:
    connection = _Connection(target, address)
    try:
        connection.connect()
        with _deadline(connection.sock) as is_over:
            try:
                if target.is_encrypted:
                    context = ssl.create_default_context()
                    connection.sock = context.wrap_socket(connection.sock, server_hostname=target.host)
                own = {"Host": target.authority, "User-Agent": USER_AGENT, "Connection": "close"}
                connection.request("POST", target.path, body, own | headers)
                return connection.getresponse().status
            except (OSError, HTTPException):
                if is_over.is_set():
                    raise TimeoutError from None
                raise
    finally:
        connection.close()


@contextmanager
def _deadline(sock: socket.socket) -> Iterator[threading.Event]:
    """Cut the connection when its time is over: time-outs of sockets begin anew with every byte."""
    is_over = threading.Event()
    mine = sock.dup()  # wrapping it in TLS takes the first one's descriptor away

    def cut() -> None:
        is_over.set()
        try:
            mine.shutdown(socket.SHUT_RDWR)
        except OSError:  # the other side was quicker
            return

    timer = threading.Timer(WHOLE_S, cut)
    timer.start()
    try:
        yield is_over
    finally:
        timer.cancel()
        timer.join()
        mine.close()
