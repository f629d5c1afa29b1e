"""Deploying C#: what the compiler says stands where the code was."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from invocations.engine.packages import pack
from releases.models import Function
from releases.operations import catalog
from releases.operations.catalog import Configuration
from tests import make

from .conftest import HTMX

CHECKOUT = [make.REGION, "shop", "checkout"]
CODE = reverse("function-code", args=CHECKOUT)
DEPLOY = reverse("function-deploy", args=CHECKOUT)
UPLOAD = reverse("function-upload", args=CHECKOUT)
CONFIGURATION = reverse("function-configuration", args=CHECKOUT)
GOOD = "namespace Shop { public class Orders { public string Handle(string text) { return text; } } }"
BAD = "namespace Shop {\n  class A { int a = b; int c = d; }\n}\n"


@pytest.fixture
def checkout() -> Function:
    return catalog.create_function(
        make.act(),
        make.service(),
        name="checkout",
        configuration=Configuration(runtime="dotnet", handler="Shop::Shop.Orders::Handle"),
        package=pack({"Orders.cs": GOOD.encode()}),
    )


def edit(text: str, base: str) -> dict[str, str]:
    return {"file": "Orders.cs", "text": text, "base_digest": base}


def test_function_code__csharp__opens_the_file_of_the_class(alice: Client, checkout: Function) -> None:
    page = alice.get(CODE)
    assert page.context["form"]["text"].value() == GOOD
    assert 'data-editor="csharp"' in page.content.decode()


def test_function_deploy__compiles__is_deployed(alice: Client, checkout: Function) -> None:
    response = alice.post(DEPLOY, edit(GOOD + "// new\n", checkout.code_id), headers=HTMX)

    assert response.status_code == 200
    assert Function.objects.get().code_id != checkout.code_id
    assert "Shop.dll" in response.content.decode()


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_function_deploy__does_not_compile__shows_each_message_with_its_place(
    alice: Client, checkout: Function, headers: dict[str, str]
) -> None:
    response = alice.post(DEPLOY, edit(BAD, checkout.code_id), headers=headers)

    assert response.status_code == 422
    text = response.content.decode()
    assert "Orders.cs(2,21): CS0103: The name `b&#x27; does not exist in the current context" in text
    assert "Orders.cs(2,32): CS0103: The name `d&#x27; does not exist in the current context" in text
    assert Function.objects.get().code_id == checkout.code_id


def test_function_upload__does_not_compile__says_where(alice: Client, checkout: Function) -> None:
    package = SimpleUploadedFile("code.zip", pack({"A.cs": BAD.encode()}))

    response = alice.post(UPLOAD, {"package": package, "base_digest": checkout.code_id})

    assert response.status_code == 422
    assert "A.cs(2,21): CS0103" in response.content.decode()


def test_function_configuration__cannot_be_built_for_the_handler__says_so(
    alice: Client, checkout: Function
) -> None:
    page = alice.get(CONFIGURATION)
    fields = page.context["form"].initial | {"handler": "index.handler"}

    response = alice.post(CONFIGURATION, {name: value for name, value in fields.items() if value is not None})

    assert response.status_code == 422
    assert "is not of the form Assembly::Namespace.Class::Method" in response.content.decode()
