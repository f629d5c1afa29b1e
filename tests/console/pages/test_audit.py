"""The page of the audit log: what it shows to whom, and the way there."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from releases.core.policies import Canary, Policy
from releases.operations import aliases
from releases.operations.access_keys import create_access_key
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from tests import make
from tests.releases.operations.test_audit import TABLE, tamper

from .audited import PAGE, entry, shown
from .conftest import browser


def alias1() -> None:
    """Service shop, and an alias that was changed once, by bob, from a command."""
    alias = make.alias(make.two_versions())
    bob = Act(by=make.user("bob"), at=make.NOW + timedelta(hours=1), source="command", ip="192.0.2.7")
    setting = Setting(policy=Policy(1, Canary(2, 3000)), reason="try <it>")
    aliases.change_alias(bob, alias, base_revision=1, setting=setting)


# What it shows ----------------------------------------------------------------------------------------------


def test_audit__written__tells_who_did_what_when_and_why(alice: Client) -> None:
    alias1()
    page = alice.get(PAGE)
    text = page.content.decode()
    newest = page.context["rows"][0]
    assert (newest["done"], newest["person"]) == ("changed alias", "bob")
    assert newest["told"].sentences == ["There is now a canary: version 2 at 30%."]
    for told in (
        "2026-11-20 17:00:00",
        "UTC",
        "by command",
        "shop/alias1",
        "“try &lt;it&gt;”",
        "192.0.2.7",
        newest["row"].digest[:8],
    ):
        assert told in text


def test_audit__zone_of_the_console__is_the_zone_of_its_times(alice: Client, settings: Settings) -> None:
    settings.TIME_ZONE = "Asia/Shanghai"
    alias1()
    text = " ".join(alice.get(PAGE).content.decode().split())
    assert '2026-11-21 01:00:00 <span class="muted">CST</span>' in text
    assert "From (CST)" in text
    assert shown(alice, since="2026-11-21T01:00") == ["alias.change shop/alias1"]


def test_audit__change_request__is_linked_by_its_number(alice: Client) -> None:
    make.service()
    act = make.act()
    with transaction.atomic():
        act.record("change.approve", on=make.service("other"), path="other/alias1#17")
    text = alice.get(PAGE).content.decode()
    assert f'<a href="/{make.REGION}/changes/17/">Change request #17</a>' in text


def test_audit__account_that_is_gone__still_shows_its_entries(alice: Client) -> None:
    entry(path="orphan")
    tamper(f"UPDATE {TABLE} SET by_id = 987654321 WHERE object = 'orphan'")
    page = alice.get(PAGE)
    assert "an account that is gone" in page.content.decode()


# Who sees what ----------------------------------------------------------------------------------------------


def test_audit__member__sees_what_his_teams_own(alice: Client) -> None:
    make.service("mine")
    make.user("dave", of="others")
    make.service("theirs", owner="others")
    create_access_key(make.act(), make.user())
    assert shown(alice) == ["service.create mine"]
    dave = browser()
    dave.force_login(make.user("dave"))
    assert shown(dave) == ["service.create theirs"]


def test_audit__administrator__sees_all_and_what_is_nobodys(root: Client) -> None:
    make.service("mine")
    pair = create_access_key(make.act(), make.user())
    assert shown(root) == [f"access_key.create {pair.key_id}", "service.create mine"]


def test_audit__outsider__sees_nothing_and_is_told_why(db: None) -> None:
    make.service()
    charlie = browser()
    charlie.force_login(make.outsider())
    page = charlie.get(PAGE)
    assert page.context["rows"] == []
    assert "You are in no team" in page.content.decode()
    assert "shop" not in page.content.decode().replace("shop/alias1", "")


@pytest.mark.parametrize("name", ["audit", "audit-csv", "audit-json", "audit-chain", "audit-verify"])
def test_audit__anonymous__is_sent_to_log_in(anonymous: Client, name: str) -> None:
    for response in (anonymous.get(reverse(name)), anonymous.post(reverse(name))):
        assert response["Location"].startswith(reverse("log-in"))


@pytest.mark.parametrize("name", ["audit", "audit-csv", "audit-json", "audit-chain"])
def test_audit__post__is_not_allowed(alice: Client, name: str) -> None:
    assert alice.post(reverse(name)).status_code == 405


# The way there ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "args", "found"),
    [
        ("alias", ["shop", "alias1"], {"alias.change shop/alias1", "alias.create shop/alias1"}),
        ("version", ["shop", 1], {"version.publish shop/1"}),
        (
            "function-code",
            ["shop", "checkout"],
            {"function.create shop/checkout", "function.deploy shop/checkout"},
        ),
        ("functions", ["other"], {"service.create other"}),
    ],
)
def test_page_of_an_object__its_history__is_one_link_away(
    alice: Client, name: str, args: list[str | int], found: set[str]
) -> None:
    alias1()
    make.service("other")
    make.alias(make.two_versions("shop2"), "alias10")
    shop = make.Service.objects.get(name="shop")
    make.alias(shop, "alias10")
    make.function(shop, "f1")
    text = alice.get(reverse(name, args=[make.REGION, *args])).content.decode()
    (link,) = re.findall(
        r'href="([^"]*)">[^<]*<svg[^>]*><use[^>]*></use></svg> History in the audit log', text
    )
    page = alice.get(html.unescape(link))
    assert {f"{item['row'].action} {item['row'].object}" for item in page.context["rows"]} == found


def test_menu__audit_log__leads_to_the_page_of_all_regions(alice: Client) -> None:
    text = alice.get(PAGE).content.decode()
    assert f'<a class="side-link" href="{PAGE}" aria-current="page"' in text
