from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.models import Function
from tests import make

PAGE = reverse("function-configuration", args=[make.REGION, "shop", "checkout"])
GOOD = {
    "runtime": "python3",
    "handler": "main.run",
    "memory_mb": "512",
    "timeout_s": "60",
    "initializer": "main.warm",
    "initialization_timeout_s": "30",
    "environment": "TOKEN=s3cret",
    "description": "Takes money",
}


def opened(browser: Client) -> dict[str, str]:
    """What the form carries that says which configuration it was opened on."""
    return {"base_digest": str(browser.get(PAGE).context["form"]["base_digest"].value())}


def test_function_configuration__saved__is_shown_again(alice: Client) -> None:
    make.function(make.service())
    assert alice.post(PAGE, GOOD | opened(alice))["Location"] == PAGE
    function = Function.objects.get()
    assert (function.handler, function.initializer, function.memory_mb) == ("main.run", "main.warm", 512)
    form = alice.get(PAGE).context["form"]
    assert {name: str(form[name].value()) for name in GOOD} == GOOD


def test_function_configuration__http_function__stays_one_and_says_so(alice: Client) -> None:
    shop = make.service()
    make.http_function(shop, "checkout")
    make.version(shop)
    assert alice.post(PAGE, GOOD | opened(alice) | {"type": "event"})["Location"] == PAGE
    assert Function.objects.get().type == "http"
    for query in ({}, {"qualifier": "1"}):
        assert "HTTP function" in alice.get(PAGE, query).content.decode()


@pytest.mark.parametrize(("field", "value"), [("timeout_s", "x"), ("environment", "A"), ("handler", " ")])
def test_function_configuration__bad_value__is_an_error_at_its_field(
    alice: Client, field: str, value: str
) -> None:
    make.function(make.service())
    response = alice.post(PAGE, GOOD | opened(alice) | {field: value})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert Function.objects.get().handler == "index.handler"


@pytest.mark.parametrize("qualifier", ["1", "alias1"])
def test_function_configuration__at_a_version__is_read_only_and_hides_values(
    alice: Client, qualifier: str
) -> None:
    shop = make.service()
    make.function(shop, environment={"TOKEN": "s3cret"})
    make.version(shop)
    make.alias(shop)
    assert "TOKEN=s3cret" in alice.get(PAGE).content.decode()
    text = alice.get(PAGE, {"qualifier": qualifier}).content.decode()
    assert "TOKEN=" in text
    assert "s3cret" not in text
    assert "Save configuration" not in text
    response = alice.post(f"{PAGE}?qualifier={qualifier}", GOOD)
    assert response.status_code == 409
    assert "A version cannot change" in response.content.decode()


def test_function_configuration__saved_by_another_meanwhile__is_told_and_overwrites_nothing(
    alice: Client,
) -> None:
    make.function(make.service())
    base = opened(alice)
    alice.post(PAGE, GOOD | base)
    response = alice.post(PAGE, GOOD | base | {"handler": "mine.run"})
    assert response.status_code == 409
    assert "saved by somebody else since you opened it" in response.content.decode()
    assert response.context["form"]["handler"].value() == "mine.run"
    assert Function.objects.get().handler == "main.run"


def test_function_configuration__deployed_meanwhile__is_no_obstacle(alice: Client) -> None:
    function = make.function(make.service())
    base = opened(alice)
    make.deploy(function, "y = 1")
    assert alice.post(PAGE, GOOD | base)["Location"] == PAGE


def test_function_configuration__without_its_base__is_refused_in_words(alice: Client) -> None:
    make.function(make.service())
    response = alice.post(PAGE, GOOD)
    assert response.status_code == 422
    assert "open it again" in response.content.decode()
