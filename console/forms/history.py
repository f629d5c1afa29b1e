"""Forms of the time machine: a moment, two revisions, and a restore with its reason."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from console.forms.aliases import MoveForm
from console.forms.checks import WholeNumberField, obeys
from releases.core import names

YEARS: Final = range(1970, 2200)


class MomentForm(forms.Form):
    """A date and time in the zone of the console."""

    at = forms.DateTimeField(
        label="What served at",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format="%Y-%m-%dT%H:%M:%S", attrs={"type": "datetime-local", "step": 1}),
        error_messages={
            "required": "Choose a date and a time.",
            "invalid": "Enter a date and a time, such as 2026-11-20T14:32.",
        },
    )

    def clean_at(self) -> Any:
        moment = self.cleaned_data["at"]
        if moment.year not in YEARS:
            raise ValidationError(f"Enter a year from {YEARS[0]} to {YEARS[-1]}.")
        return moment


class CompareRevisionsForm(forms.Form):
    """Two revisions of one alias, by number."""

    a = WholeNumberField(label="Revision", min_value=1, widget=forms.NumberInput(attrs={"min": 1}))
    b = WholeNumberField(label="with revision", min_value=1, widget=forms.NumberInput(attrs={"min": 1}))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("a") is not None and cleaned.get("a") == cleaned.get("b"):
            self.add_error("b", f"Both are revision {cleaned['a']}: choose another one.")
        return cleaned


class RestoreForm(MoveForm):
    """A restore, with the reason that is kept with the revision it makes."""

    reason = forms.CharField(required=False, validators=[obeys(names.check_description)])
