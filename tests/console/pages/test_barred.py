"""Buttons that somebody may not use are disabled and say why; for those who may, the same pages act."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from releases.core.policies import Canary, Policy
from releases.core.rights import Role
from tests import make

from . import counted
from .conftest import browser
from .moved import moved

SHOP = [make.REGION, "shop"]
CHECKOUT = [*SHOP, "checkout"]
STOREFRONT = [*SHOP, "storefront"]
ALIAS1 = [*SHOP, "alias1"]

# Page, a right that its buttons need, and an address that only an allowed button has.
PAGES = [
    ("services", [make.REGION], "edit", ("service-create", [make.REGION])),
    ("services", [make.REGION], "edit", ("service-delete", SHOP)),
    ("functions", SHOP, "edit", ("function-create", SHOP)),
    ("function-triggers", STOREFRONT, "edit", ("function-trigger-create", STOREFRONT)),
    ("versions", SHOP, "publish", ("version-delete", [*SHOP, 1])),
    ("aliases", SHOP, "release", ("alias-create", SHOP)),
    ("alias", ALIAS1, "release", ("alias-edit", ALIAS1)),
    ("alias-history", ALIAS1, "release", ("alias-restore", [*ALIAS1, 1])),
    ("testruns", [make.REGION], "invoke", ("testrun-create", [make.REGION])),
]
BUTTONS = [
    ("function-code", CHECKOUT, "edit", "Deploy code"),
    ("function-code", CHECKOUT, "edit", "Upload and deploy"),
    ("function-configuration", CHECKOUT, "edit", "Save configuration"),
    ("function-configuration", CHECKOUT, "edit", "Delete function"),
    ("function-test", CHECKOUT, "invoke", "Test function"),
    ("versions", SHOP, "publish", "Publish version"),
    ("alias", ALIAS1, "release", "Switch all traffic"),
    ("alias", ALIAS1, "release", "Roll back"),
    ("alias", ALIAS1, "release", "Delete alias"),
]


def page(name: str, args: list[str], *roles: Role) -> str:
    client = browser()
    client.force_login(make.user("vic", *roles))
    response = client.get(reverse(name, args=args))
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def shop(db: None) -> None:
    service = make.two_versions()
    alias = make.alias(service)
    moved(alias, Policy(2), after=timedelta(hours=1))
    moved(alias, Policy(2, Canary(1, 3000)), after=timedelta(hours=2))
    make.deploy(service.functions.get(), make.HELLO + "# three\n")
    make.trigger(make.http_function(service), "http")
    counted.run(service)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("name", "args", "verb", "target"), PAGES)
def test_page__viewer__finds_no_way_and_the_reason(
    name: str, args: list[str], verb: str, target: tuple[str, list[object]]
) -> None:
    text = page(name, args, Role.VIEWER)
    address = reverse(target[0], args=target[1])
    assert f'"{address}' not in text
    assert f"vic may not {verb} " in text


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("name", "args", "verb", "target"), PAGES)
def test_page__with_the_role__offers_the_way(
    name: str, args: list[str], verb: str, target: tuple[str, list[object]]
) -> None:
    text = page(name, args, Role.DEVELOPER, Role.RELEASER)
    assert f'"{reverse(target[0], args=target[1])}' in text
    assert "may not" not in text


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("name", "args", "verb", "label"), BUTTONS)
def test_button__viewer__is_disabled_and_says_why_by_keyboard_too(
    name: str, args: list[str], verb: str, label: str
) -> None:
    around = page(name, args, Role.VIEWER).split(f"<span>{label}</span>")[0].rpartition('class="barred"')[2]
    assert around.startswith(f' tabindex="0" data-why="vic may not {verb} service shop: that needs ')
    assert " disabled>" in around


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("name", "args", "verb", "label"), BUTTONS)
def test_button__with_the_role__can_be_pressed(name: str, args: list[str], verb: str, label: str) -> None:
    text = page(name, args, Role.DEVELOPER, Role.RELEASER)
    assert label in text
    assert 'class="barred"' not in text
