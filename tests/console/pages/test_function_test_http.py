"""The tab Test of an HTTP function."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client
from django.urls import reverse

from console.invoke import HttpCall, NotInvoked
from tests import make

from .answering import ANSWER, Gateway
from .conftest import HTMX

STOREFRONT = [make.REGION, "shop", "storefront"]
PAGE = reverse("function-test", args=STOREFRONT)
INVOKE = reverse("function-invoke", args=STOREFRONT)
GOOD = {"method": "GET", "path": "/", "query": "", "headers": "", "cookies": "", "body": ""}
ROOM = 4096 - len("/2016-08-15/proxy/shop.LATEST/storefront")
FULL = GOOD | {
    "method": "PUT",
    "path": "cart/\u00e4 1",
    "query": "a=1\r\nname=x y&z",
    "headers": "X-Tier: gold\r\n\r\n x-tier:beta ",
    "cookies": "uid=7\r\ntheme=a=b",
    "body": "one\r\ntwo",
}


def test_function_test__http_function__asks_for_a_request(alice: Client) -> None:
    make.http_function(make.service())
    page = alice.get(PAGE)
    assert list(page.context["form"].fields) == list(GOOD)
    assert "It needs no trigger" in page.content.decode()


@pytest.mark.parametrize("qualifier", ["LATEST", "1", "alias1"])
def test_function_invoke__request__is_sent_as_it_was_typed(
    alice: Client, gateway: Gateway, qualifier: str
) -> None:
    shop = make.service()
    make.http_function(shop)
    make.version(shop)
    make.alias(shop)
    assert alice.post(f"{INVOKE}?qualifier={qualifier}", FULL, headers=HTMX).status_code == 200
    (sent,) = gateway.calls
    assert (sent["function"], sent["qualifier"], sent["by"]) == ("storefront", qualifier, "alice")
    assert sent["call"] == HttpCall(
        method="PUT",
        target="/cart/%C3%A4%201?a=1&name=x%20y&z",
        headers=(("X-Tier", "gold"), ("x-tier", "beta")),
        cookies="uid=7; theme=a=b",
        body=b"one\ntwo",
    )


@pytest.mark.parametrize(
    ("typed", "target"),
    [
        ({"path": ""}, "/"),
        ({"path": "//x/../y"}, "//x/../y"),
        ({"path": "/a%20b%zz#c"}, "/a%20b%zz%23c"),
        ({"query": "a=1&b=2?c"}, "/?a=1&b=2?c"),
        ({"query": "a=%zz\n\n  flag "}, "/?a=%zz&flag"),
        ({"path": "/" + "x" * (ROOM - 1)}, "/" + "x" * (ROOM - 1)),
    ],
)
def test_function_invoke__any_address__is_encoded_where_it_must(
    alice: Client, gateway: Gateway, typed: dict[str, str], target: str
) -> None:
    make.http_function(make.service())
    assert alice.post(INVOKE, GOOD | typed, headers=HTMX).status_code == 200
    assert gateway.calls[0]["call"] == HttpCall("GET", target)


@pytest.mark.parametrize(
    "case",
    [
        ("method", "BREW", "not one of the available choices"),
        ("path", "/a\r\nb", "control character"),
        ("path", "/a\0b", "Null characters"),
        ("path", "/a?b=1", "a field of its own"),
        ("path", "/" + "x" * ROOM, "4,097 of at most 4,096 bytes"),
        ("path", "/\u00e4" * 700, "of at most 4,096 bytes"),
        ("query", "a=\x1b", "control character"),
        ("headers", "no colon", "Line 1 has no “:”."),
        ("headers", "X-A: 1\nb\u00e4d: x", "Line 2: A header name holds only"),
        ("headers", "X A: 1", "A header name holds only"),
        ("headers", ": 1", "needs a name"),
        ("headers", "X-A: a\rX-B: b", "control character"),
        ("headers", "X-A: \x7f", "control character"),
        ("headers", "Cookie: a=b", "a field of their own"),
        ("headers", "Host: evil.example", "does not reach the function"),
        ("headers", "authorization: x", "does not reach the function"),
        ("headers", "X-Fc-Request-Id: x", "does not reach the function"),
        ("headers", "x-serin-region: x", "does not reach the function"),
        ("headers", "Expect: 100-continue", "does not reach the function"),
        ("headers", "X-A: 1\n" * 101, "too many lines: 101 of at most 100"),
        ("headers", "X-A: " + "x" * 7168, "of at most 7,168 bytes"),
        ("cookies", "alone", "Line 1 has no “=”."),
        ("cookies", "a b=c", "A cookie name holds only"),
        ("cookies", "a=b;c=d", "semicolon"),
        ("cookies", "Serin_Session=x", "the gateway keeps it from functions"),
        ("cookies", "messages=x", "the gateway keeps it from functions"),
        ("cookies", "a=b\n" * 101, "too many lines"),
        ("body", "\u00e4" * (64 * 1024 + 1), "of at most 131,072 bytes"),
        ("body", "nul \0", "Null characters"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_function_invoke__bad_request__is_not_sent(
    alice: Client, gateway: Gateway, case: tuple[str, str, str], headers: dict[str, str]
) -> None:
    field, value, reason = case
    make.http_function(make.service())
    response = alice.post(INVOKE, GOOD | {field: value}, headers=headers)
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    text = response.content.decode()
    assert "Not sent." in text
    assert reason in text
    assert gateway.calls == []


def test_function_invoke__secret_in_a_bad_line__is_not_repeated(alice: Client, gateway: Gateway) -> None:
    make.http_function(make.service())
    response = alice.post(INVOKE, GOOD | {"headers": "X Key: s3cret"}, headers=HTMX)
    assert "s3cret" not in response.content.decode()


def test_function_invoke__answered__shows_status_headers_part_and_log(
    alice: Client, gateway: Gateway
) -> None:
    shop = make.service()
    function = make.http_function(shop)
    make.version(shop)
    make.deploy(function, make.WSGI + "# two\n")
    make.version(shop)
    alias = make.alias(shop, canary=2, weight_bp=3000)
    headers = (("Content-Type", "text/html"), ("X-Own", "<i>"))
    changed = {"status": 503, "headers": headers, "body": b"<b>down</b>", "size": 11}
    gateway.answer = replace(ANSWER, alias_revision=alias.revision_id, **changed)
    text = alice.post(f"{INVOKE}?qualifier=alias1", GOOD, headers=HTMX).content.decode()
    for shown in (
        "503 Service Unavailable",
        "X-Own: &lt;i&gt;",
        "&lt;b&gt;down&lt;/b&gt;",
        "version-canary",
        "canary</span>",
        "FC Invoke",
        "Why this version?",
    ):
        assert shown in text
    assert "<b>" not in text


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(200, "verdict-pass"), (302, "verdict-pass"), (404, "verdict-hold"), (500, "verdict-fail")],
)
def test_function_invoke__any_status__is_marked(
    alice: Client, gateway: Gateway, status: int, verdict: str
) -> None:
    make.http_function(make.service())
    gateway.answer = replace(ANSWER, status=status)
    assert verdict in alice.post(INVOKE, GOOD, headers=HTMX).content.decode()


def test_function_invoke__without_javascript__keeps_what_was_typed(alice: Client, gateway: Gateway) -> None:
    make.http_function(make.service())
    gateway.answer = NotInvoked("the gateway does not answer")
    response = alice.post(INVOKE, FULL)
    assert response.status_code == 409
    text = response.content.decode()
    assert "X-Tier: gold" in text
    assert "The gateway does not answer" in text
