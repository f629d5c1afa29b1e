from __future__ import annotations

from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from console.pages import function_invocations
from invocations import listing
from tests import make

from . import counted

CHECKOUT = [make.REGION, "shop", "checkout"]
PAGE = reverse("function-invocations", args=CHECKOUT)


def ids(page: object) -> list[int]:
    return [item["row"].pk.int for item in page.context["rows"]]


def test_function_invocations__none__teaches_the_next_step(alice: Client) -> None:
    make.function(make.service())
    assert "No invocations" in alice.get(PAGE).content.decode()


def test_function_invocations__many__are_paged_without_gap_or_repetition(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function_invocations, "PAGE_SIZE", 4)
    make.function(make.service())
    for number in range(10):
        counted.invocation(number)
    page = alice.get(PAGE)
    seen = ids(page)
    while page.context["next"]:
        page = alice.get(PAGE, {"before": str(page.context["next"])})
        seen += ids(page)
    assert seen == list(range(9, -1, -1))


def test_function_invocations__of_another_function__are_not_listed(alice: Client) -> None:
    shop = make.service()
    make.function(shop)
    make.function(shop, "pay")
    counted.invocation(1, function="pay")
    counted.invocation(2, region="cn-shanghai")
    counted.invocation(3, service="other")
    assert ids(alice.get(PAGE)) == []
    for number in (1, 2, 3):
        url = reverse("function-invocation", args=[*CHECKOUT, UUID(int=number)])
        assert alice.get(url).status_code == 404


def test_function_invocations__through_an_alias__show_the_part_of_the_version(alice: Client) -> None:
    alias = make.alias(make.two_versions(), canary=2, weight_bp=3000)
    counted.invocation(1, qualifier="alias1", version="1", alias_revision=alias.revision_id)
    counted.invocation(2, qualifier="alias1", version="2", alias_revision=alias.revision_id)
    assert [item["part"] for item in alice.get(PAGE).context["rows"]] == ["canary", "primary"]


def test_function_invocations__many__take_no_more_queries(alice: Client, django_assert_num_queries) -> None:
    shop = make.two_versions()
    for number in range(6):
        alias = make.alias(shop, f"a{number}", canary=2, weight_bp=3000)
        counted.invocation(number, qualifier=f"a{number}", version="2", alias_revision=alias.revision_id)
    # session, user, service, function; rows, revisions; in the frame LATEST differs 3, versions 1,
    # aliases 2, exists at LATEST 1
    with django_assert_num_queries(14):
        alice.get(PAGE)


@pytest.mark.parametrize("before", ["junk", "\0", str(UUID(int=77))])
def test_function_invocations__unknown_place__is_not_found(alice: Client, before: str) -> None:
    make.function(make.service())
    assert alice.get(PAGE, {"before": before}).status_code == 404


def test_function_invocations__of_an_http_function__show_the_status_that_failed(alice: Client) -> None:
    make.function(make.service())
    counted.invocation(1, outcome="http 503")
    assert "HTTP 503</span>" in alice.get(PAGE).content.decode()


def test_function_invocations__through_an_alias__say_why_in_a_few_words(alice: Client) -> None:
    alias = make.alias(make.two_versions(), canary=2, weight_bp=3000)
    routed = {"alias_revision": alias.revision_id, "decision": "die 213412"}
    counted.invocation(1, qualifier="alias1", version="2", **routed)
    counted.invocation(2, decision="")
    page = alice.get(PAGE)
    assert [item["why"] for item in page.context["rows"]] == ["", "draw 21.3%"]
    item_url = reverse("function-invocation", args=[*CHECKOUT, UUID(int=1)])
    assert f'href="{item_url}#why"' in page.content.decode()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"version": "2"}, [3]),
        ({"version": "LATEST"}, [2, 0]),
        ({"alias": "alias1"}, [3, 1]),
        ({"outcome": "errors"}, [1, 0]),
        ({"outcome": "ok"}, [3, 2]),
        ({"version": "9"}, []),
        ({"alias": "alias1", "outcome": "errors", "version": "1"}, [1]),
    ],
)
def test_function_invocations__filtered__lists_what_matches(
    alice: Client, query: dict[str, str], expected: list[int]
) -> None:
    alias = make.alias(make.two_versions(), canary=2, weight_bp=3000)
    counted.invocation(0, outcome="timeout")
    counted.invocation(1, qualifier="alias1", version="1", alias_revision=alias.revision_id, outcome="crash")
    counted.invocation(2)
    counted.invocation(3, qualifier="alias1", version="2", alias_revision=alias.revision_id)
    page = alice.get(PAGE, query)
    assert ids(page) == expected
    for name, value in query.items():
        assert page.context["form"][name].value() == value


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"version": "x"}, "version"),
        ({"version": "01"}, "version"),
        ({"version": "\0"}, "version"),
        ({"version": "9" * 40}, "version"),
        ({"alias": "a b"}, "alias"),
        ({"alias": "a" * 200}, "alias"),
        ({"outcome": "moon"}, "outcome"),
    ],
)
def test_function_invocations__bad_filter__is_an_error_at_its_field(
    alice: Client, query: dict[str, str], field: str
) -> None:
    make.function(make.service())
    counted.invocation(1)
    page = alice.get(PAGE, query)
    assert page.status_code == 422
    assert page.context["form"].errors.keys() == {field}


def test_function_invocations__filtered__paging_keeps_the_filter(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function_invocations, "PAGE_SIZE", 2)
    make.function(make.service())
    for number in range(9):
        counted.invocation(number, outcome="ok" if number % 2 else "timeout")
    page = alice.get(PAGE, {"outcome": "errors"})
    assert ids(page) == [8, 6]
    assert f'href="?outcome=errors&amp;before={UUID(int=6)}"' in page.content.decode()


def test_function_invocations__few_matches__offers_to_look_further_back(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "LOOKED_THROUGH", 4)
    make.function(make.service())
    for number in range(9):
        counted.invocation(number, outcome="ok" if number else "timeout")
    text = alice.get(PAGE, {"outcome": "errors"}).content.decode()
    assert "No invocation matches" in text
    assert "Look further back" in text
    assert "A page looks through 4 invocations." in text
