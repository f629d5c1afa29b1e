from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from console.invoke import EventCall, NotInvoked
from tests import make

from .answering import ANSWER, Gateway
from .conftest import HTMX

CHECKOUT = [make.REGION, "shop", "checkout"]
PAGE = reverse("function-test", args=CHECKOUT)
INVOKE = reverse("function-invoke", args=CHECKOUT)


@pytest.mark.parametrize(
    ("qualifier", "sentence"),
    [
        ("", "a real invocation of LATEST"),
        ("1", "a real invocation of version 1"),
        ("alias1", "counted in the alias's traffic"),
    ],
)
def test_function_test__any_qualifier__says_what_a_test_counts_as(
    alice: Client, qualifier: str, sentence: str
) -> None:
    make.alias(make.two_versions())
    page = alice.get(PAGE, {"qualifier": qualifier} if qualifier else {})
    assert sentence in page.content.decode()


@pytest.mark.parametrize("qualifier", ["LATEST", "1", "alias1"])
def test_function_invoke__any_qualifier__calls_it_there_as_alice(
    alice: Client, gateway: Gateway, qualifier: str
) -> None:
    make.alias(make.two_versions())
    response = alice.post(f"{INVOKE}?qualifier={qualifier}", {"payload": '{"a":\r\n1}'}, headers=HTMX)
    assert response.status_code == 200
    (call,) = gateway.calls
    assert (call["by"], call["region"], call["service"]) == ("alice", make.REGION, "shop")
    assert (call["function"], call["qualifier"]) == ("checkout", qualifier)
    assert call["call"] == EventCall(b'{"a":\n1}')


def test_function_invoke__succeeded__shows_all_that_came_back(alice: Client, gateway: Gateway) -> None:
    alias = make.alias(make.two_versions(), canary=2, weight_bp=3000)
    gateway.answer = replace(ANSWER, alias_revision=alias.revision_id)
    response = alice.post(f"{INVOKE}?qualifier=alias1", {"payload": ""}, headers=HTMX)
    assert response.context["revision"] == alias.revision
    text = response.content.decode()
    assert text.lstrip().startswith("<section")
    for shown in (
        "Succeeded",
        "version-canary",
        "0.87 ms",
        "9.82 of 128 MB",
        str(ANSWER.request_id),
        "FC Invoke",
    ):
        assert shown in text
    assert "&quot;a&quot;: 1" in text


def test_function_invoke__without_javascript__shows_the_whole_page(alice: Client, gateway: Gateway) -> None:
    make.function(make.service())
    text = alice.post(INVOKE, {"payload": "typed by hand"}).content.decode()
    assert "<html" in text
    assert "typed by hand" in text
    assert "Succeeded" in text


def test_function_invoke__function_failed__is_shown_as_failed(alice: Client, gateway: Gateway) -> None:
    make.function(make.service())
    failed = {"error_type": "UnhandledInvocationError", "body": b'{"errorMessage": "<b>"}', "size": 23}
    gateway.answer = replace(ANSWER, **failed)
    response = alice.post(INVOKE, {"payload": ""}, headers=HTMX)
    assert response.status_code == 200
    text = response.content.decode()
    assert "Failed" in text
    assert "UnhandledInvocationError" in text
    assert "<b>" not in text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_function_invoke__gateway_away__is_said_in_place(
    alice: Client, gateway: Gateway, headers: dict[str, str]
) -> None:
    make.function(make.service())
    gateway.answer = NotInvoked("The gateway does not answer")
    response = alice.post(INVOKE, {"payload": "kept"}, headers=headers)
    assert response.status_code == 409
    assert "The gateway does not answer" in response.content.decode()
    assert headers or "kept" in response.content.decode()


@pytest.mark.parametrize("payload", ["x" * (128 * 1024 + 1), "ä" * (64 * 1024 + 1), "nul \0"])
def test_function_invoke__bad_payload__is_not_sent(alice: Client, gateway: Gateway, payload: str) -> None:
    make.function(make.service())
    response = alice.post(INVOKE, {"payload": payload}, headers=HTMX)
    assert response.status_code == 422
    assert "Not sent." in response.content.decode()
    assert gateway.calls == []


def test_function_invoke__largest_payload__is_sent(alice: Client, gateway: Gateway) -> None:
    make.function(make.service())
    assert alice.post(INVOKE, {"payload": "x" * (128 * 1024)}, headers=HTMX).status_code == 200
    assert len(gateway.calls) == 1
