"""A protection as one JSON document with one parser, like a policy: `parse` reads what `document` prints."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import available_timezones

from .protections import (
    MAX_APPROVALS,
    MAX_EXPIRY_DAYS,
    MAX_GROUPS,
    MAX_RATIFY_HOURS,
    MAX_TEXT,
    MAX_WINDOWS,
    NONE,
    Barred,
    Evidence,
    Freeze,
    Protection,
    When,
    Window,
)


class BadProtection(ValueError):
    """A protection that cannot be taken. `field` is the member, the text a sentence."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


def digest(protection: Protection | None) -> str:
    """Which protection a form was opened on; empty for none."""
    if protection is None:
        return ""
    return hashlib.sha256(json.dumps(document(protection), sort_keys=True).encode()).hexdigest()


def basis(before: Protection, after: Protection) -> str:
    """What a change of the protection is bound to: what is in force, and what would be."""
    return f"{digest(before)}{digest(after)}"


def document(protection: Protection) -> dict[str, Any]:
    """Print `protection` as JSON that `parse` reads back to an equal one."""
    return {
        "when": sorted(protection.when),
        "weightAboveBp": protection.weight_above_bp,
        "weightRisesBp": protection.weight_rises_bp,
        "approvals": protection.approvals,
        "groups": list(protection.groups),
        "barred": sorted(protection.barred),
        "expiryHours": int(protection.expiry / timedelta(hours=1)),
        "evidence": sorted(protection.evidence),
        "windows": [[_window_document(window) for window in windows] for windows in protection.windows],
        "freezes": [
            {
                "start": freeze.start.astimezone(UTC).isoformat(),
                "end": freeze.end.astimezone(UTC).isoformat(),
                "reason": freeze.reason,
            }
            for freeze in protection.freezes
        ],
        "ratifyHours": int(protection.ratify / timedelta(hours=1)),
        "revert": protection.revert,
    }


def parse(value: object) -> Protection:
    """Read a document; a missing member has its default. Raises `BadProtection`."""
    if not isinstance(value, Mapping):
        raise BadProtection("when", "a protection is an object")
    unknown = set(value) - set(document(NONE))
    if unknown:
        raise BadProtection("when", f"a protection has no member {min(map(str, unknown))!r}")
    return Protection(
        when=frozenset(_chosen("when", When, value.get("when", []))),
        weight_above_bp=_whole("weightAboveBp", value.get("weightAboveBp", 0), 0, 10_000),
        weight_rises_bp=_whole("weightRisesBp", value.get("weightRisesBp", 0), 0, 10_000),
        approvals=_whole("approvals", value.get("approvals", 1), 0, MAX_APPROVALS),
        groups=_groups(value.get("groups", [])),
        barred=frozenset(_chosen("barred", Barred, value.get("barred", [Barred.AUTHOR]))),
        expiry=timedelta(hours=_whole("expiryHours", value.get("expiryHours", 336), 1, 24 * MAX_EXPIRY_DAYS)),
        evidence=frozenset(_chosen("evidence", Evidence, value.get("evidence", []))),
        windows=tuple(
            tuple(_window(window) for window in _list("windows", windows))
            for windows in _list("windows", value.get("windows", []))
        ),
        freezes=tuple(_freeze(freeze) for freeze in _list("freezes", value.get("freezes", []))),
        ratify=timedelta(hours=_whole("ratifyHours", value.get("ratifyHours", 24), 1, MAX_RATIFY_HOURS)),
        revert=_flag("revert", value.get("revert", False)),
    )


def _list(field: str, value: object) -> Sequence[Any]:
    if not isinstance(value, list | tuple):
        raise BadProtection(field, f"{field} must be a list")
    if len(value) > MAX_WINDOWS:
        raise BadProtection(field, f"{field} has {len(value)} entries (allowed: at most {MAX_WINDOWS})")
    return value


def _chosen(field: str, kind: type[StrEnum], value: object) -> list[Any]:
    try:
        return [kind(str(each)) for each in _list(field, value)]
    except ValueError:
        raise BadProtection(field, f"{field} holds only: {', '.join(kind)}") from None


def _whole(field: str, value: object, lowest: int, highest: int) -> int:
    if type(value) is not int or not lowest <= value <= highest:
        raise BadProtection(field, f"{field} must be a whole number from {lowest:,} to {highest:,}")
    return value


def _flag(field: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise BadProtection(field, f"{field} must be true or false")
    return value


def _text(field: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT or not value.isprintable():
        raise BadProtection(field, f"{field} needs a text of 1 to {MAX_TEXT} characters")
    return value


def _groups(value: object) -> tuple[str, ...]:
    groups = tuple(dict.fromkeys(_text("groups", name) for name in _list("groups", value)))
    if len(groups) > MAX_GROUPS:
        raise BadProtection("groups", f"at most {MAX_GROUPS} groups can be asked")
    return groups


def _window_document(window: Window) -> dict[str, Any]:
    return {
        "days": list(window.days),
        "start": window.start.isoformat("minutes"),
        "end": window.end.isoformat("minutes"),
        "zone": window.zone,
    }


def _window(value: object) -> Window:
    if not isinstance(value, Mapping):
        raise BadProtection("windows", "a window has days, start, end and zone")
    days = tuple(sorted({_whole("windows", day, 0, 6) for day in _list("windows", value.get("days"))}))
    if not days:
        raise BadProtection("windows", "a window needs at least one day")
    start, end = _clock(value.get("start")), _clock(value.get("end"))
    if start >= end:
        raise BadProtection("windows", "a window must end after it starts, on the same day")
    zone = value.get("zone")
    if not isinstance(zone, str) or zone not in available_timezones():
        raise BadProtection("windows", "a window needs the name of a time zone, such as Asia/Shanghai")
    return Window(days, start, end, zone)


def _clock(value: object) -> time:
    try:
        clock = time.fromisoformat(str(value))
    except ValueError:
        raise BadProtection("windows", "a time of day is written like 09:30") from None
    if clock.tzinfo is not None or clock.second or clock.microsecond:
        raise BadProtection("windows", "a time of day is written like 09:30")
    return clock


def _freeze(value: object) -> Freeze:
    if not isinstance(value, Mapping):
        raise BadProtection("freezes", "a freeze has start, end and reason")
    start, end = _moment(value.get("start")), _moment(value.get("end"))
    if start >= end:
        raise BadProtection("freezes", "a freeze must end after it starts")
    return Freeze(start, end, _text("freezes", value.get("reason")))


def _moment(value: object) -> datetime:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        raise BadProtection("freezes", "a moment is written like 2026-12-24T18:00+08:00") from None
    if moment.tzinfo is None:
        raise BadProtection("freezes", "a moment needs its time zone, such as +08:00")
    return moment
