from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from console import code_diff
from releases.models import CodePackage, Service
from releases.operations import catalog, versions
from releases.operations.catalog import Configuration
from tests import make

REGION = make.REGION
PAGE = reverse("version-compare", args=[REGION, "shop"])
SECRET = "hunter2-s3cret"


def configured(of: Service, **changes: object) -> None:
    """Change the configuration of checkout at LATEST."""
    settings = {"runtime": "python3", "handler": "index.handler"} | changes
    catalog.configure_function(
        make.act(),
        of.functions.get(name="checkout"),
        configuration=Configuration(**settings),
        base_digest=None,
    )


def states(page: object) -> list[tuple[str, str]]:
    return [(item["change"].name, item["change"].state) for item in page.context["changes"]]


def test_version_compare__code__is_shown_line_by_line(alice: Client) -> None:
    make.two_versions()
    page = alice.get(PAGE, {"a": "1", "b": "2"})
    assert states(page) == [("checkout", "changed")]
    (file,) = page.context["code"].files
    assert [(line.kind, line.text) for line in file.lines if line.kind != "same"][-1] == ("added", "# two")
    assert "# two" in page.content.decode()


def test_version_compare__configuration__stands_side_by_side(alice: Client) -> None:
    shop = make.two_versions()
    configured(shop, memory_mb=256, description="<b>fast</b>")
    page = alice.get(PAGE, {"a": "2", "b": "LATEST"})
    changed = [s for s in page.context["changes"][0]["change"].settings if s.changed]
    assert [(s.name, s.old, s.new) for s in changed] == [
        ("Description", "", "<b>fast</b>"),
        ("Memory", "128 MB", "256 MB"),
    ]
    assert "&lt;b&gt;fast&lt;/b&gt;" in page.content.decode()


def test_version_compare__environment__is_masked(alice: Client) -> None:
    shop = make.two_versions()
    configured(shop, environment={"KEPT": SECRET, "TURNED": SECRET, "GONE": SECRET})
    make.version(shop)
    configured(shop, environment={"KEPT": SECRET, "TURNED": SECRET + "2", "NEW": SECRET})
    page = alice.get(PAGE, {"a": "3", "b": "LATEST"})
    (item,) = page.context["changes"]
    assert [(v.name, v.state) for v in item["change"].environment] == [
        ("GONE", "removed"),
        ("KEPT", "same"),
        ("NEW", "added"),
        ("TURNED", "changed"),
    ]
    assert SECRET not in page.content.decode()


def test_version_compare__functions__are_added_and_removed(alice: Client) -> None:
    shop = make.two_versions()
    make.function(shop, "pay")
    catalog.delete_function(make.act(), shop.functions.get(name="checkout"))
    page = alice.get(PAGE, {"a": "2", "b": "LATEST"})
    assert states(page) == [("checkout", "removed"), ("pay", "added")]
    assert page.context["code_of"] == "checkout"
    shown = alice.get(PAGE, {"a": "2", "b": "LATEST", "function": "pay"})
    assert [file.state for file in shown.context["code"].files] == ["added"]


def test_version_compare__same_content__says_so(alice: Client) -> None:
    shop = make.two_versions()
    page = alice.get(PAGE, {"a": "2", "b": "LATEST"})
    assert (page.context["changes"], page.context["same"]) == ([], ["checkout"])
    first, second = page.context["sides"]
    assert first["fingerprint"] == second["fingerprint"]
    catalog.describe_service(make.act(), shop, description="new words")
    assert "The description of the service changed" in alice.get(PAGE).content.decode()


def test_version_compare__large_package__is_not_opened(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.two_versions()
    monkeypatch.setattr(code_diff, "MAX_PACKAGE", 10)
    page = alice.get(PAGE, {"a": "1", "b": "2"})
    assert page.context["code"] == code_diff.TOO_LARGE
    assert CodePackage.objects.filter(content__isnull=False).exists()


def test_version_compare__nothing_asked__compares_the_newest_with_latest(alice: Client) -> None:
    make.two_versions()
    assert [side["label"] for side in alice.get(PAGE).context["sides"]] == ["2", "LATEST"]


def test_version_compare__no_version__teaches_the_next_step(alice: Client) -> None:
    make.function(make.service())
    assert "Nothing to compare yet" in alice.get(PAGE).content.decode()
    assert alice.get(PAGE, {"a": "1", "b": "LATEST"}).status_code == 422


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ({"a": "1", "b": "1"}, "b", "Both are version 1: choose another one."),
        ({"a": "LATEST", "b": "LATEST"}, "b", "Both are LATEST: choose another one."),
        ({"a": "1", "b": "9"}, "b", "There is no such version"),
        ({"a": "01", "b": "2"}, "a", "There is no such version"),
        ({"a": "alias1", "b": "2"}, "a", "There is no such version"),
        ({"a": "\0", "b": "2"}, "a", "There is no such version"),
        ({"a": "9" * 40, "b": "2"}, "a", "There is no such version"),
        ({"a": "1"}, "b", "This field is required."),
    ],
)
def test_version_compare__bad_choice__is_an_error_at_its_field(
    alice: Client, query: dict[str, str], field: str, told: str
) -> None:
    make.alias(make.two_versions())
    page = alice.get(PAGE, query)
    assert page.status_code == 422
    assert told in page.context["form"].errors[field][0]
    assert "sides" not in page.context


def test_version_compare__deleted_version__cannot_be_chosen(alice: Client) -> None:
    shop = make.two_versions()
    versions.retire(make.act(), shop.versions.get(number=1))
    assert alice.get(PAGE, {"a": "1", "b": "2"}).status_code == 422


def test_version_compare__another_service__stays_out_of_reach(alice: Client) -> None:
    make.two_versions()
    other = make.service("other")
    make.function(other, "hidden", text="SECRET = 1\n" + make.HELLO)
    for number in range(3):
        make.deploy(other.functions.get(), make.HELLO + f"# {number}\n")
        make.version(other)
    assert alice.get(PAGE, {"a": "2", "b": "3"}).status_code == 422
    page = alice.get(PAGE, {"a": "1", "b": "2", "function": "hidden"})
    assert page.status_code == 404


@pytest.mark.parametrize("function", ["nobody", "\0", "x" * 500, "../shop"])
def test_version_compare__unknown_function__is_not_found(alice: Client, function: str) -> None:
    make.two_versions()
    assert alice.get(PAGE, {"a": "1", "b": "2", "function": function}).status_code == 404


def test_version_compare__many_functions__take_no_more_queries(
    alice: Client, django_assert_num_queries
) -> None:
    shop = make.two_versions()
    for number in range(8):
        make.function(shop, f"f{number}")
    # session, user, service, numbers; version shown; functions 2; LATEST 1; code 1 (added: one package)
    with django_assert_num_queries(10):
        assert len(alice.get(PAGE, {"a": "2", "b": "LATEST"}).context["changes"]) == 8
