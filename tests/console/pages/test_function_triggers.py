from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from releases.core.triggers import Auth
from releases.models import Trigger
from releases.operations import aliases
from tests import make

from .conftest import HTMX

STOREFRONT = [make.REGION, "shop", "storefront"]
PAGE = reverse("function-triggers", args=STOREFRONT)
CREATE = reverse("function-trigger-create", args=STOREFRONT)
EDIT = reverse("function-trigger-edit", args=[*STOREFRONT, "http"])
DELETE = reverse("function-trigger-delete", args=[*STOREFRONT, "http"])


def test_function_triggers__none__teaches_the_next_step(alice: Client) -> None:
    make.http_function(make.service())
    assert alice.get(PAGE).content.decode().count(CREATE) == 2


def test_function_triggers__each__has_its_address(alice: Client, settings: Settings) -> None:
    function = make.storefront().functions.get()
    make.trigger(function, auth=Auth.FUNCTION)
    make.trigger(function, "open", qualifier="alias1")
    text = alice.get(PAGE).content.decode()
    base = f"{settings.GATEWAY_URL}/2016-08-15/proxy"
    assert f'<span class="code">{base}/shop.LATEST/storefront/</span>' in text
    assert f'href="{base}/shop.alias1/storefront/"' in text
    assert f'data-copy="{base}/shop.alias1/storefront/"' in text
    assert text.count("Anybody who reaches the gateway may call it.") == 1
    assert "X-Serin-Region" not in text


def test_function_triggers__another_region__says_how_a_request_names_it(alice: Client) -> None:
    make.trigger(make.http_function(make.service(region="ap-southeast-1")))
    page = alice.get(reverse("function-triggers", args=["ap-southeast-1", *STOREFRONT[1:]]))
    text = page.content.decode()
    assert "X-Serin-Region: ap-southeast-1" in text
    assert 'href="http://127' not in text


@pytest.mark.parametrize("qualifier", ["1", "alias1"])
def test_function_triggers__at_a_version__are_read_only(alice: Client, qualifier: str) -> None:
    make.trigger(make.storefront().functions.get())
    text = alice.get(PAGE, {"qualifier": qualifier}).content.decode()
    assert "shop.LATEST/storefront/" in text
    for address in (CREATE, EDIT, DELETE):
        assert address not in text


def test_function_triggers__alias_gone__is_marked(alice: Client) -> None:
    shop = make.storefront()
    make.trigger(shop.functions.get(), qualifier="alias1")
    assert "Nothing answers there" not in alice.get(PAGE).content.decode()
    aliases.delete_alias(make.act(), shop.aliases.get())
    assert "Nothing answers there" in alice.get(PAGE).content.decode()


def test_function_triggers__function_only_in_a_version__has_none(alice: Client) -> None:
    make.storefront().functions.all().delete()
    assert alice.get(PAGE, {"qualifier": "1"}).context["rows"] == []


def test_function_triggers__many__take_no_more_queries(alice: Client, django_assert_num_queries) -> None:
    shop = make.storefront()
    for number in range(5):
        make.alias(shop, f"a{number}")
        make.trigger(shop.functions.get(), f"t{number}", qualifier=f"a{number}")
    # session, user, service, function; function of LATEST, triggers; in the frame LATEST differs 3,
    # versions 1, aliases 2, exists at LATEST 1
    with django_assert_num_queries(14):
        alice.get(PAGE)


def test_tab__event_function__is_absent(alice: Client) -> None:
    make.function(make.service())
    page = alice.get(reverse("function-code", args=[make.REGION, "shop", "checkout"]))
    assert "Triggers" not in [tab["name"] for tab in page.context["tabs"]]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_trigger_delete__there__is_gone(alice: Client, headers: dict[str, str]) -> None:
    make.trigger(make.http_function(make.service()), "http")
    response = alice.post(DELETE, headers=headers)
    assert response.get("HX-Redirect", response.get("Location")) == PAGE
    assert not Trigger.objects.exists()
    assert alice.post(DELETE).status_code == 404
