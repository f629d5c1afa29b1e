"""Somebody deletes a service or function between the look that a page takes and its change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from console.pages import function_configuration, function_triggers, functions, services, versions
from releases.models import Function, Service
from releases.operations import catalog
from tests import make

SHOP = [make.REGION, "shop"]
CHECKOUT = [*SHOP, "checkout"]


def deleting_after(look: Callable[..., Any]) -> Callable[..., Any]:
    """The look, and after it somebody else's deletion of all that it found."""

    def looked(*arguments: Any) -> Any:
        found = look(*arguments)
        for function in Function.objects.all():
            catalog.delete_function(make.act(), function)
        for service in Service.objects.all():
            catalog.delete_service(make.act(), service)
        return found

    return looked


CONFIGURATION = {
    "runtime": "python3",
    "handler": "index.handler",
    "memory_mb": "128",
    "timeout_s": "10",
    "initialization_timeout_s": "10",
}
CASES = [
    (services, "service_for", "service-edit", SHOP, {"description": "late"}),
    (services, "service_for", "service-delete", SHOP, {}),
    (versions, "service_for", "version-publish", SHOP, {}),
    (functions, "service_for", "function-create", SHOP, CONFIGURATION | {"name": "late", "type": "event"}),
    (functions, "function_for", "function-delete", CHECKOUT, {}),
    (
        function_triggers,
        "function_for",
        "function-trigger-create",
        CHECKOUT,
        {"name": "late", "qualifier": "LATEST", "auth": "function", "methods": ["GET"]},
    ),
    (
        function_configuration,
        "function_for",
        "function-configuration",
        CHECKOUT,
        CONFIGURATION | {"base_digest": "0" * 64},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[2])
def test_change__of_what_was_deleted_meanwhile__is_a_refusal_that_says_so(
    alice: Client, monkeypatch: pytest.MonkeyPatch, case: tuple[Any, ...]
) -> None:
    module, look, name, args, data = case
    make.http_function(make.service(), "checkout")
    monkeypatch.setattr(module, look, deleting_after(getattr(module, look)))
    response = alice.post(reverse(name, args=args), data)
    assert response.status_code == 409
    assert "was deleted meanwhile" in response.content.decode()
