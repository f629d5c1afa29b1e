"""The unmodified client `aliyun-fc2` from PyPI against a real gateway."""

from __future__ import annotations

import json
import logging
import warnings
from io import StringIO

import pytest
from django.core.management import call_command

from releases.core.triggers import Auth
from releases.models import AccessKey
from releases.operations.access_keys import revoke_access_key
from tests import make

from .process import GatewayProcess, until

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the client's own, about its dependencies
    import fc2
    from fc2.fc_exceptions import FcError

TELLS = """\
import json
from urllib.parse import parse_qs
def handler(environ, start_response):
    told = [
        environ["REQUEST_METHOD"],
        environ["PATH_INFO"].encode("latin-1").decode(),
        parse_qs(environ["QUERY_STRING"], keep_blank_values=True),
        environ["wsgi.input"].read().decode(),
    ]
    start_response("202 Accepted", [("Content-Type", "application/json")])
    return [json.dumps(told).encode()]
"""

pytestmark = [
    pytest.mark.usefixtures("database"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture
def client(gateway: GatewayProcess, caplog: pytest.LogCaptureFixture) -> fc2.Client:
    caplog.set_level(logging.CRITICAL)  # the client logs every refusal as an error
    make.user()
    printed = StringIO()
    call_command("createaccesskey", "alice", stdout=printed, skip_checks=True)
    key = json.loads(printed.getvalue())
    return fc2.Client(
        endpoint=gateway.endpoint, accessKeyID=key["accessKeyId"], accessKeySecret=key["accessKeySecret"]
    )


def test_client__latest_version_and_alias__runs_each(client: fc2.Client, name: str) -> None:
    make.alias(make.two_versions(name))
    answers = {
        qualifier: client.invoke_function(name, "checkout", qualifier=qualifier, payload=b"{}")
        for qualifier in (None, "LATEST", "2", "alias1")
    }
    assert {qualifier: answer.data for qualifier, answer in answers.items()} == {
        None: b"LATEST ",
        "LATEST": b"LATEST ",
        "2": b"2 2",
        "alias1": b"alias1 1",
    }
    versions = [answer.headers["X-Fc-Invocation-Service-Version"] for answer in answers.values()]
    assert versions == ["LATEST", "LATEST", "2", "1"]


def test_client__function_that_raises__raises_its_error(client: fc2.Client, name: str) -> None:
    make.function(make.service(name), text="def handler(event, context):\n    raise KeyError('k')\n")
    with pytest.raises(FcError) as raised:
        client.invoke_function(name, "checkout")
    assert raised.value.status_code == 200
    assert "KeyError" in raised.value.message


def test_client__unknown_alias__raises_its_code(client: fc2.Client, name: str) -> None:
    make.function(make.service(name))
    with pytest.raises(FcError) as raised:
        client.invoke_function(name, "checkout", qualifier="nothing")
    assert (raised.value.status_code, raised.value.err_code) == (404, "AliasNotFound")
    assert len(raised.value.request_id) == 36


@pytest.mark.parametrize("auth", Auth)
def test_client__http_function__is_called_with_any_path_and_parameters(
    client: fc2.Client, name: str, auth: Auth
) -> None:
    function = make.function(make.service(name), text=TELLS, type="http")
    make.trigger(function, auth=auth)
    path, params = "/action%20with%20space/é", {"q": ["a b", "+&="], "empty": "", "é": "ü"}
    answer = client.do_http_request("PUT", name, "checkout", path, params=params, body=b"body")
    assert answer.status_code == 202
    assert answer.json() == [
        "PUT",
        "/action with space/é",
        {"q": ["a b", "+&="], "empty": [""], "é": ["ü"]},
        "body",
    ]
    assert answer.headers["X-Fc-Invocation-Service-Version"] == "LATEST"
    assert client.do_http_request("GET", name, "checkout", "").json() == ["GET", "/", {}, ""]


def test_client__http_function_with_a_wrong_secret__is_refused_unless_anybody_may(
    client: fc2.Client, name: str
) -> None:
    function = make.function(make.service(name), text=TELLS, type="http")
    make.version(function.service)
    make.trigger(function, auth=Auth.FUNCTION)
    make.trigger(function, "open", qualifier="1", auth=Auth.ANONYMOUS)
    client.auth.secret = "another"
    refused = client.do_http_request("POST", name, "checkout", "/")
    assert (refused.status_code, refused.json()["ErrorCode"]) == (403, "SignatureNotMatch")
    assert client.do_http_request("POST", f"{name}.1", "checkout", "/").status_code == 202


def test_client__wrong_secret__raises_signature_not_match(client: fc2.Client, name: str) -> None:
    client.auth.secret = "another"
    with pytest.raises(FcError) as raised:
        client.invoke_function(name, "checkout")
    assert (raised.value.status_code, raised.value.err_code) == (403, "SignatureNotMatch")


def test_client__key_revoked__is_refused_soon(client: fc2.Client, name: str) -> None:
    make.function(make.service(name))
    assert client.invoke_function(name, "checkout").data == b"LATEST "
    revoke_access_key(make.act(), AccessKey.objects.get(pk=client.auth.id))
    until(lambda: refusal_of(client, name) == "InvalidAccessKeyID")


def refusal_of(client: fc2.Client, name: str) -> str:
    try:
        client.invoke_function(name, "checkout")
    except FcError as error:
        return str(error.err_code)
    return ""
