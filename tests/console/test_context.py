from __future__ import annotations

import pytest
from django.test import RequestFactory
from django.urls import resolve, reverse

from console.context import page

SHOP = ["cn-hangzhou", "shop"]


@pytest.mark.parametrize(
    ("name", "args", "label"),
    [
        ("home", [], "Home"),
        ("inbox", [], "Home"),
        ("services", SHOP[:1], "Services & Functions"),
        ("function-code", [*SHOP, "checkout"], "Services & Functions"),
        ("function-test", [*SHOP, "checkout"], "Services & Functions"),
        ("versions", SHOP, "Versions"),
        ("aliases", SHOP, "Alias Management"),
        ("alias", [*SHOP, "alias1"], "Alias Management"),
        ("changes", SHOP[:1], "Changes"),
        ("change", ["cn-hangzhou", 7], "Changes"),
        ("testrun", ["cn-hangzhou", 7], "Test runs"),
        ("audit", [], "Audit log"),
    ],
)
def test_page__any_area__marks_it_in_the_menu(name: str, args: list[str | int], label: str) -> None:
    request = RequestFactory().get(reverse(name, args=args))
    request.resolver_match = resolve(request.path)
    assert [item["label"] for item in page(request)["nav"] if item["current"]] == [label]


def test_page__log_in__marks_nothing() -> None:
    request = RequestFactory().get(reverse("log-in"))
    request.resolver_match = resolve(request.path)
    assert not any(item["current"] for item in page(request)["nav"])
