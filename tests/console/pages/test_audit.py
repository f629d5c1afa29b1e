"""The page of the audit log."""

from __future__ import annotations

import html
import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from console.pages import audit
from releases.core.policies import Canary, Policy
from releases.models import AuditCheck, AuditEntry
from releases.operations import aliases
from releases.operations.access_keys import create_access_key
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from releases.operations.audit_checks import verify_audit
from tests import make
from tests.releases.operations.test_audit import TABLE, tamper

from .conftest import HTMX, browser

PAGE = reverse("audit")
VERIFY = reverse("audit-verify")


@pytest.fixture
def root(db: None) -> Client:
    """A browser of an administrator who is in no team."""
    person = make.outsider("root")
    person.is_superuser = True
    person.save()
    client = browser()
    client.force_login(person)
    return client


def alias1() -> None:
    """Service shop, and an alias that was changed once, by bob, from a command."""
    alias = make.alias(make.two_versions())
    bob = Act(by=make.user("bob"), at=make.NOW + timedelta(hours=1), source="command", ip="192.0.2.7")
    setting = Setting(policy=Policy(1, Canary(2, 3000)), reason="try <it>")
    aliases.change_alias(bob, alias, base_revision=1, setting=setting)


def entry(action: str = "service.create", path: str = "x", **values: object) -> None:
    act = Act(**({"by": make.user(), "at": make.NOW, "source": "page"} | values))
    with transaction.atomic():
        act.record(action, on=None, path=path, team=make.TEAM)


def shown(client: Client, **query: object) -> list[str]:
    page = client.get(PAGE, query)
    assert page.status_code == 200
    return [f"{item['row'].action} {item['row'].object}" for item in page.context["rows"]]


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


# Filters and pages ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"person": "bob"}, ["d", "c"]),
        ({"person": "nobody"}, []),
        ({"person": "x' OR 1=1"}, []),
        ({"action": "team.roles"}, ["b"]),
        ({"source": "worker"}, ["c"]),
        ({"object": "shop"}, ["d", "c", "b", "a"]),
        ({"object": "shop/b"}, ["b"]),
        ({"object": "SHOP"}, []),
        ({"object": "shop/%"}, []),
        ({"object": "shop/a", "exactly": "on"}, ["a"]),
        ({"object": "shop", "exactly": "on"}, ["d", "c", "b", "a"]),
        ({"object": "sho", "exactly": "on"}, []),
        ({"since": "2026-11-20T18:00"}, ["d", "c"]),
        ({"until": "2026-11-20T18:00"}, ["b", "a"]),
        ({"since": "2026-11-20T17:00:00", "until": "2026-11-20T18:00:00"}, ["b"]),
        ({"person": "bob", "source": "worker"}, ["c"]),
        ({"region": "us-east-1"}, []),
    ],
)
def test_audit__filtered__shows_what_all_filters_hold_of(
    alice: Client, query: dict[str, str], found: list[str]
) -> None:
    bob = make.user("bob")
    entry(path="shop/a")
    entry("team.roles", path="shop/b", at=make.NOW + timedelta(hours=1))
    entry(path="shop/c", by=bob, source="worker", at=make.NOW + timedelta(hours=2))
    entry(path="shop/d", by=bob, at=make.NOW + timedelta(hours=3))
    assert [text.rpartition("/")[2] for text in shown(alice, **query)] == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"action": "moon.land"}, "action"),
        ({"source": "magic"}, "source"),
        ({"region": "moon"}, "region"),
        ({"person": "nul \0"}, "person"),
        ({"object": "nul \0"}, "object"),
        ({"object": "x" * 257}, "object"),
        ({"since": "yesterday"}, "since"),
        ({"since": "0001-01-01T00:00"}, "since"),
        ({"until": "9999-12-31T23:59"}, "until"),
        ({"since": "2026-11-20T18:00", "until": "2026-11-20T18:00"}, "until"),
    ],
)
def test_audit__bad_filter__is_an_error_in_place(alice: Client, query: dict[str, str], field: str) -> None:
    make.service()
    page = alice.get(PAGE, query)
    assert page.status_code == 422
    assert page.context["form"].errors.keys() == {field}
    assert page.context["rows"] == []
    for name in ("audit-csv", "audit-json"):
        refused = alice.get(reverse(name), query)
        assert refused.status_code == 422
        assert refused.content.decode().startswith(f"{field}: ")


@pytest.mark.parametrize("before", ["junk", "", "-1", "9" * 30, "\0", "٣"])
def test_audit__junk_for_a_place__is_not_found(alice: Client, before: str) -> None:
    assert alice.get(PAGE, {"before": before}).status_code == 404


def test_audit__many__are_paged_by_key_with_as_many_queries(
    alice: Client, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries
) -> None:
    monkeypatch.setattr(audit, "PAGE_SIZE", 4)
    for number in range(10):
        entry(path=f"path-{number}", by=make.user(f"person-{number}"))
    seen, query = [], {"object": "path"}
    while True:
        # session, user, roles; entries, who acted, the last verification
        with django_assert_num_queries(6) as asked:
            page = alice.get(PAGE, query)
        assert not any("OFFSET" in each["sql"] for each in asked.captured_queries)
        seen += [item["row"].object for item in page.context["rows"]]
        if page.context["next"] is None:
            break
        query["before"] = page.context["next"]
        assert f"object=path&amp;before={page.context['next']}" in page.content.decode()
    assert seen == [f"path-{number}" for number in reversed(range(10))]


def test_audit__written_meanwhile__moves_nothing_on_a_later_page(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "PAGE_SIZE", 2)
    for number in range(4):
        entry(path=str(number))
    following = alice.get(PAGE).context["next"]
    entry(path="new")
    assert shown(alice, before=following) == ["service.create 1", "service.create 0"]


# The badge --------------------------------------------------------------------------------------------------


def test_badge__never_verified__says_so(alice: Client) -> None:
    assert "Not verified yet" in alice.get(PAGE).content.decode()


def test_badge__verified__tells_that_it_holds_and_the_head_to_administrators(
    alice: Client, root: Client
) -> None:
    make.two_versions()
    verify_audit(at=make.NOW)
    head = AuditEntry.objects.order_by("-pk")[0]
    text = alice.get(PAGE).content.decode()
    assert "The chain holds" in text
    assert f"Head: #{head.pk}" not in text
    text = root.get(PAGE).content.decode()
    assert f"Head: #{head.pk}" in text
    assert head.digest in text


def test_badge__broken__tells_where(alice: Client) -> None:
    make.two_versions()
    first = AuditEntry.objects.order_by("pk")[0]
    tamper(f"UPDATE {TABLE} SET reason = 'x' WHERE id = %s", first.pk)
    verify_audit(at=make.NOW)
    text = " ".join(alice.get(PAGE).content.decode().split())
    assert "The chain is broken" in text
    assert f"Entry {first.pk} was changed after it was written." in text


def test_verify__administrator__asks_a_worker_and_the_badge_waits_for_it(
    root: Client, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks
) -> None:
    sent: list[str] = []
    monkeypatch.setattr("invocations.queue._send", lambda name, ids: sent.append(name))
    make.service()
    with django_capture_on_commit_callbacks(execute=True):
        response = root.post(VERIFY, headers=HTMX)
    assert sent == ["releases.verify_audit"]
    assert "Verifying" in response.content.decode()
    assert 'hx-trigger="every 2s"' in response.content.decode()
    chain = reverse("audit-chain")
    assert root.get(chain, {"pending": 1}).status_code == 204
    verify_audit(at=AuditCheck.objects.get().asked_at + timedelta(seconds=1))
    done = root.get(chain, {"pending": 1}, headers=HTMX)
    assert "The chain holds" in done.content.decode()
    assert "hx-trigger" not in done.content.decode()


def test_verify__without_javascript__leads_back_to_the_page(root: Client) -> None:
    assert root.post(VERIFY)["Location"] == PAGE


def test_verify__member__may_not_and_is_told_why(alice: Client) -> None:
    assert alice.post(VERIFY).status_code == 403
    assert not AuditCheck.objects.exists()
    assert "disabled title=" in alice.get(PAGE).content.decode()


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
