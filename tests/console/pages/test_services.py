from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.models import AuditEntry, Service
from tests import make

from .conftest import HTMX

REGION = make.REGION
LIST = reverse("services", args=[REGION])


def test_services__none__teaches_the_next_step(alice: Client) -> None:
    page = alice.get(LIST).content.decode()
    assert "No services here yet" in page
    assert reverse("service-create", args=[REGION]) in page


def test_services__some__are_shown_with_counts(alice: Client) -> None:
    make.alias(make.two_versions(), canary=2, weight_bp=3000)
    page = alice.get(LIST)
    row = page.context["page"][0]
    assert (row.function_count, row.version_count, row.alias_count) == (1, 2, 1)
    assert reverse("functions", args=[REGION, "shop"]) in page.content.decode()


def test_services__of_another_region__are_not_listed(alice: Client) -> None:
    make.service("elsewhere", region="cn-shanghai")
    assert list(alice.get(LIST).context["page"]) == []


def test_services__twenty_one__have_two_pages(alice: Client) -> None:
    for number in range(21):
        make.service(f"s{number:02}")
    assert len(alice.get(LIST).context["page"]) == 20
    assert [row.name for row in alice.get(LIST, {"page": "2"}).context["page"]] == ["s20"]
    # Junk and pages beyond the end lead to a page that exists.
    assert alice.get(LIST, {"page": "junk"}).context["page"].number == 1
    assert alice.get(LIST, {"page": "99"}).context["page"].number == 2


def test_services__many__take_no_more_queries(alice: Client, django_assert_num_queries) -> None:
    for number in range(15):
        make.two_versions(f"s{number:02}")
    with django_assert_num_queries(5):  # session, user, roles, count, rows
        alice.get(LIST)


@pytest.mark.parametrize(
    ("text", "names"), [("ay", ["pay"]), ("BLUE", ["shop"]), ("zzz", []), ("\0", ["pay", "shop"])]
)
def test_service_list__search__looks_at_names_and_descriptions(
    alice: Client, text: str, names: list[str]
) -> None:
    make.service("pay")
    Service.objects.filter(pk=make.service("shop").pk).update(description="the blue one")
    response = alice.get(reverse("service-list", args=[REGION]), {"q": text}, headers=HTMX)
    assert [row.name for row in response.context["page"]] == names
    assert "<html" not in response.content.decode()
    assert response["HX-Replace-Url"].startswith(f"{LIST}?q=")


def test_service_create__valid__leads_to_its_functions(alice: Client) -> None:
    response = alice.post(reverse("service-create", args=[REGION]), {"name": "shop", "description": "Sells"})
    assert response.status_code == 302
    assert response["Location"] == reverse("functions", args=[REGION, "shop"])
    assert Service.objects.get(name="shop").description == "Sells"


@pytest.mark.parametrize("name", ["", "1shop", "a b", "ä", "x" * 129, "a\0b", "../x", "LATEST!"])
def test_service_create__bad_name__is_an_error_at_the_field(alice: Client, name: str) -> None:
    response = alice.post(reverse("service-create", args=[REGION]), {"name": name})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"name"}
    assert not Service.objects.exists()


def test_service_create__nothing_sent__is_an_error(alice: Client) -> None:
    assert alice.post(reverse("service-create", args=[REGION])).status_code == 422


@pytest.mark.parametrize("description", ["x" * 257, "bell \a"])
def test_service_create__bad_description__is_an_error_at_the_field(alice: Client, description: str) -> None:
    url = reverse("service-create", args=[REGION])
    response = alice.post(url, {"name": "shop", "description": description})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"description"}


def test_service_create__name_taken__is_a_conflict_in_place(alice: Client) -> None:
    make.service("shop")
    response = alice.post(reverse("service-create", args=[REGION]), {"name": "shop", "description": "mine"})
    assert response.status_code == 409
    assert "already exists" in response.content.decode()
    assert response.context["form"]["description"].value() == "mine"


def test_service_edit__description__is_saved_and_audited(alice: Client) -> None:
    make.service("shop")
    url = reverse("service-edit", args=[REGION, "shop"])
    assert alice.post(url, {"description": "two\r\nlines"}).status_code == 302
    assert Service.objects.get().description == "two\nlines"
    assert AuditEntry.objects.filter(action="service.describe", source="page", by__username="alice").exists()
    assert alice.get(url).context["form"]["description"].value() == "two\nlines"


def test_service_edit__too_long__is_an_error(alice: Client) -> None:
    make.service("shop")
    url = reverse("service-edit", args=[REGION, "shop"])
    assert alice.post(url, {"description": "x" * 257}).status_code == 422


def test_service_delete__empty__is_gone_and_repeating_is_harmless(alice: Client) -> None:
    make.service("shop")
    url = reverse("service-delete", args=[REGION, "shop"])
    assert alice.post(url)["Location"] == LIST
    assert alice.post(url).status_code == 404
    assert Service.objects.get().retired_at is not None


def test_service_delete__still_needed__is_refused_and_says_what_it_holds(alice: Client) -> None:
    make.alias(make.two_versions())
    url = reverse("service-delete", args=[REGION, "shop"])
    for headers in ({}, HTMX):
        response = alice.post(url, headers=headers)
        assert response.status_code == 409
        text = response.content.decode()
        assert "function checkout, 2 versions (1, 2) and alias alias1" in text
        assert ("<html" in text) is (not headers)
    assert Service.objects.get().retired_at is None


def test_service_delete__htmx__is_led_to_the_list(alice: Client) -> None:
    make.service("shop")
    response = alice.post(reverse("service-delete", args=[REGION, "shop"]), headers=HTMX)
    assert response["HX-Redirect"] == LIST


def test_region__alone__leads_to_its_services(alice: Client) -> None:
    assert alice.get(f"/{REGION}/")["Location"] == reverse("services", args=[REGION])
