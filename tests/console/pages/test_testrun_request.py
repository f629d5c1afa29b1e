"""New test runs of HTTP functions: what is sent, and which attributes are drawn."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from invocations import models
from invocations.drawn import DrawnAttribute, Keys, Listed, Order, Place, Spread
from invocations.request_plan import MAX_BODY, RequestPlan, parse
from releases.core.parameters import Parameter, Source
from releases.core.policies import Canary, Policy, Split, Sticky
from releases.core.rules import Combiner, Rules, make_rule
from releases.models import Service
from releases.operations import aliases
from releases.operations.aliases import Setting
from tests import make

from . import counted
from .conftest import HTMX

REGION = make.REGION
CREATE = reverse("testrun-create", args=[REGION])
FORM = reverse("testrun-form", args=[REGION])
WANTED = {
    "service": "shop",
    "qualifier": "alias1",
    "function": "web",
    "total": "2000",
    "concurrency": "16",
    "method": "POST",
    "path": "/carts",
    "query": "?a=1",
    "headers": "Accept: text/html\r\n\r\nx-empty:",
    "cookies": "theme=dark",
    "body": "one\r\ntwo",
}
LISTED = {
    "drawn-0-type": "Query",
    "drawn-0-name": "beta",
    "drawn-0-source": "list",
    "drawn-0-values": "yes\r\n\r\n no \r\n",
    "drawn-0-order": "at random",
    "drawn-0-count": "",
    "drawn-0-prefix": "user-",
    "drawn-0-spread": "evenly",
}
KEYS = {
    "drawn-5-type": "Header",
    "drawn-5-name": "x-uid",
    "drawn-5-source": "keys",
    "drawn-5-values": "",
    "drawn-5-order": "in turn",
    "drawn-5-count": "500",
    "drawn-5-prefix": "u",
    "drawn-5-spread": "Zipf",
}
PLAN = RequestPlan(
    method="POST",
    path="/carts",
    query="a=1",
    headers=(("Accept", "text/html"), ("x-empty", "")),
    cookies=(("theme", "dark"),),
    body="one\ntwo",
    drawn=(
        DrawnAttribute(Place.QUERY, "beta", Listed(("yes", "no"), Order.AT_RANDOM)),
        DrawnAttribute(Place.HEADER, "x-uid", Keys(500, Spread.ZIPF, "u")),
    ),
)


def set_alias(shop: Service, split: Split, name: str) -> None:
    setting = Setting(policy=Policy(1, Canary(2, 3000), split))
    aliases.create_alias(make.act(), shop, name=name, setting=setting)


@pytest.fixture
def shop(db: None) -> Service:
    """Two versions of an event function checkout and an HTTP function web; alias1 looks at a percent rule."""
    shop = make.service()
    make.function(shop)
    make.function(shop, "web", type="http")
    make.version(shop)
    make.deploy(shop.functions.get(name="web"), make.HELLO + "# two\n")
    make.version(shop)
    rule = make_rule("Header", "x-uid", "percent", "20")
    set_alias(shop, Rules(Combiner.ALL, (rule,)), "alias1")
    return shop


def rows(page) -> list[dict[str, object]]:
    return [{name: row[name].value() for name in row.fields} for row in page.context["form"].request.rows]


def test_testrun_create__functions__are_told_apart_by_type(alice: Client, shop: Service) -> None:
    form = alice.get(CREATE).context["form"]
    assert form.fields["function"].choices == [("checkout", "checkout (event)"), ("web", "web (HTTP)")]
    assert form.request is None
    text = alice.get(CREATE, {"function": "web"}).content.decode()
    assert 'name="method"' in text
    assert 'name="payloads"' not in text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_testrun_create__request_with_drawn_attributes__is_kept_as_typed(
    alice: Client, shop: Service, headers: dict[str, str]
) -> None:
    response = alice.post(CREATE, WANTED | LISTED | KEYS, headers=headers)
    run = models.TestRun.objects.get()
    page = reverse("testrun", args=[REGION, run.pk])
    assert response.headers.get("HX-Redirect" if headers else "Location") == page
    assert (parse(run.request), run.payloads) == (PLAN, [])
    text = alice.get(page).content.decode()
    assert "each a POST of" in text
    assert "header x-uid: Zipf from 500 distinct keys, u1 to u500" in text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"function": "other"}, "function"),
        ({"total": "0"}, "total"),
        ({"method": ""}, "method"),
        ({"method": "TRACE"}, "method"),
        ({"path": ""}, "path"),
        ({"path": "carts"}, "path"),
        ({"path": "/a?b=1"}, "path"),
        ({"path": "/a\0b"}, "path"),
        ({"path": "/" + "x" * 5000}, "path"),
        ({"query": "a#b"}, "query"),
        ({"query": "a\rb"}, "query"),
        ({"headers": "no colon"}, "headers"),
        ({"headers": "a b: 1"}, "headers"),
        ({"headers": "x: \x01"}, "headers"),
        ({"headers": "Authorization: Basic x"}, "headers"),
        ({"headers": "Host: other"}, "headers"),
        ({"headers": "Cookie: a=b"}, "headers"),
        ({"headers": "x: " + "y" * 9000}, "headers"),
        ({"cookies": "theme"}, "cookies"),
        ({"cookies": "a=1;b=2"}, "cookies"),
        ({"cookies": "Serin_Session=1"}, "cookies"),
        ({"cookies": "messages=1"}, "cookies"),
        ({"body": "a\0b"}, "body"),
        ({"body": "x" * (MAX_BODY + 1)}, "body"),
    ],
)
def test_testrun_create__bad_request__is_told_at_its_field(
    alice: Client, shop: Service, changes: dict[str, str], field: str
) -> None:
    response = alice.post(CREATE, WANTED | LISTED | changes)
    form = response.context["form"]
    assert response.status_code == 422
    assert field in form.errors | (form.request.errors if form.request else {})
    assert not models.TestRun.objects.exists()


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"type": "Body"}, "type"),
        ({"name": ""}, "name"),
        ({"name": "a b"}, "name"),
        ({"name": "x-fc-log-type"}, "name"),
        ({"name": "accept"}, "name"),
        ({"name": "x" * 200}, "name"),
        ({"source": "file"}, "source"),
        ({"count": ""}, "count"),
        ({"count": "0"}, "count"),
        ({"count": "1000001"}, "count"),
        ({"count": "1e3"}, "count"),
        ({"spread": "odd"}, "spread"),
        ({"prefix": "a\x01"}, "prefix"),
        ({"prefix": "x" * 65}, "prefix"),
        ({"source": "list"}, "values"),
        ({"source": "list", "values": "x\n" * 1001}, "values"),
        ({"source": "list", "values": "x" * 257}, "values"),
        ({"source": "list", "values": "a\x01"}, "values"),
        ({"source": "list", "values": "a", "order": "odd"}, "order"),
        ({"type": "Cookie", "source": "list", "values": "a;b"}, "values"),
        ({"type": "Cookie", "name": "serin_csrf"}, "name"),
    ],
)
def test_testrun_create__bad_attribute__is_told_at_its_row(
    alice: Client, shop: Service, changes: dict[str, str], part: str
) -> None:
    changed = {f"drawn-5-{name}": value for name, value in changes.items()}
    response = alice.post(CREATE, WANTED | LISTED | KEYS | changed)
    first, second = response.context["form"].request.rows
    assert response.status_code == 422
    assert (first.errors, list(second.errors)) == ({}, [part])
    assert not models.TestRun.objects.exists()


def test_testrun_create__nine_attributes__are_too_many(alice: Client, shop: Service) -> None:
    many = {
        f"drawn-{place}-{name[8:]}": f"{value}{place}" if name.endswith("name") else value
        for place in range(9)
        for name, value in KEYS.items()
    }
    response = alice.post(CREATE, WANTED | many)
    assert response.status_code == 422
    text = response.content.decode()
    assert "At most 8 attributes are drawn." in text
    assert "A run draws 8 attributes at the most." in text


def test_testrun_create__bad_input__keeps_everything_typed(alice: Client, shop: Service) -> None:
    page = alice.post(CREATE, WANTED | LISTED | KEYS | {"path": "carts"}, headers=HTMX)
    assert page.status_code == 422
    request = page.context["form"].request
    for name in ("method", "query", "headers", "cookies", "body"):
        assert request[name].value() == WANTED[name]
    typed = [{name[8:]: value for name, value in row.items()} for row in (LISTED, KEYS)]
    assert rows(page) == typed


def test_testrun_create__buttons__add_and_remove_an_attribute_and_start_nothing(
    alice: Client, shop: Service
) -> None:
    added = alice.post(CREATE, WANTED | LISTED | {"add_attribute": "1", "total": "abc"}, headers=HTMX)
    assert added.status_code == 200
    assert [row["name"] for row in rows(added)] == ["beta", None]
    assert added.context["form"]["total"].value() == "abc"
    removed = alice.post(CREATE, WANTED | LISTED | KEYS | {"remove_attribute": "0"})
    assert [row["name"] for row in rows(removed)] == ["x-uid"]
    kept = alice.post(CREATE, WANTED | LISTED | {"remove_attribute": "x\0"})
    assert [row["name"] for row in rows(kept)] == ["beta"]
    assert not models.TestRun.objects.exists()


def test_testrun_create__eight_attributes__can_be_no_more(alice: Client, shop: Service) -> None:
    many = {f"drawn-{place}-name": f"x-{place}" for place in range(8)}
    page = alice.post(CREATE, WANTED | many | {"add_attribute": "1"})
    assert len(rows(page)) == 8
    assert "A run draws 8 attributes at the most." in page.content.decode()


def test_testrun_create__alias_that_looks_at_a_key__is_filled_in(alice: Client, shop: Service) -> None:
    opened = alice.get(CREATE, {"service": "shop", "qualifier": "alias1", "function": "web"})
    (row,) = rows(opened)
    assert (row["type"], row["name"], row["source"]) == ("Header", "x-uid", "keys")
    assert (row["count"], row["spread"]) == (1000, "evenly")


def test_testrun_create__another_alias_is_chosen__offers_what_it_looks_at(
    alice: Client, shop: Service
) -> None:
    set_alias(shop, Sticky(Parameter(Source.COOKIE, "sid")), "sticky")
    look = WANTED | {"qualifier": "sticky"}
    assert [row["name"] for row in rows(alice.post(FORM, look))] == ["sid"]
    kept = alice.post(FORM, look | LISTED)
    assert [row["name"] for row in rows(kept)] == ["beta"]
    assert "Draw what sticky looks at" in kept.content.decode()
    suggested = alice.post(CREATE, WANTED | LISTED | {"qualifier": "sticky", "suggest": "1"})
    assert [row["name"] for row in rows(suggested)] == ["sid"]


def test_testrun_create__event_function_of_such_an_alias__has_nothing_drawn(
    alice: Client, shop: Service
) -> None:
    opened = alice.get(CREATE, {"service": "shop", "qualifier": "alias1", "function": "checkout"})
    assert opened.context["form"].request is None
    assert "Drawn attributes" not in opened.content.decode()


def test_testrun_create__again__keeps_the_request(alice: Client, shop: Service) -> None:
    first = counted.run(shop, function="web", payloads=(), request=PLAN)
    page = alice.get(CREATE, {"again": first.pk})
    form = page.context["form"]
    fields = {bound.html_name: bound.value() for part in (form, form.request) for bound in part}
    drawn = {bound.html_name: bound.value() for row in form.request.rows for bound in row}
    chosen = {name: value for name, value in (fields | drawn).items() if value is not None}
    alice.post(CREATE, chosen)
    second = models.TestRun.objects.latest("pk")
    assert second != first
    assert second.request == first.request


def test_testrun_create__versions_that_differ_in_type__are_refused_with_the_reason(
    alice: Client, shop: Service
) -> None:
    shop.functions.filter(name="web").delete()
    make.function(shop, "web")
    make.version(shop)
    setting = Setting(policy=Policy(2, Canary(3, 5000)))
    aliases.create_alias(make.act(), shop, name="mixed", setting=setting)
    response = alice.post(CREATE, WANTED | {"qualifier": "mixed"}, headers=HTMX)
    assert response.status_code == 409
    assert "versions behind mixed differ" in response.content.decode()
