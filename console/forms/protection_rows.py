"""The lists of the protection form, time windows and freezes: fields named window-0-days, freeze-0-start ...

*Add* and *Remove* are submit buttons, `add_window` and `remove_window` (the place, from 0): the form comes
back with what was typed, and a row more or less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any, ClassVar, Final
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from releases.core.protections import DAYS, MAX_TEXT, MAX_WINDOWS, Freeze, Window

Row = Mapping[str, list[str]]
"""What was sent for each field of a row."""

MAX_ZONE: Final = 64
_FIELD: Final = re.compile(r"(window|freeze)-([0-9]{1,9})-(days|start|end|zone|reason)")
_MOMENT: Final = "%Y-%m-%dT%H:%M"
_YEARS: Final = (2000, 2999)


@cache
def zones() -> frozenset[str]:
    """The names of time zones: reading them takes many files."""
    return frozenset(available_timezones())


def _zone_field() -> forms.CharField:
    widget = forms.TextInput(attrs={"maxlength": MAX_ZONE, "autocomplete": "off", "list": "time-zones"})
    return forms.CharField(label="Time zone", max_length=MAX_ZONE, initial=settings.TIME_ZONE, widget=widget)


class _RowForm(forms.Form):
    """One row; its zone is checked alike in both lists."""

    def clean_zone(self) -> str:
        zone: str = self.cleaned_data["zone"]
        if zone not in zones():
            raise forms.ValidationError("There is no such time zone; they are named like Asia/Shanghai.")
        return zone


class WindowForm(_RowForm):
    """Hours of some week days. `made` is set once this is valid."""

    list_name: ClassVar[str] = "window"
    days = forms.TypedMultipleChoiceField(
        coerce=int,
        choices=[(str(number), day[:3]) for number, day in enumerate(DAYS)],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": "Choose at least one day."},
    )
    start = forms.TimeField(
        label="From",
        input_formats=["%H:%M"],
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": "A time of day is written like 09:30."},
    )
    end = forms.TimeField(
        label="To",
        input_formats=["%H:%M"],
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": "A time of day is written like 17:00."},
    )
    zone = _zone_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made: Window | None = None

    def clean(self) -> dict[str, Any]:
        super().clean()
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and start >= end:
            self.add_error("end", "A window must end after it starts, on the same day.")
        if not self.errors:
            given = self.cleaned_data
            self.made = Window(tuple(sorted(given["days"])), given["start"], given["end"], given["zone"])
        return self.cleaned_data


class FreezeForm(_RowForm):
    """A time in which nothing is applied. `made` is set once this is valid."""

    list_name: ClassVar[str] = "freeze"
    start = forms.CharField(label="From", max_length=32, widget=forms.TextInput({"type": "datetime-local"}))
    end = forms.CharField(label="To", max_length=32, widget=forms.TextInput({"type": "datetime-local"}))
    zone = _zone_field()
    reason = forms.CharField(
        max_length=MAX_TEXT, widget=forms.TextInput({"maxlength": MAX_TEXT, "autocomplete": "off"})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made: Freeze | None = None

    def clean_start(self) -> datetime:
        return _moment(self.cleaned_data["start"])

    def clean_end(self) -> datetime:
        return _moment(self.cleaned_data["end"])

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        if not reason.isprintable():
            raise forms.ValidationError("The reason contains a control character.")
        return reason

    def clean(self) -> dict[str, Any]:
        super().clean()
        start, end = self.cleaned_data.get("start"), self.cleaned_data.get("end")
        if start and end and start >= end:
            self.add_error("end", "A freeze must end after it starts.")
        if not self.errors:
            zone = ZoneInfo(self.cleaned_data["zone"])
            # As an offset, so that what was agreed to stays when a country changes its clocks.
            begin, over = (each.replace(tzinfo=zone).astimezone(UTC) for each in (start, end) if each)
            self.made = Freeze(begin, over, self.cleaned_data["reason"])
        return self.cleaned_data


RowForm = WindowForm | FreezeForm


def edited(data: QueryDict, kind: type[RowForm]) -> list[Row]:
    """The posted rows, in the order of their places, after the button that was pressed."""
    found: dict[int, dict[str, list[str]]] = {}
    for name in data:
        match = _FIELD.fullmatch(name)
        if match and match[1] == kind.list_name:
            found.setdefault(int(match[2]), {})[match[3]] = data.getlist(name)
    removed = data.get(f"remove_{kind.list_name}")
    kept: list[Row] = [found[place] for place in sorted(found) if str(place) != removed]
    return [*kept, {}] if f"add_{kind.list_name}" in data and len(kept) < MAX_WINDOWS else kept


def shown_windows(windows: Iterable[Window]) -> list[Row]:
    """Windows as their fields open."""
    return [
        {
            "days": list(map(str, window.days)),
            "start": [f"{window.start:%H:%M}"],
            "end": [f"{window.end:%H:%M}"],
            "zone": [window.zone],
        }
        for window in windows
    ]


def shown_freezes(freezes: Iterable[Freeze]) -> list[Row]:
    """Freezes as their fields open, in the zone of the pages."""
    return [_shown_freeze(freeze, ZoneInfo(settings.TIME_ZONE)) for freeze in freezes]


def _shown_freeze(freeze: Freeze, zone: ZoneInfo) -> Row:
    start, end = freeze.start.astimezone(zone), freeze.end.astimezone(zone)
    if start.fold or end.fold:  # the second of two moments that the clock shows alike there
        return _shown_freeze(freeze, ZoneInfo("UTC"))
    return {
        "start": [f"{start:{_MOMENT}}"],
        "end": [f"{end:{_MOMENT}}"],
        "zone": [zone.key],
        "reason": [freeze.reason],
    }


def blank_forms(rows: Iterable[Row], kind: type[RowForm]) -> list[RowForm]:
    """Forms that show rows without judging them."""
    listed = list(rows)[:MAX_WINDOWS]
    return [
        kind(prefix=f"{kind.list_name}-{place}", initial=_initial(row)) for place, row in enumerate(listed)
    ]


def judged_forms(rows: Iterable[Row], kind: type[RowForm]) -> list[RowForm]:
    """Forms that say what is wrong with each row; at most as many as there can be rows."""
    found = []
    for place, row in enumerate(list(rows)[:MAX_WINDOWS]):
        prefix = f"{kind.list_name}-{place}"
        found.append(
            kind(MultiValueDict({f"{prefix}-{name}": sent for name, sent in row.items()}), prefix=prefix)
        )
    return found


def _initial(row: Row) -> dict[str, Any]:
    return {name: sent if name == "days" else sent[-1] for name, sent in row.items()}


def _moment(text: str) -> datetime:
    try:
        moment = datetime.strptime(text, _MOMENT)
    except ValueError:
        raise forms.ValidationError("A moment is written like 2026-12-24T18:00.") from None
    if not _YEARS[0] <= moment.year <= _YEARS[1]:
        raise forms.ValidationError(f"The year must be from {_YEARS[0]} to {_YEARS[1]}.")
    return moment
