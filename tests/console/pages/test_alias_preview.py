from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from tests import make

from .conftest import HTMX
from .panel import BY_RULE, SPLIT, UID, rule

NEW = reverse("alias-sentence", args=[make.REGION, "shop"])
OLD = reverse("alias-sentence", args=[make.REGION, "shop", "alias1"])


def shown(alice: Client, sent: dict[str, str], address: str = NEW) -> str:
    response = alice.post(address, sent, headers=HTMX)
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (SPLIT, "70% of calls go to version 1, 30% to version 2."),
        ({"primary": "2"}, "All calls go to version 2."),
        (SPLIT | {"spread": "Even"}, "30% to version 2, spread evenly."),
        (BY_RULE | UID, "HTTP calls whose header x-uid is “42” go to version 2, all others to version 1."),
    ],
)
def test_alias_sentence__complete__says_what_callers_get(
    alice: Client, sent: dict[str, str], sentence: str
) -> None:
    make.alias(make.two_versions())
    assert sentence in shown(alice, sent)
    assert sentence in shown(alice, sent, OLD)


@pytest.mark.parametrize(
    "sent", [{}, SPLIT | {"weight": "x"}, SPLIT | {"canary": "1"}, {"primary": "\0"}, BY_RULE]
)
def test_alias_sentence__incomplete__waits(alice: Client, sent: dict[str, str]) -> None:
    make.two_versions()
    text = shown(alice, sent)
    assert "Here you see what callers will get" in text
    assert "Nothing odd found." not in text


def test_alias_sentence__oddities__come_along_with_their_mends(alice: Client) -> None:
    make.two_versions()
    text = shown(alice, BY_RULE | rule(0, "Header", "x-uid", ">", "9"))
    assert 'id="alias-lint"' in text
    assert 'hx-swap-oob="true"' in text
    assert "compares as text, where 10 sorts before 9." in text
    assert "Compare as a number." in text
    assert "this service has none" in text


def test_alias_sentence__nothing_odd__says_so(alice: Client) -> None:
    shop = make.two_versions()
    assert "Nothing odd found." in shown(alice, SPLIT)
    shop.functions.update(type="http")
    make.version(shop, "third")
    by_rule = BY_RULE | {"canary": "3"} | rule(0, "Header", "x-uid", ">", "9", "number")
    assert "Nothing odd found." in shown(alice, by_rule)


def test_alias_sentence__however_many_rules__costs_the_same_queries(
    alice: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make.two_versions()
    sent = dict(BY_RULE)
    for place in range(20):
        sent |= rule(place, "Header", f"x-{place}", "=", "1")
    with django_assert_num_queries(6):
        shown(alice, sent)


@pytest.mark.parametrize("address", [NEW, OLD])
def test_alias_sentence__get_anonymous_and_unknown__are_turned_away(
    alice: Client, anonymous: Client, address: str
) -> None:
    assert alice.get(address).status_code == 405
    assert anonymous.post(address, SPLIT)["Location"].startswith(reverse("log-in"))
    assert alice.post(address, SPLIT).status_code == 404
