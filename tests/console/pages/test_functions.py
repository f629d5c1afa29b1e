from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from invocations.engine.packages import pack
from releases.models import Function, Trigger, VersionFunction
from tests import make

from .conftest import HTMX, browser

SHOP = [make.REGION, "shop"]
LIST = reverse("functions", args=SHOP)
CREATE = reverse("function-create", args=SHOP)
GOOD = {
    "name": "checkout",
    "type": "event",
    "runtime": "python3",
    "handler": "index.handler",
    "memory_mb": "256",
    "timeout_s": "20",
    "initialization_timeout_s": "5",
    "environment": "A=1\r\n\r\n B_2 =two = 2 ",
    "description": "Takes money",
}


def package(content: bytes) -> dict[str, Any]:
    return {"package": SimpleUploadedFile("code.zip", content, "application/zip")}


def test_functions__none__teaches_the_next_step(alice: Client) -> None:
    make.service()
    assert CREATE in alice.get(LIST).content.decode()


def test_functions__at_a_version__are_as_it_has_them(alice: Client) -> None:
    shop = make.two_versions()
    make.function(shop, "later")
    assert [row.name for row in alice.get(LIST).context["page"]] == ["checkout", "later"]
    page = alice.get(LIST, {"version": "1"})
    assert [row.name for row in page.context["page"]] == ["checkout"]
    assert isinstance(page.context["page"][0], VersionFunction)
    text = page.content.decode()
    assert reverse("function-code", args=[*SHOP, "checkout"]) + "?qualifier=1" in text
    assert "A version cannot change" in text
    assert CREATE not in text


def test_functions__drop_down__offers_every_version_and_latest(alice: Client) -> None:
    make.two_versions()
    text = alice.get(LIST, {"version": "2"}).content.decode()
    for link in (LIST, f"{LIST}?version=1", f"{LIST}?version=2"):
        assert f'href="{link}"' in text


@pytest.mark.parametrize("version", ["3", "x y", "\0"])
def test_functions__unknown_version__is_not_found(alice: Client, version: str) -> None:
    make.two_versions()
    assert alice.get(LIST, {"version": version}).status_code == 404


def test_function_list__search__keeps_the_version(alice: Client) -> None:
    make.function(make.two_versions(), "check-later")
    url = reverse("function-list", args=SHOP)
    response = alice.get(url, {"q": "CHECK", "version": "1"}, headers=HTMX)
    assert [row.name for row in response.context["page"]] == ["checkout"]
    assert response["HX-Replace-Url"] == f"{LIST}?q=CHECK&version=1"


def test_functions__many__take_no_more_queries(alice: Client, django_assert_num_queries) -> None:
    shop = make.service()
    for number in range(8):
        make.function(shop, f"f{number}")
    with django_assert_num_queries(7):  # session, user, service, roles, count, rows, versions
        alice.get(LIST)


def test_function_create__without_package__begins_with_the_sample(alice: Client) -> None:
    make.service()
    response = alice.post(CREATE, GOOD | {"handler": "pkg/main.run"})
    assert response["Location"] == reverse("function-code", args=[*SHOP, "checkout"])
    function = Function.objects.get()
    assert (function.memory_mb, function.timeout_s, function.initialization_timeout_s) == (256, 20, 5)
    assert function.environment == {"A": "1", "B_2": "two = 2 "}
    sample = make.files(bytes(function.code.content or b""))["pkg/main.py"]
    assert "def run(event, context):" in sample
    assert "context.service" in sample


def test_function_create__package__is_its_code(alice: Client) -> None:
    make.service()
    content = pack({"index.py": b"def handler(e, c): return e\n"})
    assert alice.post(CREATE, GOOD | package(content)).status_code == 302
    assert bytes(Function.objects.get().code.content or b"") == content


HTTP = GOOD | {"name": "storefront", "type": "http"}
TRIGGER = {"with_trigger": "on", "auth": "anonymous", "methods": ["POST", "GET"]}


def test_function_create__http_with_a_trigger__answers_at_latest(alice: Client) -> None:
    make.service()
    response = alice.post(CREATE, HTTP | TRIGGER)
    assert response["Location"] == reverse("function-code", args=[*SHOP, "storefront"])
    function = Function.objects.get()
    assert function.type == "http"
    (trigger,) = function.triggers.all()
    assert (trigger.name, trigger.qualifier) == ("http", "LATEST")
    assert trigger.config == {"authType": "anonymous", "methods": ["GET", "POST"]}
    assert "start_response" in make.files(bytes(function.code.content or b""))["index.py"]


def test_function_create__http_without_a_trigger__has_none(alice: Client) -> None:
    make.service()
    assert alice.post(CREATE, HTTP).status_code == 302
    assert not Trigger.objects.exists()


def test_function_create__event__makes_no_trigger(alice: Client) -> None:
    make.service()
    assert alice.post(CREATE, GOOD | TRIGGER).status_code == 302
    assert Function.objects.get().type == "event"
    assert not Trigger.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("auth", ""), ("auth", "jwt"), ("methods", []), ("methods", ["BREW"]), ("methods", ["get"])],
)
def test_function_create__bad_trigger__is_an_error_at_its_field(
    alice: Client, field: str, value: object
) -> None:
    make.service()
    response = alice.post(CREATE, HTTP | TRIGGER | {field: value})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert not Function.objects.exists()


def test_function_create__http_name_taken__is_a_conflict_in_place(alice: Client) -> None:
    make.http_function(make.service())
    response = alice.post(CREATE, HTTP | TRIGGER)
    assert response.status_code == 409
    assert "already exists" in str(response.context["form"].errors["name"])
    assert not Trigger.objects.exists()


def test_functions__at_latest_and_at_a_version__show_the_type(alice: Client) -> None:
    shop = make.service()
    make.http_function(shop)
    make.version(shop)
    for query in ({}, {"version": "1"}):
        assert '<td data-label="Type">HTTP</td>' in alice.get(LIST, query).content.decode()


def test_function_delete__with_a_trigger__is_refused(alice: Client) -> None:
    make.trigger(make.http_function(make.service()), "http")
    response = alice.post(reverse("function-delete", args=[*SHOP, "storefront"]))
    assert response.status_code == 409
    assert "has active triggers" in response.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("type", ""),
        ("type", "timer"),
        ("name", ""),
        ("name", "1st"),
        ("name", "x" * 65),
        ("name", "a\0b"),
        ("runtime", "cobol"),
        ("handler", ""),
        ("handler", "x" * 129),
        ("handler", "index"),
        ("handler", "in-dex.handler"),
        ("handler", "index.class"),
        ("handler", "../index.handler"),
        ("memory_mb", "100"),
        ("memory_mb", "lots"),
        ("timeout_s", "0"),
        ("timeout_s", "601"),
        ("timeout_s", "1_0"),
        ("timeout_s", "5.0"),
        ("timeout_s", "-1"),
        ("timeout_s", "9" * 5000),
        ("initialization_timeout_s", "301"),
        ("initializer", "x" * 129),
        ("environment", "no equals sign"),
        ("environment", "1A=x"),
        ("environment", "FC_X=1"),
        ("environment", "A=1\nA=2"),
        ("environment", "A="),
        ("environment", "A=" + "x" * 5000),
        ("environment", "A=\x1b[31m"),
        ("environment", "A=\0"),
        ("description", "x" * 257),
    ],
)
def test_function_create__bad_value__is_an_error_at_its_field(alice: Client, field: str, value: str) -> None:
    make.service()
    response = alice.post(CREATE, GOOD | {field: value})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert not Function.objects.exists()


def test_function_create__bad_environment__never_repeats_the_value(alice: Client) -> None:
    make.service()
    response = alice.post(CREATE, GOOD | {"environment": "KEY=s3cret\nKEY=s3cret"})
    assert "s3cret" not in str(response.context["form"].errors)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not a zip", "not a zip"),
        (b"", "empty"),
        (pack({"../evil.py": b""}), "leaves its folder"),
    ],
)
def test_function_create__bad_package__is_an_error_at_its_field(
    alice: Client, content: bytes, reason: str
) -> None:
    make.service()
    response = alice.post(CREATE, GOOD | package(content))
    assert response.status_code == 422
    assert reason in str(response.context["form"].errors["package"])
    assert not Function.objects.exists()


def test_function_create__package_over_the_limit__is_an_error_at_its_field(
    alice: Client, settings: Settings
) -> None:
    settings.CODE_LIMIT = 100_000
    make.service()
    response = alice.post(CREATE, GOOD | package(b"x" * 3_000_000))
    assert response.status_code == 422
    assert "too large" in str(response.context["form"].errors["package"])


def test_function_create__name_taken__is_a_conflict_in_place(alice: Client) -> None:
    make.function(make.service())
    response = alice.post(CREATE, GOOD)
    assert response.status_code == 409
    assert "already exists" in str(response.context["form"].errors["name"])
    assert response.context["form"]["environment"].value() == GOOD["environment"]


@pytest.mark.parametrize("name", ["function-create", "function-upload"])
def test_upload__without_csrf_token__is_forbidden(db: None, name: str) -> None:
    make.function(make.service())
    client = browser()
    client.handler.enforce_csrf_checks = True
    client.force_login(make.user())
    args = SHOP if name == "function-create" else [*SHOP, "checkout"]
    assert client.post(reverse(name, args=args), GOOD | package(make.code())).status_code == 403


def test_function_delete__in_a_version__stays_there(alice: Client) -> None:
    make.two_versions()
    url = reverse("function-delete", args=[*SHOP, "checkout"])
    assert alice.post(url)["Location"] == LIST
    assert alice.post(url).status_code == 404
    page = alice.get(reverse("function-code", args=[*SHOP, "checkout"]), {"qualifier": "1"})
    assert page.status_code == 200
    assert page.context["has_latest"] is False
