from __future__ import annotations

import pytest

from releases.core.triggers import METHODS, Auth, BadTrigger, HttpTrigger, http_config, parse_http


def test_parse_http__methods_in_any_order_and_twice__come_out_in_one_order() -> None:
    trigger = parse_http({"authType": "anonymous", "methods": ["POST", "GET", "POST"]})
    assert trigger == HttpTrigger(("GET", "POST"), Auth.ANONYMOUS)


def test_parse_http__unknown_members__are_passed_over() -> None:
    trigger = parse_http({"authType": "function", "methods": ["GET"], "disableURLInternet": False, "x": None})
    assert trigger == HttpTrigger(("GET",), Auth.FUNCTION)


@pytest.mark.parametrize(
    ("config", "field"),
    [
        (None, "triggerConfig"),
        ("{}", "triggerConfig"),
        ([], "triggerConfig"),
        ({}, "methods"),
        ({"authType": "anonymous", "methods": []}, "methods"),
        ({"authType": "anonymous", "methods": "GET"}, "methods"),
        ({"authType": "anonymous", "methods": ["GET", "get"]}, "methods"),
        ({"authType": "anonymous", "methods": ["TRACE"]}, "methods"),
        ({"authType": "anonymous", "methods": [None]}, "methods"),
        ({"authType": "anonymous", "methods": [["GET"]]}, "methods"),
        ({"methods": ["GET"]}, "authType"),
        ({"authType": "jwt", "methods": ["GET"]}, "authType"),
        ({"authType": ["anonymous"], "methods": ["GET"]}, "authType"),
        ({"authType": None, "methods": ["GET"]}, "authType"),
    ],
)
def test_parse_http__what_says_no_trigger__is_refused_by_field(config: object, field: str) -> None:
    with pytest.raises(BadTrigger) as refusal:
        parse_http(config)
    assert refusal.value.field == field
    assert refusal.value.text.endswith(".")


def test_parse_http__method_of_any_length__is_repeated_in_part_only() -> None:
    with pytest.raises(BadTrigger) as refusal:
        parse_http({"authType": "anonymous", "methods": ["X" * 100_000]})
    assert len(refusal.value.text) < 200


@pytest.mark.parametrize("auth", Auth)
def test_http_config__of_any_trigger__is_read_back(auth: Auth) -> None:
    trigger = HttpTrigger(METHODS, auth)
    assert parse_http(http_config(trigger)) == trigger
