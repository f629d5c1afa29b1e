from __future__ import annotations

import json

import pytest

from console.fc import refusals


@pytest.mark.parametrize(
    ("refusal", "status", "code", "message"),
    [
        (
            refusals.version_not_found("shop", "7"),
            404,
            "VersionNotFound",
            "version '7' of service 'shop' does not exist",
        ),
        (
            refusals.missing_header("Date"),
            400,
            "MissingRequiredHeader",
            "required HTTP header Date was not specified",
        ),
        (
            refusals.not_your_resource(),
            403,
            "AccessDenied",
            "The service or function doesn't belong to you.",
        ),
        (
            refusals.path_not_supported("GET", "/x"),
            400,
            "PathNotSupported",
            "'GET' against '/x' is not supported",
        ),
        (
            refusals.entity_too_large(32),
            400,
            "EntityTooLarge",
            "payload size exceeds maximum allowed size (32 bytes)",
        ),
    ],
)
def test_refusal__body__is_what_clients_parse(
    refusal: refusals.FcRefusal, status: int, code: str, message: str
) -> None:
    assert refusal.status == status
    assert json.loads(refusal.body()) == {"ErrorCode": code, "ErrorMessage": message}
