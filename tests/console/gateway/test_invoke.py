"""Invocations through a real gateway process, from the socket to the sandbox and back."""

from __future__ import annotations

import json
import uuid
from base64 import b64decode

import pytest

from invocations.models import Invocation, TrafficBucket
from releases.models import Version
from releases.operations.routing import announce
from tests import make

from .process import GatewayProcess, path_of, until

pytestmark = pytest.mark.usefixtures("database")

BROKEN = "def handler(event, context):\n    raise ValueError('no')\n"
SLOW = "import time\ndef handler(event, context):\n    time.sleep(0.3)\n    return b'done'\n"
ECHO = "def handler(event, context):\n    return event\n"


@pytest.mark.parametrize(
    ("qualifier", "version", "body"),
    [
        ("", "LATEST", b"LATEST "),
        (".LATEST", "LATEST", b"LATEST "),
        (".1", "1", b"1 1"),
        (".2", "2", b"2 2"),
        (".alias1", "2", b"alias1 2"),
    ],
)
def test_invoke__by_any_qualifier__runs_that_version(
    gateway: GatewayProcess, name: str, qualifier: str, version: str, body: bytes
) -> None:
    make.alias(make.two_versions(name), primary=1, canary=2, weight_bp=10_000)
    reply = gateway.invoke(f"{name}{qualifier}/checkout")
    assert (reply.status, reply.body) == (200, body)
    assert reply.headers["x-fc-invocation-service-version"] == version


def test_invoke__success__has_the_documented_headers(gateway: GatewayProcess, name: str) -> None:
    service = make.two_versions(name)
    alias = make.alias(service)
    reply = gateway.invoke(f"{name}.alias1/checkout", X_Fc_Log_Type="Tail")
    headers = reply.headers
    assert uuid.UUID(headers["x-fc-request-id"]).version == 7
    assert headers["content-type"] == "application/octet-stream"
    assert headers["x-fc-invocation-duration"].isdigit()
    assert float(headers["x-fc-max-memory-usage"]) > 1
    assert headers["x-fc-code-checksum"].isdigit()
    assert headers["x-fc-instance-id"].startswith("c-")
    assert headers["x-serin-alias-revision"] == str(alias.revision_id)
    assert "x-fc-request-id" in headers["access-control-expose-headers"]
    assert "x-fc-error-type" not in headers
    assert "server" not in headers
    log = b64decode(headers["x-fc-log-result"]).decode()
    assert f"FC Invoke Start RequestId: {headers['x-fc-request-id']}" in log
    assert "hello" in log


def test_invoke__without_asking_for_the_log__does_not_send_it(gateway: GatewayProcess, name: str) -> None:
    make.function(make.service(name))
    headers = gateway.invoke(f"{name}/checkout").headers
    assert "x-fc-log-result" not in headers
    assert "x-serin-alias-revision" not in headers


def test_invoke__function_that_raises__is_200_with_its_error_type(gateway: GatewayProcess, name: str) -> None:
    make.function(make.service(name), text=BROKEN)
    reply = gateway.invoke(f"{name}/checkout")
    assert (reply.status, reply.headers["content-type"]) == (200, "application/json")
    assert reply.headers["x-fc-error-type"] == "UnhandledInvocationError"
    assert json.loads(reply.body)["errorMessage"] == "no"


@pytest.mark.parametrize("payload", [b"", b"{}", bytes(range(256)), b"x" * 3_000_000])
def test_invoke__any_payload__arrives_unchanged(gateway: GatewayProcess, name: str, payload: bytes) -> None:
    make.function(make.service(name), text=ECHO)
    assert gateway.invoke(f"{name}/checkout", payload).body == payload


def test_invoke__call__is_recorded_under_its_names(gateway: GatewayProcess, name: str) -> None:
    service = make.two_versions(name)
    alias = make.alias(service)
    reply = gateway.invoke(f"{name}.alias1/checkout")
    until(Invocation.objects.filter(service=name).exists)
    row = Invocation.objects.get(service=name)
    assert str(row.request_id) == reply.headers["x-fc-request-id"]
    assert (row.region, row.function, row.qualifier, row.version) == (
        make.REGION,
        "checkout",
        "alias1",
        "1",
    )
    assert (row.alias_revision, row.decision, row.outcome, row.cold) == (
        alias.revision_id,
        "primary",
        "ok",
        True,
    )
    assert row.instance == reply.headers["x-fc-instance-id"]
    bucket = TrafficBucket.objects.get(service=name, tier=10)
    assert (bucket.alias_revision, bucket.version, bucket.invocations, bucket.errors) == (
        alias.revision_id,
        "1",
        1,
        0,
    )


def test_invoke__alias_of_a_version_that_is_gone__is_version_not_found(
    gateway: GatewayProcess, name: str
) -> None:
    service = make.two_versions(name)
    make.alias(service, primary=1)
    assert gateway.invoke(f"{name}.alias1/checkout").status == 200
    # The console refuses this; the API of Function Compute must allow it.
    Version.objects.filter(service=service, number=1).update(retired_at=make.NOW)
    announce(service)
    until(lambda: gateway.invoke(f"{name}.alias1/checkout").status == 404)
    assert gateway.invoke(f"{name}.alias1/checkout").code == "VersionNotFound"


def test_invoke__caller_hangs_up__instance_comes_free_and_the_call_is_recorded(
    gateway: GatewayProcess, name: str
) -> None:
    make.function(make.service(name), text=SLOW)
    with gateway.send(path_of(f"{name}/checkout"), "Content-Length: 0"):
        until(lambda: gateway.health()["instances"]["busy"] == 1)
    until(Invocation.objects.filter(service=name, outcome="ok").exists)
    assert gateway.health()["instances"]["busy"] == 0
    assert gateway.invoke(f"{name}/checkout").body == b"done"
