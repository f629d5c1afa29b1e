"""What an alias, or a team's aliases, demand before they change."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Final

from django import forms
from django.http import QueryDict

from console.forms import protection_rows as rows
from console.forms.checks import WholeNumberField, declared, obeys
from console.forms.protection_rows import FreezeForm, RowForm, WindowForm
from releases.core import names
from releases.core.policies import BadPolicy, format_percent, parse_percent
from releases.core.protections import (
    MAX_APPROVALS,
    MAX_EXPIRY_DAYS,
    MAX_GROUPS,
    MAX_RATIFY_HOURS,
    MAX_WINDOWS,
    Barred,
    Evidence,
    Protection,
    When,
)

TEAM: Final = "team"
OWN: Final = "own"
ASIDES: Final = {"add_window", "remove_window", "add_freeze", "remove_freeze"}
"""Buttons of the form that save nothing."""


def _checks() -> forms.CheckboxSelectMultiple:
    return forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})


def _number(lowest: int, highest: int) -> forms.NumberInput:
    return forms.NumberInput(attrs={"min": lowest, "max": highest, "step": 1, "inputmode": "numeric"})


def _percent() -> forms.NumberInput:
    return forms.NumberInput(attrs={"min": 0, "max": 100, "step": "0.01", "inputmode": "decimal"})


class ProtectionForm(forms.Form):
    """A protection: `protection` once this is valid. `windows` and `freezes` have a form for each row.
    `seen` is the digest of the one that was shown.
    """

    when = forms.MultipleChoiceField(
        label="It applies when",
        required=False,
        choices=[
            (When.ANY.value, "anything changes"),
            (When.PRIMARY.value, "the primary version changes"),
            (When.WEIGHT_ABOVE.value, "the weight rises above a bound"),
            (When.WEIGHT_RISES.value, "the weight rises by more than some points"),
            (When.RULES.value, "the rules change"),
            (When.DELETE.value, "the alias is deleted (each of the others covers this too)"),
        ],
        widget=_checks(),
    )
    weight_above = forms.CharField(
        label="Bound of the weight, in percent", required=False, max_length=20, widget=_percent()
    )
    weight_rises = forms.CharField(
        label="Bound of the rise, in points", required=False, max_length=20, widget=_percent()
    )
    approvals = WholeNumberField(
        label="Approvals needed",
        min_value=0,
        max_value=MAX_APPROVALS,
        widget=_number(0, MAX_APPROVALS),
    )
    groups = forms.MultipleChoiceField(label="Groups that must all agree", required=False, widget=_checks())
    barred = forms.MultipleChoiceField(
        label="Who cannot approve",
        required=False,
        choices=[
            (Barred.AUTHOR.value, "who proposed the change"),
            (Barred.CONTRIBUTORS.value, "who edited the proposal"),
            (Barred.PUBLISHER.value, "who published a version that it brings in"),
        ],
        widget=_checks(),
    )
    evidence = forms.MultipleChoiceField(
        label="Evidence that must be there",
        required=False,
        choices=[
            (Evidence.TEST_RUN.value, "a test run of the canary version that finished without an error"),
            (Evidence.LINT.value, "a clean lint of the routing"),
        ],
        widget=_checks(),
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    expiry = WholeNumberField(
        label="A request expires after, in days",
        min_value=1,
        max_value=MAX_EXPIRY_DAYS,
        widget=_number(1, MAX_EXPIRY_DAYS),
    )
    ratify = WholeNumberField(
        label="Broken glass must be agreed to within, in hours",
        min_value=1,
        max_value=MAX_RATIFY_HOURS,
        widget=_number(1, MAX_RATIFY_HOURS),
    )
    revert = forms.BooleanField(
        label="Otherwise go back to what it was",
        required=False,
        help_text="Without it, only an alarm is raised.",
    )

    def __init__(self, *args: Any, current: Protection, groups: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = list(groups)
        gone = [name for name in current.groups if name not in known]
        field = declared(self, "groups", forms.MultipleChoiceField)
        field.choices = [(name, name) for name in known] + [
            (name, f"{name} (no such group)") for name in gone
        ]
        self.protection: Protection | None = None
        self._more = current.windows[1:]  # sets beyond the one that the form shows are kept
        posted = self.data if isinstance(self.data, QueryDict) else None
        self._windows = self._rows(posted, WindowForm, "windows")
        self._freezes = self._rows(posted, FreezeForm, "freezes")
        self.windows = rows.blank_forms(self._windows, WindowForm)
        self.freezes = rows.blank_forms(self._freezes, FreezeForm)

    def _rows(self, posted: QueryDict | None, kind: type[RowForm], name: str) -> list[rows.Row]:
        return rows.edited(posted, kind) if posted is not None else self.initial.get(name, [])

    @property
    def most_rows(self) -> int:
        return MAX_WINDOWS

    def is_valid(self) -> bool:
        """Rows have their errors at their own fields, so the form's own do not tell all."""
        return super().is_valid() and self.protection is not None

    def clean(self) -> dict[str, Any]:
        super().clean()
        self.windows = rows.judged_forms(self._windows, WindowForm)
        self.freezes = rows.judged_forms(self._freezes, FreezeForm)
        above, rises = (
            self._bound(When.WEIGHT_ABOVE, "weight_above"),
            self._bound(When.WEIGHT_RISES, "weight_rises"),
        )
        if len(self.cleaned_data.get("groups", ())) > MAX_GROUPS:
            self.add_error("groups", f"At most {MAX_GROUPS} groups can be asked.")
        for name, given in (("window", self._windows), ("freeze", self._freezes)):
            if len(given) > MAX_WINDOWS:
                self.add_error(None, f"At most {MAX_WINDOWS} {name}s can be kept; {len(given):,} were sent.")
        made = [form.is_valid() for form in (*self.windows, *self.freezes)]
        if all(made) and not self.errors:
            self.protection = self._made(above, rises)
        return self.cleaned_data

    def _bound(self, when: When, name: str) -> int:
        """Basis points; 0 where the bound is not in use, or with the error at its field."""
        if when.value not in self.cleaned_data.get("when", ()) or self.has_error(name):
            return 0
        try:
            return parse_percent(self.cleaned_data[name], noun="bound")
        except BadPolicy as bad:
            self.add_error(name, bad.text)
            return 0

    def _made(self, above: int, rises: int) -> Protection:
        given = self.cleaned_data
        windows = tuple(form.made for form in self.windows if isinstance(form, WindowForm) and form.made)
        return Protection(
            when=frozenset(map(When, given["when"])),
            weight_above_bp=above,
            weight_rises_bp=rises,
            approvals=given["approvals"],
            groups=tuple(given["groups"]),
            barred=frozenset(map(Barred, given["barred"])),
            expiry=timedelta(days=given["expiry"]),
            evidence=frozenset(map(Evidence, given["evidence"])),
            windows=((windows,) if windows else ()) + self._more,
            freezes=tuple(form.made for form in self.freezes if isinstance(form, FreezeForm) and form.made),
            ratify=timedelta(hours=given["ratify"]),
            revert=given["revert"],
        )


class TeamProtectionForm(ProtectionForm):
    """A team's default; one that never applies is none."""

    @property
    def wanted(self) -> Protection | None:
        return self.protection if self.protection and self.protection.when else None


class AliasProtectionForm(ProtectionForm):
    """An alias's own, or that of its team. `base_revision` is the revision of the alias that was shown."""

    source = forms.ChoiceField(
        label="Protection",
        choices=[(TEAM, "That of the team"), (OWN, "Its own")],
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    title = forms.CharField(
        label="Why",
        required=False,
        validators=[obeys(names.check_description)],
        widget=forms.TextInput(attrs={"maxlength": names.MAX_DESCRIPTION, "autocomplete": "off"}),
        help_text="What the reviewers read first.",
    )
    base_revision = WholeNumberField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.inherits = self.is_bound and self.data.get("source") == TEAM
        if self.inherits:  # what is hidden then shall not be in the way
            for name in ProtectionForm.base_fields:
                self.fields[name].required = False

    @property
    def wanted(self) -> Protection | None:
        return None if self.inherits else self.protection

    def is_valid(self) -> bool:
        return not self.errors if self.inherits else super().is_valid()

    def clean(self) -> dict[str, Any]:
        if self.inherits:
            for name in ProtectionForm.base_fields:
                self.errors.pop(name, None)
        else:
            super().clean()
        if self.has_error("base_revision"):
            self.add_error(None, "The form does not say which revision it was opened on: open it again.")
        return self.cleaned_data


def initial(protection: Protection) -> dict[str, Any]:
    """A protection as its form opens."""
    when = protection.when
    return {
        "when": sorted(when),
        "weight_above": _shown(protection.weight_above_bp) if When.WEIGHT_ABOVE in when else "",
        "weight_rises": _shown(protection.weight_rises_bp) if When.WEIGHT_RISES in when else "",
        "approvals": protection.approvals,
        "groups": list(protection.groups),
        "barred": sorted(protection.barred),
        "evidence": sorted(protection.evidence),
        "expiry": max(1, protection.expiry // timedelta(days=1)),
        "ratify": protection.ratify // timedelta(hours=1),
        "revert": protection.revert,
        "windows": rows.shown_windows(protection.windows[0] if protection.windows else ()),
        "freezes": rows.shown_freezes(protection.freezes),
    }


def typed(data: QueryDict, form: type[ProtectionForm]) -> dict[str, Any]:
    """What was posted, as a form opens that shows it without judging it, after *Add* or *Remove*."""
    several = {"when", "groups", "barred", "evidence"}
    opened: dict[str, Any] = {
        name: data.getlist(name) if name in several else data.get(name, "") for name in form.base_fields
    }
    pressed: dict[str, Any] = {name: name in data for name in ASIDES}
    found: dict[str, Any] = {
        "windows": rows.edited(data, WindowForm),
        "freezes": rows.edited(data, FreezeForm),
    }
    return opened | {"revert": bool(data.get("revert"))} | pressed | found


def _shown(bp: int) -> str:
    return format_percent(bp).rstrip("%")
