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


def test_function_configuration__saved__is_shown_again(alice: Client) -> None:
    make.function(make.service())
    assert alice.post(PAGE, GOOD)["Location"] == PAGE
    function = Function.objects.get()
    assert (function.handler, function.initializer, function.memory_mb) == ("main.run", "main.warm", 512)
    form = alice.get(PAGE).context["form"]
    assert {name: str(form[name].value()) for name in GOOD} == GOOD


@pytest.mark.parametrize(("field", "value"), [("timeout_s", "x"), ("environment", "A"), ("handler", " ")])
def test_function_configuration__bad_value__is_an_error_at_its_field(
    alice: Client, field: str, value: str
) -> None:
    make.function(make.service())
    response = alice.post(PAGE, GOOD | {field: value})
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
