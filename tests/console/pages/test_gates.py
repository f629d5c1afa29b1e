"""What holds for every address of services, functions and versions: log-in, method, unknown objects."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests import make

REGION = make.REGION
SHOP = [REGION, "shop"]
CHECKOUT = [REGION, "shop", "checkout"]
STOREFRONT = [REGION, "shop", "storefront"]
READ = [
    ("services", [REGION]),
    ("service-list", [REGION]),
    ("versions-home", [REGION]),
    ("functions", SHOP),
    ("function-list", SHOP),
    ("versions", SHOP),
    ("version", [*SHOP, 1]),
    ("version-compare", SHOP),
    ("function-code", CHECKOUT),
    ("function-test", CHECKOUT),
    ("function-invocations", CHECKOUT),
    ("function-package", CHECKOUT),
    ("function-test", STOREFRONT),
    ("function-triggers", STOREFRONT),
]
WRITE = [
    ("service-delete", SHOP),
    ("version-publish", SHOP),
    ("version-delete", [*SHOP, 1]),
    ("function-delete", CHECKOUT),
    ("function-deploy", CHECKOUT),
    ("function-upload", CHECKOUT),
    ("function-invoke", CHECKOUT),
    ("function-trigger-delete", [*STOREFRONT, "http"]),
]
BOTH = [
    ("service-create", [REGION]),
    ("service-edit", SHOP),
    ("function-create", SHOP),
    ("function-configuration", CHECKOUT),
    ("function-trigger-create", STOREFRONT),
    ("function-trigger-edit", [*STOREFRONT, "http"]),
]


@pytest.mark.parametrize(("name", "args"), [*READ, *WRITE, *BOTH])
def test_page__anonymous__is_sent_to_log_in(anonymous: Client, name: str, args: list[str]) -> None:
    url = reverse(name, args=args)
    for response in (anonymous.get(url), anonymous.post(url)):
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("log-in"))


@pytest.mark.parametrize(("name", "args"), READ)
def test_reading_page__post__is_not_allowed(alice: Client, name: str, args: list[str]) -> None:
    assert alice.post(reverse(name, args=args)).status_code == 405


@pytest.mark.parametrize(("name", "args"), WRITE)
def test_writing_address__get__is_not_allowed(alice: Client, name: str, args: list[str]) -> None:
    assert alice.get(reverse(name, args=args)).status_code == 405


@pytest.mark.parametrize(("name", "args"), [*READ, *BOTH])
def test_page__of_what_exists__is_shown(alice: Client, name: str, args: list[str]) -> None:
    make.trigger(make.http_function(make.two_versions()), "http")
    make.service("other")
    assert alice.get(reverse(name, args=args)).status_code == 200


@pytest.mark.parametrize(("name", "args"), [case for case in (*READ, *BOTH) if len(case[1]) > 1])
def test_page__unknown_service__is_not_found(alice: Client, name: str, args: list[str]) -> None:
    assert alice.get(reverse(name, args=args)).status_code == 404


@pytest.mark.parametrize(("name", "args"), [*READ, *BOTH])
def test_page__unknown_region__is_not_found(alice: Client, name: str, args: list[str]) -> None:
    make.two_versions()
    assert alice.get(reverse(name, args=["mars", *args[1:]])).status_code == 404


@pytest.mark.parametrize(("name", "args"), WRITE)
def test_writing_address__unknown_object__is_not_found(alice: Client, name: str, args: list[str]) -> None:
    assert alice.post(reverse(name, args=args)).status_code == 404


@pytest.mark.parametrize(
    "name", ["function-code", "function-test", "function-invocations", "function-configuration"]
)
@pytest.mark.parametrize("qualifier", ["7", "01", "nobody", "a b", "\0", "9" * 40])
def test_function_page__unknown_qualifier__is_not_found(alice: Client, name: str, qualifier: str) -> None:
    make.two_versions()
    response = alice.get(reverse(name, args=CHECKOUT), {"qualifier": qualifier})
    assert response.status_code == 404


def test_function_page__not_yet_in_version__is_not_found(alice: Client) -> None:
    shop = make.two_versions()
    make.function(shop, "later")
    url = reverse("function-code", args=[*SHOP, "later"])
    assert alice.get(url).status_code == 200
    assert alice.get(url, {"qualifier": "1"}).status_code == 404


@pytest.mark.parametrize("name", ["function-triggers", "function-trigger-create"])
def test_trigger_page__of_an_event_function__is_not_found(alice: Client, name: str) -> None:
    make.two_versions()
    assert alice.get(reverse(name, args=CHECKOUT)).status_code == 404


@pytest.mark.parametrize("trigger", ["other", "a b", "http2"])
def test_trigger_page__unknown_trigger__is_not_found(alice: Client, trigger: str) -> None:
    make.trigger(make.http_function(make.service()), "http")
    assert alice.get(reverse("function-trigger-edit", args=[*STOREFRONT, trigger])).status_code == 404
    assert alice.post(reverse("function-trigger-delete", args=[*STOREFRONT, trigger])).status_code == 404


def test_page__inactive_user__is_logged_out(alice: Client) -> None:
    user = make.user("alice")
    user.is_active = False
    user.save()
    assert alice.get(reverse("services", args=[REGION])).status_code == 302
