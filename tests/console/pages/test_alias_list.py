from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.models import Version
from releases.operations import aliases
from tests import make

REGION = make.REGION
HOME = reverse("aliases-home", args=[REGION])
PAGE = reverse("aliases", args=[REGION, "shop"])
CREATE = reverse("alias-create", args=[REGION, "shop"])


def test_aliases_home__one_service__leads_to_its_aliases(alice: Client) -> None:
    make.service()
    assert alice.get(HOME)["Location"] == PAGE


def test_aliases_home__two_services__offers_both_with_their_aliases(alice: Client) -> None:
    make.alias(make.two_versions())
    make.service("pay")
    response = alice.get(HOME)
    assert [(row.name, row.alias_count) for row in response.context["page"]] == [("pay", 0), ("shop", 1)]
    assert PAGE in response.content.decode()


def test_aliases_home__no_service__teaches_the_next_step(alice: Client) -> None:
    assert reverse("service-create", args=[REGION]) in alice.get(HOME).content.decode()


def test_aliases__no_version__teaches_to_publish_first(alice: Client) -> None:
    make.function(make.service())
    text = alice.get(PAGE).content.decode()
    assert "Publish a version first" in text
    assert CREATE not in text


def test_aliases__none__teaches_to_create_one(alice: Client) -> None:
    make.two_versions()
    text = alice.get(PAGE).content.decode()
    assert "No aliases yet" in text
    assert CREATE in text


def test_aliases__some__shows_split_sentence_revision_and_author(alice: Client) -> None:
    make.alias(make.two_versions(), canary=2, weight_bp=3000)
    text = alice.get(PAGE).content.decode()
    assert "70% of calls go to version 1, 30% to version 2." in text
    assert 'aria-label="70% of calls go to version 1, 30% to version 2."' in text
    assert "by alice" in text
    assert reverse("alias", args=[REGION, "shop", "alias1"]) in text


def test_aliases__version_is_gone__is_marked(alice: Client) -> None:
    shop = make.two_versions()
    make.alias(shop, primary=2)
    Version.objects.filter(service=shop, number=2).update(retired_at=make.NOW)
    assert "version 2 was deleted: its calls fail" in alice.get(PAGE).content.decode()


def test_aliases__deleted__is_not_listed(alice: Client) -> None:
    aliases.delete_alias(make.act(), make.alias(make.two_versions()))
    assert "alias1" not in alice.get(PAGE).content.decode()


def test_aliases__many__take_no_more_queries(alice: Client, django_assert_num_queries) -> None:
    shop = make.two_versions()
    for number in range(15):
        make.alias(shop, f"a{number}", canary=2, weight_bp=100)
    # session, user, service, aliases, live versions, newest version
    with django_assert_num_queries(7):
        alice.get(PAGE)


@pytest.mark.parametrize("address", [HOME, PAGE])
def test_alias_lists__post__is_not_allowed(alice: Client, address: str) -> None:
    make.service()
    assert alice.post(address).status_code == 405


@pytest.mark.parametrize("address", [HOME, PAGE])
def test_alias_lists__anonymous__is_sent_to_log_in(anonymous: Client, address: str) -> None:
    assert anonymous.get(address)["Location"].startswith(reverse("log-in"))


def test_alias_lists__unknown_service_or_region__is_not_there(alice: Client) -> None:
    make.service()
    assert alice.get(reverse("aliases", args=[REGION, "pay"])).status_code == 404
    assert alice.get(reverse("aliases-home", args=["atlantis"])).status_code == 404
    assert alice.get(reverse("aliases", args=["us-east-1", "shop"])).status_code == 404
