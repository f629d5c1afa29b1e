"""Protections: what an alias demands before its traffic changes.

Of two, `stricter` makes the one that demands all that either does. As JSON: `protection_document`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from .policies import Policy
from .rules import Rules

MAX_APPROVALS: Final = 10
MAX_GROUPS: Final = 10
MAX_WINDOWS: Final = 20
MAX_EXPIRY_DAYS: Final = 90
MAX_RATIFY_HOURS: Final = 24
MAX_TEXT: Final = 128
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class When(StrEnum):
    """What a change must do for the protection to apply."""

    ANY = "any"
    PRIMARY = "primary"
    WEIGHT_ABOVE = "weight_above"
    WEIGHT_RISES = "weight_rises"
    RULES = "rules"
    DELETE = "delete"


class Barred(StrEnum):
    """Who may not approve, whatever his roles."""

    AUTHOR = "author"
    CONTRIBUTORS = "contributors"
    PUBLISHER = "publisher"


class Evidence(StrEnum):
    TEST_RUN = "test_run"
    LINT = "lint"


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of some week days in which changes may be applied; `days` counts Monday as 0."""

    days: tuple[int, ...]
    start: time
    end: time
    zone: str

    def is_open(self, at: datetime) -> bool:
        local = at.astimezone(ZoneInfo(self.zone))
        return local.weekday() in self.days and self.start <= local.time().replace(tzinfo=None) < self.end

    def __str__(self) -> str:
        return f"{_days(self.days)} {self.start:%H:%M}-{self.end:%H:%M} {self.zone}"


def _days(days: tuple[int, ...]) -> str:
    """ "Monday to Friday", "Monday, Friday"."""
    if len(days) > 2 and days == tuple(range(days[0], days[-1] + 1)):
        return f"{DAYS[days[0]]} to {DAYS[days[-1]]}"
    return ", ".join(DAYS[day] for day in days)


@dataclass(frozen=True, slots=True)
class Freeze:
    """A time in which nothing may be applied, and why."""

    start: datetime
    end: datetime
    reason: str

    def holds(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def told_in(self, zone: tzinfo) -> Freeze:
        return replace(self, start=_told_in(self.start, zone), end=_told_in(self.end, zone))


def _told_in(at: datetime, zone: tzinfo) -> datetime:
    """The same moment, by the offset and name that the zone has then: of two moments in one zone, Python does
    not tell those apart that clocks show twice.
    """
    local = at.astimezone(zone)
    return local.astimezone(timezone(local.utcoffset() or timedelta(0), f"{local:%Z}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """`windows` are sets, each of which must have one that is open; without any, every time will do.

    Weights are in basis points. `expiry` counts from the request's creation; a break-glass change must be
    ratified within `ratify`, or is reverted if `revert` says so.
    """

    when: frozenset[When] = frozenset()
    weight_above_bp: int = 0
    weight_rises_bp: int = 0
    approvals: int = 1
    groups: tuple[str, ...] = ()
    barred: frozenset[Barred] = frozenset({Barred.AUTHOR})
    expiry: timedelta = timedelta(days=14)
    evidence: frozenset[Evidence] = frozenset()
    windows: tuple[tuple[Window, ...], ...] = ()
    freezes: tuple[Freeze, ...] = ()
    ratify: timedelta = timedelta(hours=24)
    revert: bool = False

    def told_in(self, zone: tzinfo) -> Protection:
        """The same, with its freezes told in this zone."""
        return replace(self, freezes=tuple(freeze.told_in(zone) for freeze in self.freezes))

    def closed(self, at: datetime) -> str:
        """Why nothing may be applied now; empty when it may."""
        for freeze in self.freezes:
            if freeze.holds(at):
                return f"frozen until {freeze.end:%Y-%m-%d %H:%M %Z}: {freeze.reason}"
        for windows in self.windows:
            if not any(window.is_open(at) for window in windows):
                return f"outside its time windows ({'; '.join(map(str, windows))})"
        return ""

    def turns(self, at: datetime) -> datetime | None:
        """When it opens next, if it is closed now, and closes next, if it is open; None where it does not
        within about a week, or a week after a freeze.
        """
        is_open = not self.closed(at)
        edges = {edge for edge in self._edges(at) if edge > at}
        return next((edge for edge in sorted(edges) if (not self.closed(edge)) != is_open), None)

    def _edges(self, at: datetime) -> Iterator[datetime]:
        ends = [freeze.end for freeze in self.freezes if freeze.end > at]
        yield from ends
        yield from (freeze.start for freeze in self.freezes)
        for window in (window for windows in self.windows for window in windows):
            zone = ZoneInfo(window.zone)
            for first in (at, *ends):
                today = first.astimezone(zone).date()
                for day in (today + timedelta(days=days) for days in range(9)):
                    yield datetime.combine(day, window.start, zone)
                    yield datetime.combine(day, window.end, zone)


NONE: Final = Protection()
"""The protection of an alias that nobody protected: it never applies."""


def applies(protection: Protection, old: Policy, new: Policy | None) -> list[str]:
    """Why a change from `old` to `new` (None: the alias is deleted) needs approval; empty when it does
    not.

    Deletion always does where anything does: an alias that is made anew under the name has nothing to lose.
    """
    when = protection.when
    if new is None:
        return ["the alias is deleted"] if when else []
    if new == old:
        return []
    found = ["every change needs approval"] if When.ANY in when else []
    if When.PRIMARY in when and new.primary != old.primary:
        found.append("the primary version changes")
    before, after = _weight_bp(old), _weight_bp(new)
    if When.WEIGHT_ABOVE in when and after > before and after > protection.weight_above_bp:
        found.append(f"the canary's weight rises above {protection.weight_above_bp / 100:g}%")
    if When.WEIGHT_RISES in when and after - before > protection.weight_rises_bp:
        found.append(f"the canary's weight rises by more than {protection.weight_rises_bp / 100:g} points")
    if When.RULES in when and _rules(old) != _rules(new):
        found.append("the rules change")
    return found


def stricter(one: Protection, other: Protection) -> Protection:
    """Demands whatever either demands."""
    return Protection(
        when=one.when | other.when,
        weight_above_bp=_lower(one, other, When.WEIGHT_ABOVE),
        weight_rises_bp=_lower(one, other, When.WEIGHT_RISES),
        approvals=max(one.approvals, other.approvals),
        groups=tuple(dict.fromkeys(one.groups + other.groups)),
        barred=one.barred | other.barred,
        expiry=min(one.expiry, other.expiry),
        evidence=one.evidence | other.evidence,
        windows=tuple(dict.fromkeys(one.windows + other.windows)),
        freezes=tuple(dict.fromkeys(one.freezes + other.freezes)),
        ratify=min(one.ratify, other.ratify),
        revert=one.revert or other.revert,
    )


def _lower(one: Protection, other: Protection, when: When) -> int:
    """The lower of the two bounds, of those that are in force."""
    bounds = [
        each.weight_above_bp if when is When.WEIGHT_ABOVE else each.weight_rises_bp
        for each in (one, other)
        if when in each.when
    ]
    return min(bounds, default=0)


def _weight_bp(policy: Policy) -> int:
    """What of the traffic the canary may get at most: rules can send it everything."""
    canary = policy.canary
    if canary is None or canary.version == policy.primary:
        return 0
    return 10_000 if isinstance(policy.split, Rules) and policy.share_bp is None else policy.share_bp or 0


def _rules(policy: Policy) -> object:
    return policy.split if isinstance(policy.split, Rules) else None
