"""The page of the audit log, narrowed and turned."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from console.pages import audit
from releases.queries import audit as audit_query
from tests import make

from .audited import PAGE, entry, shown


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


def test_audit__until__newest_by_when_they_began_page_by_page(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that began together, and one that began earlier and was committed later."""
    monkeypatch.setattr(audit, "PAGE_SIZE", 2)
    for path, minutes in (("a", 0), ("b", 5), ("c", 5), ("d", 3), ("e", 60)):
        entry(path=path, at=make.NOW + timedelta(minutes=minutes))
    until = {"until": "2026-11-20T16:30"}
    first = alice.get(PAGE, until)
    following = first.context["next"]
    assert [item["row"].object for item in first.context["rows"]] == ["c", "b"]
    assert shown(alice, **until, before=following) == ["service.create d", "service.create a"]
    assert shown(alice, **until, before=10**17) == ["service.create c", "service.create b"]


def test_audit__until_long_past__is_read_from_the_index_of_times(db: None) -> None:
    for minutes in range(50):
        entry(at=make.NOW + timedelta(minutes=minutes))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
    found = audit_query.entries(None, audit_query.Filters(until=make.NOW + timedelta(minutes=20)))[:10]
    assert "Index Scan Backward using audit_by_time" in found.explain()
