"""HTTP functions through a real gateway, as callers see them."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest

from console.fc.limits import HTTP_HEADERS, HTTP_TARGET, SYNC_PAYLOAD
from invocations.models import Invocation
from releases.core.policies import Canary, Policy
from releases.core.rules import Combiner, Rules, make_rule
from releases.core.triggers import Auth
from releases.models import Trigger
from releases.operations import aliases, triggers
from releases.operations.aliases import Setting
from tests import make

from .functions import TELLS, web
from .process import GatewayProcess, Reply, reply_on, until

pytestmark = pytest.mark.usefixtures("database")


def told(reply: Reply) -> dict[str, Any]:
    assert reply.status == 200, reply.body
    return dict(json.loads(reply.body))


def test_call__anything_in_path_and_query__arrives_as_it_was_sent(gateway: GatewayProcess, name: str) -> None:
    web(name)
    environ = told(gateway.call(f"{name}/checkout/a%2Fb//%C3%A9%ff%zz?q=%20&q=%zz&%ff"))
    assert environ["PATH_INFO"] == "/a/b//Ã©ÿ%zz"
    assert environ["QUERY_STRING"] == "q=%20&q=%zz&%ff"
    assert environ["SCRIPT_NAME"] == f"/2016-08-15/proxy/{name}/checkout"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == str(gateway.port)
    assert told(gateway.call(f"{name}/checkout"))["PATH_INFO"] == "/"


def test_call__headers_of_the_caller__arrive_but_for_ours(gateway: GatewayProcess, name: str) -> None:
    web(name)
    environ = told(
        gateway.call(
            f"{name}/checkout/",
            headers={
                "X-User": "alice",
                "X-Fc-Log-Type": "Tail",
                "X-Serin-Region": make.REGION,
                "Authorization": "Bearer own",
                "Cookie": "a=1; serin_session=secret; SERIN_CSRF=secret; messages=secret",
            },
        )
    )
    assert (environ["HTTP_X_USER"], environ["HTTP_COOKIE"]) == ("alice", "a=1")
    assert environ["HTTP_AUTHORIZATION"] == "Bearer own"
    assert "secret" not in json.dumps(environ)
    assert not {header for header in environ if header.startswith(("HTTP_X_FC", "HTTP_X_SERIN"))}


def test_call__credentials_that_were_used__are_not_handed_on(gateway: GatewayProcess, name: str) -> None:
    web(name)
    environ = told(gateway.call(f"{name}/checkout/", token=gateway.token()))
    assert "HTTP_AUTHORIZATION" not in environ


def test_call__alias__is_routed_and_recorded(gateway: GatewayProcess, name: str) -> None:
    function = web(name)
    make.version(function.service, "first")
    make.deploy(function, TELLS + "# two\n")
    make.version(function.service, "second")
    alias = make.alias(function.service, canary=2, weight_bp=10_000)
    make.trigger(function, "through-alias", qualifier="alias1")
    reply = gateway.call(f"{name}.alias1/checkout/path")
    assert reply.headers["x-fc-invocation-service-version"] == "2"
    assert reply.headers["x-serin-alias-revision"] == str(alias.revision_id)
    assert len(reply.headers["x-fc-request-id"]) == 36
    until(Invocation.objects.filter(service=name, alias_revision=alias.revision_id).exists)
    row = Invocation.objects.get(service=name)
    assert (row.qualifier, row.version, row.outcome) == ("alias1", "2", "ok")


def test_call__rules__see_headers_cookies_and_query(gateway: GatewayProcess, name: str) -> None:
    function = web(name)
    make.version(function.service, "first")
    make.deploy(function, TELLS + "# two\n")
    make.version(function.service, "second")
    rules = Rules(
        Combiner.ANY,
        (
            make_rule("Header", "X-User", "=", "alice"),
            make_rule("Cookie", "team", "in", "red,blue"),
            make_rule("Query", "a b", "=", "é"),
            make_rule("Cookie", "serin_session", "!=", "none"),
        ),
    )
    policy = Policy(1, Canary(2, 0), rules)
    aliases.create_alias(make.act(), function.service, name="alias1", setting=Setting(policy=policy))
    make.trigger(function, "through-alias", qualifier="alias1")

    def served(query: str = "", **headers: str) -> str:
        named = {header.replace("_", "-"): value for header, value in headers.items()}
        reply = gateway.call(f"{name}.alias1/checkout/{query}", headers=named)
        return reply.headers["x-fc-invocation-service-version"]

    assert served() == "1"
    assert served(x_user="alice") == "2"
    assert served(x_user="Alice") == "1"
    assert served(cookie="a=1; team=blue") == "2"
    assert served(cookie="a=1; steam=blue") == "1"
    assert served(cookie="serin_session=secret") == "1"
    assert served("?a+b=%C3%A9") == "2"
    assert served("?a+b=%E9&x=%zz") == "1"


@pytest.mark.parametrize("size", [0, 1, 300_000, SYNC_PAYLOAD])
def test_call__body_of_any_size__arrives_whole(gateway: GatewayProcess, name: str, size: int) -> None:
    web(name)
    environ = told(gateway.call(f"{name}/checkout/", "POST", body=bytes(size)))
    assert (environ["body"], environ["CONTENT_LENGTH"]) == (size, str(size))


def test_call__trigger_just_made_changed_and_deleted__is_followed(gateway: GatewayProcess, name: str) -> None:
    function = make.function(make.service(name), text=TELLS, type="http")
    target = f"{name}/checkout/"
    assert gateway.call(target).code == "TriggerNotFound"
    make.trigger(function, methods=("GET",))
    until(lambda: gateway.call(target).status == 200)
    refused = gateway.call(target, "POST")
    assert (refused.status, refused.code, refused.headers["allow"]) == (405, "MethodNotAllowed", "GET")
    trigger = Trigger.objects.get(function=function)
    signed = {"authType": "function", "methods": ["GET"]}
    triggers.change_trigger(make.act(), trigger, qualifier="LATEST", config=signed)
    until(lambda: gateway.call(target).status == 400)
    assert gateway.call(target).code == "MissingRequiredHeader"
    triggers.delete_trigger(make.act(), trigger)
    until(lambda: gateway.call(target).status == 404)


def test_call__trigger_of_another_qualifier__does_not_count(gateway: GatewayProcess, name: str) -> None:
    function = web(name)
    make.version(function.service)
    make.alias(function.service)
    assert gateway.call(f"{name}/checkout/").status == 200
    assert gateway.call(f"{name}.LATEST/checkout/").status == 200
    for qualifier in ("1", "alias1", ""):
        reply = gateway.call(f"{name}.{qualifier}/checkout/")
        assert (reply.status, reply.code) == (404, "TriggerNotFound")


def test_call__by_the_console__needs_no_trigger_for_any_qualifier_and_method(
    gateway: GatewayProcess, name: str
) -> None:
    function = make.function(make.service(name), text=TELLS, type="http")
    make.version(function.service)
    make.alias(function.service)
    for target in (f"{name}/checkout/", f"{name}.1/checkout/", f"{name}.alias1/checkout/"):
        for method in ("GET", "DELETE", "PROPFIND"):
            environ = told(gateway.call(target, method, token=gateway.token(region=make.REGION)))
            assert environ["REQUEST_METHOD"] == method
    assert gateway.call(f"{name}.2/checkout/", token=gateway.token()).code == "VersionNotFound"
    assert gateway.call(f"{name}/checkout/", token="forged").code == "SignatureNotMatch"


@pytest.mark.parametrize("target", ["{name}/checkout/", "{name}/unknown/", "{name}.9/checkout/", "no/thing/"])
def test_call__without_credentials__hears_of_no_name(gateway: GatewayProcess, name: str, target: str) -> None:
    make.function(make.service(name), text=TELLS)
    reply = gateway.call(target.format(name=name))
    assert (reply.status, reply.code) == (404, "TriggerNotFound")


def test_call__of_the_other_kind__says_which_address_to_use(gateway: GatewayProcess, name: str) -> None:
    event = make.function(make.service(name))
    make.function(event.service, "web", text=TELLS, type="http")
    called = gateway.call(f"{name}.LATEST/checkout/", token=gateway.token())
    assert (called.status, called.code) == (400, "InvalidArgument")
    assert f"/2016-08-15/services/{name}/functions/checkout/invocations".encode() in called.body
    invoked = gateway.invoke(f"{name}/web")
    assert (invoked.status, invoked.code) == (400, "InvalidArgument")
    assert f"/2016-08-15/proxy/{name}/web/".encode() in invoked.body


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("?" + "p=&" * 10_000, {}),
        ("?" + "q" * HTTP_TARGET, {}),
        ("x" * HTTP_TARGET, {}),
        ("", {"X-Large": "x" * HTTP_HEADERS}),
        ("", {f"X-{number}": "x" * 100 for number in range(90)}),
    ],
)
def test_call__head_beyond_the_limits__is_refused_and_the_connection_lives(
    gateway: GatewayProcess, name: str, query: str, headers: dict[str, str]
) -> None:
    web(name)
    path = f"/2016-08-15/proxy/{name}/checkout/"
    lines = [f"POST {path}{query} HTTP/1.1", "Host: x", "Content-Length: 100000"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller:
        caller.sendall("\r\n".join([*lines, "", ""]).encode() + bytes(100_000))
        refused = reply_on(caller)
        assert (refused.status, refused.code) == (400, "InvalidArgument")
        caller.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert reply_on(caller).status == 200


def test_calls__sent_ahead_behind_a_body_that_is_refused__are_answered_in_order(
    gateway: GatewayProcess, name: str
) -> None:
    web(name, methods=("GET",))
    path = f"/2016-08-15/proxy/{name}/checkout/"
    refused = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 70000\r\n\r\n".encode() + bytes(70_000)
    good = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    last = good.replace(b"Host: x", b"Host: x\r\nConnection: close")
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller:
        caller.sendall(good + refused + good.replace(b"GET", b"HEAD") + good + refused + last)
        answers = b"".join(iter(lambda: caller.recv(65536), b""))
    statuses = [int(part[:3]) for part in answers.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 405, 405, 200, 405, 200]


def test_call__body_beyond_the_limit__is_refused_unread(gateway: GatewayProcess, name: str) -> None:
    web(name)
    with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as caller:
        head = f"POST /2016-08-15/proxy/{name}/checkout/ HTTP/1.1\r\nHost: x\r\n"
        caller.sendall(f"{head}Content-Length: {SYNC_PAYLOAD + 1}\r\n\r\n".encode())
        assert reply_on(caller).code == "EntityTooLarge"


def test_call__function_auth_without_a_signature__is_refused(gateway: GatewayProcess, name: str) -> None:
    web(name, auth=Auth.FUNCTION)
    for authorization, code in {
        "": "MissingRequiredHeader",
        "Bearer x": "InvalidArgument",
        "FC a:b": "MissingRequiredHeader",  # it lacks the Date
        "Serin x": "SignatureNotMatch",
    }.items():
        headers = {"Authorization": authorization} if authorization else {}
        assert gateway.call(f"{name}/checkout/", headers=headers).code == code
