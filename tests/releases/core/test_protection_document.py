from __future__ import annotations

import json

import pytest
from hypothesis import given

from releases.core.protection_document import BadProtection, document, parse
from releases.core.protections import Protection

from .test_protections import PROTECTIONS


@given(PROTECTIONS)
def test_document__any_protection__read_back_equal_even_through_json(protection: Protection) -> None:
    assert parse(json.loads(json.dumps(document(protection)))) == protection


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("when", "any"),
        ("when", ["sometimes"]),
        ("when", [[]]),
        ("approvals", 11),
        ("approvals", -1),
        ("approvals", "2"),
        ("approvals", True),
        ("weightAboveBp", 10_001),
        ("groups", [""]),
        ("groups", ["a\nb"]),
        ("groups", ["x"] * 21),
        ("barred", ["everybody"]),
        ("expiryHours", 0),
        ("expiryHours", 10**9),
        ("evidence", ["hope"]),
        ("windows", [[{"days": [], "start": "09:00", "end": "17:00", "zone": "UTC"}]]),
        ("windows", [[{"days": [7], "start": "09:00", "end": "17:00", "zone": "UTC"}]]),
        ("windows", [[{"days": [1], "start": "17:00", "end": "09:00", "zone": "UTC"}]]),
        ("windows", [[{"days": [1], "start": "09:00", "end": "17:00", "zone": "Mars/Crater"}]]),
        ("windows", [[{"days": [1], "start": "nine", "end": "17:00", "zone": "UTC"}]]),
        ("windows", [["always"]]),
        ("freezes", [{"start": "2026-12-24", "end": "2026-12-27", "reason": "no zone"}]),
        ("freezes", [{"start": "2026-12-27T00:00Z", "end": "2026-12-24T00:00Z", "reason": "backwards"}]),
        ("freezes", [{"start": "2026-12-24T00:00Z", "end": "2026-12-27T00:00Z", "reason": ""}]),
        ("ratifyHours", 25),
        ("revert", "yes"),
        ("colour", "red"),
    ],
)
def test_parse__each_member_badly_filled__refused_in_a_sentence(member: str, value: object) -> None:
    with pytest.raises(BadProtection) as refusal:
        parse({member: value})
    assert refusal.value.text
