from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.models import Version
from releases.operations import versions
from tests import make

from .conftest import HTMX

REGION = make.REGION
PAGE = reverse("versions", args=[REGION, "shop"])
PUBLISH = reverse("version-publish", args=[REGION, "shop"])


def test_versions_home__one_service__leads_to_its_versions(alice: Client) -> None:
    make.service()
    assert alice.get(reverse("versions-home", args=[REGION]))["Location"] == PAGE


def test_versions_home__two_services__offers_both(alice: Client) -> None:
    make.two_versions()
    make.service("pay")
    text = alice.get(reverse("versions-home", args=[REGION])).content.decode()
    assert PAGE in text
    assert reverse("versions", args=[REGION, "pay"]) in text


def test_versions_home__no_service__teaches_the_next_step(alice: Client) -> None:
    text = alice.get(reverse("versions-home", args=[REGION])).content.decode()
    assert reverse("service-create", args=[REGION]) in text


def test_versions__none__teaches_the_next_step(alice: Client) -> None:
    make.service()
    assert "No versions yet" in alice.get(PAGE).content.decode()


def test_versions__serving__shows_each_alias_with_its_share_and_part(alice: Client) -> None:
    make.alias(make.two_versions(), canary=2, weight_bp=3000)
    page = alice.get(PAGE)
    assert [(row["version"].number, row["serving"]) for row in page.context["rows"]] == [
        (2, [("alias1", "30%", "canary")]),
        (1, [("alias1", "70%", "primary")]),
    ]
    assert "No alias sends traffic" not in page.content.decode()


def test_versions__newest_serves_nobody__says_so(alice: Client) -> None:
    make.alias(make.two_versions())
    assert "No alias sends traffic to version 2 yet" in alice.get(PAGE).content.decode()


def test_versions__some__offers_to_compare_any_two(alice: Client) -> None:
    shop = make.two_versions()
    form = alice.get(PAGE).context["compare_form"]
    assert [value for value, _ in form.fields["a"].choices] == ["LATEST", "2", "1"]
    assert "what changed since version 2" not in alice.get(PAGE).content.decode()
    make.function(shop, "pay")
    compare = reverse("version-compare", args=[REGION, "shop"])
    assert f'href="{compare}?a=2&amp;b=LATEST"' in alice.get(PAGE).content.decode()


def test_versions__nothing_changed__disables_publishing_and_says_why(alice: Client) -> None:
    shop = make.two_versions()
    text = alice.get(PAGE).content.decode()
    assert "disabled" in text
    assert "is the same as version 2: nothing to publish" in text
    make.function(shop, "pay")
    text = alice.get(PAGE).content.decode()
    assert "disabled" not in text
    assert "differs from version 2" in text


def test_versions__many__take_no_more_queries(alice: Client, django_assert_num_queries) -> None:
    shop = make.two_versions()
    checkout = shop.functions.get()
    for number in range(10):
        make.deploy(checkout, make.HELLO + f"# {number}\n")
        make.alias(shop, f"a{number}", primary=make.version(shop).number)
    # session, user, service; aliases 2; count, rows; newest 1; LATEST differs 2; functions 1; to compare 1
    with django_assert_num_queries(13):
        alice.get(PAGE)


def test_version_publish__changed__makes_the_next_number(alice: Client) -> None:
    make.function(make.service())
    response = alice.post(PUBLISH, {"description": "first"})
    assert response["Location"] == PAGE
    version = Version.objects.get()
    assert (version.number, version.description, version.created_by.username) == (1, "first", "alice")
    assert "Version 1 was published" in alice.get(PAGE).content.decode()


def test_version_publish__twice__is_refused_in_place_with_the_reason(alice: Client) -> None:
    make.function(make.service())
    alice.post(PUBLISH, {"description": "first"})
    response = alice.post(PUBLISH, {"description": "again"})
    assert response.status_code == 409
    assert "nothing has changed since version 1 was published" in response.content.decode()
    assert response.context["form"]["description"].value() == "again"
    assert Version.objects.count() == 1


@pytest.mark.parametrize("description", ["x" * 257, "nul \0"])
def test_version_publish__bad_description__is_an_error_in_place(alice: Client, description: str) -> None:
    make.function(make.service())
    response = alice.post(PUBLISH, {"description": description})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"description"}
    assert not Version.objects.exists()


def test_version_delete__needed__is_refused_and_names_the_alias(alice: Client) -> None:
    make.alias(make.two_versions(), canary=2, weight_bp=3000)
    for number in (1, 2):
        url = reverse("version-delete", args=[REGION, "shop", number])
        response = alice.post(url, headers=HTMX)
        assert response.status_code == 409
        assert f"Version {number} is still needed by alias alias1" in response.content.decode()
    assert Version.objects.filter(retired_at=None).count() == 2


def test_version_delete__free__is_gone_and_repeating_is_harmless(alice: Client) -> None:
    make.alias(make.two_versions())
    url = reverse("version-delete", args=[REGION, "shop", 2])
    assert alice.post(url)["Location"] == PAGE
    assert alice.post(url).status_code == 404
    assert [row["version"].number for row in alice.get(PAGE).context["rows"]] == [1]


def test_version_delete__just_deleted_by_another__is_refused(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.two_versions()
    retire = versions.retire

    def retire_twice(act: object, version: Version) -> None:
        retire(make.act(), version)
        retire(make.act(), version)

    monkeypatch.setattr(versions, "retire", retire_twice)
    response = alice.post(reverse("version-delete", args=[REGION, "shop", 2]))
    assert response.status_code == 409
    assert "has been deleted already" in response.content.decode()
