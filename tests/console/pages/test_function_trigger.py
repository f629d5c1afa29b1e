"""The form that creates a trigger and the one that edits it."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.models import Trigger
from releases.operations import aliases
from tests import make

STOREFRONT = [make.REGION, "shop", "storefront"]
PAGE = reverse("function-triggers", args=STOREFRONT)
CREATE = reverse("function-trigger-create", args=STOREFRONT)
EDIT = reverse("function-trigger-edit", args=[*STOREFRONT, "http"])
GOOD = {"name": "open", "qualifier": "alias1", "auth": "anonymous", "methods": ["POST", "GET"]}


def test_trigger_create__opened__offers_where_the_function_is(alice: Client) -> None:
    shop = make.storefront()
    form = alice.get(CREATE).context["form"]
    assert [value for value, _ in form.fields["qualifier"].choices] == ["", "LATEST", "1", "alias1"]
    assert form["auth"].value() == "function"
    make.http_function(shop, "late")
    late = alice.get(reverse("function-trigger-create", args=[*STOREFRONT[:2], "late"]))
    assert [value for value, _ in late.context["form"].fields["qualifier"].choices] == ["", "LATEST"]


@pytest.mark.parametrize("qualifier", ["LATEST", "1", "alias1"])
def test_trigger_create__good__is_made_as_it_says(alice: Client, qualifier: str) -> None:
    make.storefront()
    assert alice.post(CREATE, GOOD | {"qualifier": qualifier})["Location"] == PAGE
    trigger = Trigger.objects.get()
    assert (trigger.name, trigger.qualifier) == ("open", qualifier)
    assert trigger.config == {"authType": "anonymous", "methods": ["GET", "POST"]}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "1st"),
        ("name", "x" * 129),
        ("name", "a\0b"),
        ("qualifier", ""),
        ("qualifier", "2"),
        ("qualifier", "nobody"),
        ("qualifier", "\0"),
        ("auth", ""),
        ("auth", "jwt"),
        ("methods", []),
        ("methods", ["get"]),
        ("methods", ["GET", "BREW"]),
        ("description", "x" * 257),
        ("description", "\x1b"),
    ],
)
def test_trigger_create__bad_value__is_an_error_at_its_field(
    alice: Client, field: str, value: object
) -> None:
    make.storefront()
    response = alice.post(CREATE, GOOD | {field: value})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {field}
    assert not Trigger.objects.exists()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"qualifier": "1"}, "&#x27;open&#x27; already exists"),
        ({"name": "other"}, "has trigger &#x27;open&#x27; at alias1 already"),
    ],
)
def test_trigger_create__taken__is_a_conflict_in_place(
    alice: Client, changed: dict[str, str], reason: str
) -> None:
    make.storefront()
    alice.post(CREATE, GOOD)
    response = alice.post(CREATE, GOOD | changed)
    assert response.status_code == 409
    assert reason in response.content.decode()
    assert response.context["form"]["auth"].value() == "anonymous"
    assert Trigger.objects.count() == 1


def test_trigger_edit__opened__is_as_it_is(alice: Client) -> None:
    make.trigger(make.storefront().functions.get(), "http", qualifier="alias1", methods=("PUT", "HEAD"))
    form = alice.get(EDIT).context["form"]
    assert (form["qualifier"].value(), form["auth"].value()) == ("alias1", "anonymous")
    assert form["methods"].value() == ["PUT", "HEAD"]


def test_trigger_edit__saved__is_changed_and_keeps_its_name(alice: Client) -> None:
    make.trigger(make.storefront().functions.get(), "http")
    assert alice.post(EDIT, GOOD | {"name": "renamed", "description": "For all"})["Location"] == PAGE
    trigger = Trigger.objects.get()
    assert (trigger.name, trigger.qualifier, trigger.description) == ("http", "alias1", "For all")
    assert trigger.config["authType"] == "anonymous"


def test_trigger_edit__bad_value__is_an_error_and_changes_nothing(alice: Client) -> None:
    make.trigger(make.storefront().functions.get(), "http")
    response = alice.post(EDIT, GOOD | {"methods": []})
    assert response.status_code == 422
    assert "Choose at least one method." in response.content.decode()
    assert Trigger.objects.get().qualifier == "LATEST"


def test_trigger_edit__qualifier_taken__is_a_conflict_in_place(alice: Client) -> None:
    function = make.storefront().functions.get()
    make.trigger(function, "http")
    make.trigger(function, "other", qualifier="alias1")
    response = alice.post(EDIT, GOOD)
    assert response.status_code == 409
    assert "has trigger &#x27;other&#x27; at alias1 already" in response.content.decode()


def test_trigger_edit__its_alias_is_gone__asks_for_another(alice: Client) -> None:
    shop = make.storefront()
    make.trigger(shop.functions.get(), "http", qualifier="alias1")
    aliases.delete_alias(make.act(), shop.aliases.get())
    assert " selected" not in str(alice.get(EDIT).context["form"]["qualifier"])
    response = alice.post(EDIT, GOOD)
    assert response.context["form"].errors.keys() == {"qualifier"}
