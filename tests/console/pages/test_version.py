from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.operations import versions
from tests import make

REGION = make.REGION
SHOP = [REGION, "shop"]
PAGE = reverse("version", args=[*SHOP, 2])


def test_version__serving__tells_what_it_is_and_which_aliases_it_serves(alice: Client) -> None:
    make.alias(make.two_versions(), canary=2, weight_bp=3000)
    page = alice.get(PAGE)
    text = page.content.decode()
    for shown in ("second", "alice", page.context["version"].fingerprint, "alias1", "canary", "30%"):
        assert shown in text
    assert reverse("function-code", args=[*SHOP, "checkout"]) + "?qualifier=2" in text
    compare = reverse("version-compare", args=SHOP)
    assert f"{compare}?a=1&amp;b=2" in text
    assert f"{compare}?a=2&amp;b=LATEST" in text


def test_version__first_and_idle__has_no_version_before_and_serves_nobody(alice: Client) -> None:
    make.two_versions()
    page = alice.get(reverse("version", args=[*SHOP, 1]))
    assert page.context["previous"] is None
    assert "No alias sends it traffic." in page.content.decode()


def test_version__one_between_was_deleted__is_compared_with_the_one_before(alice: Client) -> None:
    shop = make.two_versions()
    make.deploy(shop.functions.get(), make.HELLO + "# three\n")
    make.version(shop, "third")
    versions.retire(make.act(), shop.versions.get(number=2))
    assert alice.get(reverse("version", args=[*SHOP, 3])).context["previous"] == 1
    assert alice.get(PAGE).status_code == 404


def test_version__without_functions__says_so(alice: Client) -> None:
    make.version(make.service())
    assert "This version has no functions" in alice.get(reverse("version", args=[*SHOP, 1])).content.decode()


def test_version__many_functions__take_no_more_queries(alice: Client, django_assert_num_queries) -> None:
    shop = make.two_versions()
    for number in range(8):
        make.function(shop, f"f{number}")
        make.alias(shop, f"a{number}")
    make.version(shop)
    # session, user, service, version, shown; aliases 2; before; count, rows
    with django_assert_num_queries(11):
        alice.get(reverse("version", args=[*SHOP, 3]))


@pytest.mark.parametrize("number", [0, 7, 9**20])
def test_version__unknown__is_not_found(alice: Client, number: int) -> None:
    make.two_versions()
    assert alice.get(reverse("version", args=[*SHOP, number])).status_code == 404
