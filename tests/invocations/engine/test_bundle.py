from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from invocations.engine.bundle import Bundle

GIVEN: dict[str, Any] = {
    "account_id": "1001",
    "region": "local",
    "service": "shop",
    "function": "greet",
    "version": "1",
    "runtime": "python3",
    "handler": "index.handler",
    "code_digest": "ab" * 32,
}
CHANGES = {
    "account_id": "2",
    "region": "other",
    "service": "other",
    "function": "other",
    "version": "2",
    "runtime": "nodejs",
    "type": "http",
    "handler": "index.other",
    "initializer": "index.init",
    "memory_mb": 256,
    "timeout_s": 9,
    "initialization_timeout_s": 9,
    "environment": (("COLOUR", "red"),),
    "code_digest": "cd" * 32,
    "code_checksum": "1",
    "log_project": "logs",
    "log_store": "store",
}


def test_bundle__every_field__is_part_of_the_identity() -> None:
    fields = {field.name for field in dataclasses.fields(Bundle) if field.init}
    assert fields == set(CHANGES)
    identities = {Bundle(**(GIVEN | {name: value})).identity for name, value in CHANGES.items()}
    assert len(identities | {Bundle(**GIVEN).identity}) == len(CHANGES) + 1


def test_bundle__equal_fields__have_one_identity() -> None:
    assert Bundle(**GIVEN) == Bundle(**GIVEN)
    assert Bundle(**GIVEN).identity == Bundle(**GIVEN).identity


@pytest.mark.parametrize(("change", "same"), [({"version": "2"}, True), ({"function": "other"}, False)])
def test_bundle__function_key__leaves_the_version_out(change: dict[str, str], same: bool) -> None:
    assert (Bundle(**GIVEN).function_key == Bundle(**(GIVEN | change)).function_key) is same


def test_bundle__environment_value_that_is_no_utf_8__has_an_identity() -> None:
    assert Bundle(**(GIVEN | {"environment": (("A", "\ud800"),)})).identity
