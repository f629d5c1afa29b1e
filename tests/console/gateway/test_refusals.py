"""What the gateway declines, as callers see it."""

from __future__ import annotations

import json
import socket
import time
from email.utils import formatdate

import pytest

from console.fc.limits import SYNC_PAYLOAD
from console.fc.signature import sign
from releases.operations.access_keys import KeyPair, create_access_key
from tests import make

from .process import GatewayProcess, path_of, reply_on

pytestmark = pytest.mark.usefixtures("database")

PATH = path_of("shop/checkout")


def signed(pair: KeyPair, *, at: float, path: str = PATH) -> dict[str, str]:
    date = formatdate(at, usegmt=True)
    signature = sign(pair.secret.encode(), b"POST", path.encode(), {b"date": date.encode()})
    return {"Date": date, "Authorization": f"FC {pair.key_id}:{signature.decode()}"}


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("unknown/checkout", "ServiceNotFound"),
        ("{name}/unknown", "FunctionNotFound"),
        ("{name}.1/unknown", "FunctionNotFound"),
        ("{name}.alias1/unknown", "FunctionNotFound"),
        ("{name}.3/checkout", "VersionNotFound"),
        ("{name}.01/checkout", "VersionNotFound"),
        ("{name}.nothing/checkout", "AliasNotFound"),
        ("{name}./checkout", "AliasNotFound"),
        ("{name}.ali as1/checkout", "AliasNotFound"),
    ],
)
def test_invoke__something_unknown__is_404_that_says_what(
    gateway: GatewayProcess, name: str, target: str, code: str
) -> None:
    make.alias(make.two_versions(name))
    reply = gateway.invoke(target.format(name=name))
    assert (reply.status, reply.code) == (404, code)
    assert len(reply.headers["x-fc-request-id"]) == 36


def test_invoke__alias_whose_version_was_deleted__is_404_that_names_the_version(
    gateway: GatewayProcess, name: str
) -> None:
    shop = make.two_versions(name)
    make.alias(shop, canary=2, weight_bp=10_000)
    shop.versions.filter(number=2).update(retired_at=make.NOW)  # the page refuses what the API allows
    reply = gateway.invoke(f"{name}.alias1/checkout")
    assert (reply.status, reply.code) == (404, "VersionNotFound")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", PATH),
        ("PUT", PATH),
        ("POST", "/2016-08-15/services/shop/functions/checkout"),
        ("POST", PATH + "/"),
        ("GET", "/2016-08-15/services"),
        ("GET", "/"),
        ("GET", "/favicon.ico"),
    ],
)
def test_request__other_than_an_invocation__is_path_not_supported(
    gateway: GatewayProcess, method: str, path: str
) -> None:
    reply = gateway.request(method, path, {"Authorization": f"Serin {gateway.token()}"})
    assert (reply.status, reply.code) == (400, "PathNotSupported")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({}, 400, "MissingRequiredHeader"),
        ({"Authorization": "FC id:signature"}, 400, "MissingRequiredHeader"),
        ({"Authorization": "FC id", "Date": formatdate()}, 400, "InvalidArgument"),
        ({"Authorization": "FC id:signature", "Date": "today"}, 400, "InvalidArgument"),
        ({"Authorization": "Basic YTpi"}, 400, "InvalidArgument"),
        ({"Authorization": "FC id:signature", "Date": formatdate()}, 403, "InvalidAccessKeyID"),
        ({"Authorization": "Serin abc"}, 403, "SignatureNotMatch"),
        ({"Authorization": "Serin abc", "x-fc-account-id": "2"}, 403, "AccessDenied"),
    ],
)
def test_request__without_good_credentials__is_refused(
    gateway: GatewayProcess, headers: dict[str, str], status: int, code: str
) -> None:
    reply = gateway.request("POST", PATH, headers)
    assert (reply.status, reply.code) == (status, code)


@pytest.mark.parametrize(("minutes", "status"), [(-14, 404), (14, 404), (-16, 403), (16, 403)])
def test_request__date_off_by_minutes__is_refused_beyond_a_quarter_of_an_hour(
    gateway: GatewayProcess, minutes: int, status: int
) -> None:
    pair = create_access_key(make.act(), make.user())
    assert gateway.request("POST", PATH, signed(pair, at=time.time() + 60 * minutes)).status == status


def test_request__signature_of_another_path__is_refused(gateway: GatewayProcess) -> None:
    pair = create_access_key(make.act(), make.user())
    headers = signed(pair, at=time.time(), path=PATH.replace("shop", "depot"))
    reply = gateway.request("POST", PATH, headers)
    assert (reply.status, reply.code) == (403, "SignatureNotMatch")


def test_request__key_of_a_deactivated_person__is_refused_with_the_reason(gateway: GatewayProcess) -> None:
    dave = make.user("dave")
    dave.is_active = False
    dave.save()
    pair = create_access_key(make.act(), dave)
    reply = gateway.request("POST", PATH, signed(pair, at=time.time()))
    assert (reply.status, reply.code) == (403, "AccessDenied")
    assert "dave" in json.loads(reply.body)["ErrorMessage"]


@pytest.mark.parametrize(
    "headers",
    [{"X_Fc_Invocation_Type": "Async"}, {"X_Fc_Invocation_Type": "x"}, {"X_Fc_Log_Type": "All"}],
)
def test_invoke__option_that_is_not_offered__is_invalid_argument(
    gateway: GatewayProcess, name: str, headers: dict[str, str]
) -> None:
    make.function(make.service(name))
    reply = gateway.invoke(f"{name}/checkout", **headers)
    assert (reply.status, reply.code) == (400, "InvalidArgument")


def test_invoke__payload_that_says_it_is_too_large__is_refused_unread(gateway: GatewayProcess) -> None:
    with gateway.send(PATH, f"Content-Length: {SYNC_PAYLOAD + 1}") as caller:
        reply = reply_on(caller)
    assert (reply.status, reply.code) == (400, "EntityTooLarge")
    assert f"({SYNC_PAYLOAD} bytes)".encode() in reply.body


def test_invoke__chunked_payload_beyond_the_limit__is_refused(gateway: GatewayProcess) -> None:
    chunk = b"100000\r\n" + bytes(2**20) + b"\r\n"
    with gateway.send(PATH, "Transfer-Encoding: chunked") as caller:
        for _ in range(SYNC_PAYLOAD // 2**20 + 1):
            caller.sendall(chunk)
        reply = reply_on(caller)
    assert (reply.status, reply.code) == (400, "EntityTooLarge")


def test_invoke__unsigned__is_refused_before_its_body_is_read(gateway: GatewayProcess) -> None:
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller:
        caller.sendall(f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n".encode())
        assert reply_on(caller).code == "MissingRequiredHeader"
