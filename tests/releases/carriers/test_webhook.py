from __future__ import annotations

import hashlib
import hmac
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from releases.carriers import NotDelivered, webhook
from releases.core.targets import Allowed, parse_allowed
from tests.releases.certificates import made_for
from tests.releases.receivers import Receiver, http_receiver

LOOPBACK = parse_allowed(["127.0.0.1"])


def post(url: str, *, allowed: Allowed = LOOPBACK, resolver: webhook.Resolve = webhook.resolve) -> None:
    webhook.post(url, headers={"X-Serin-Event": "test"}, body=b"{}", allowed=allowed, resolver=resolver)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with http_receiver() as running:
        yield running


def test_signature__recomputed_from_its_parts__is_the_same() -> None:
    expected = hmac.new(b"secret", b'1700000000.{"a":1}', hashlib.sha256).hexdigest()
    assert webhook.signature("secret", 1_700_000_000, b'{"a":1}') == f"sha256={expected}"


def test_post__public_name__goes_to_the_checked_address_under_its_own_name(receiver: Receiver) -> None:
    allowed = parse_allowed(["hooks.example"])
    url = f"http://hooks.example:{receiver.port}/a?b=1"
    post(url, allowed=allowed, resolver=lambda _host, _port: ["127.0.0.1"])
    (call,) = receiver.calls
    assert (call.path, call.body) == ("/a?b=1", b"{}")
    assert call.headers["Host"] == f"hooks.example:{receiver.port}"
    assert call.headers["X-Serin-Event"] == "test"


def test_post__name_that_leads_elsewhere_the_second_time__is_resolved_once(receiver: Receiver) -> None:
    """DNS rebinding: what is connected to is what was checked, so the second answer is never asked for."""
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    post(f"http://rebind.example:{receiver.port}/", resolver=lambda _host, _port: answers.pop(0))
    assert (answers, len(receiver.calls)) == ([["127.0.0.2"]], 1)


def test_post__name_that_leads_inside_and_outside__reaches_nothing(receiver: Receiver) -> None:
    with pytest.raises(NotDelivered, match=r"refused: rebind.example leads to 127.0.0.1"):
        post(
            f"http://rebind.example:{receiver.port}/",
            allowed=Allowed(),
            resolver=lambda _host, _port: ["8.8.8.8", "127.0.0.1"],
        )
    assert receiver.calls == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "127.1", "0"])
def test_post__ways_to_write_loopback__reach_nothing(receiver: Receiver, host: str) -> None:
    with pytest.raises(NotDelivered, match=r"refused: .* not public") as refusal:
        post(f"http://{host}:{receiver.port}/", allowed=Allowed())
    assert (refusal.value.is_away, receiver.calls) == (False, [])


def test_post__redirect__is_not_followed(receiver: Receiver) -> None:
    receiver.status, receiver.headers = 307, {"Location": receiver.url}
    with pytest.raises(NotDelivered, match=r"it answered 307 .redirects are not followed"):
        post(receiver.url)
    assert len(receiver.calls) == 1


def test_post__endless_answer__is_not_read(receiver: Receiver) -> None:
    receiver.status, receiver.body = 200, b"x" * 5_000_000
    post(receiver.url)
    assert len(receiver.calls) == 1


def test_post__error_of_the_receiver__says_its_status(receiver: Receiver) -> None:
    receiver.status = 503
    with pytest.raises(NotDelivered, match=r"^it answered 503$"):
        post(receiver.url)


def test_post__nobody_listens__is_away() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NotDelivered, match="cannot be reached: Connection refused") as refusal:
        post(f"http://127.0.0.1:{port}/")
    assert refusal.value.is_away


def test_post__no_such_name__is_away() -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(NotDelivered, match="Name or service not known") as refusal:
        post("http://nowhere.example/", resolver=nowhere)
    assert refusal.value.is_away


def test_post__answer_that_drips__ends_with_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "WHOLE_S", 0.6)
    stop = threading.Event()

    def drip(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        started = time.monotonic()
        with pytest.raises(NotDelivered, match=r"no answer within 0.6 s"):
            post("http://127.0.0.1:{1}/".format(*server.getsockname()))
        assert time.monotonic() - started < 5
        stop.set()
        thread.join(10)


def test_post__no_http__says_so() -> None:
    def nonsense(server: socket.socket) -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"SSH-2.0-nonsense\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=nonsense, args=(server,))
        thread.start()
        with pytest.raises(NotDelivered, match="its answer is not HTTP: BadStatusLine"):
            post("http://127.0.0.1:{1}/".format(*server.getsockname()))
        thread.join(10)


@pytest.fixture
def encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A receiver that speaks TLS as hooks.example, with a certificate that this process trusts."""
    certificate = made_for("hooks.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with http_receiver(wrap=lambda plain: context.wrap_socket(plain, server_side=True)) as running:
        yield running


def test_post__https__asks_for_the_name_of_the_certificate(encrypted: Receiver) -> None:
    allowed = parse_allowed(["127.0.0.0/8"])
    post(
        f"https://hooks.example:{encrypted.port}/",
        allowed=allowed,
        resolver=lambda _host, _port: ["127.0.0.1"],
    )
    assert len(encrypted.calls) == 1
    with pytest.raises(NotDelivered, match="its certificate was not accepted: Hostname mismatch"):
        post(
            f"https://other.example:{encrypted.port}/",
            allowed=allowed,
            resolver=lambda _host, _port: ["127.0.0.1"],
        )
    assert len(encrypted.calls) == 1
