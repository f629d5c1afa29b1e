"""The form that narrows the audit log."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone

from console.forms.checks import declared
from console.forms.history import YEARS
from releases.core.audit_words import ACTIONS, SOURCES
from releases.queries.audit import Filters

FORMATS: Final = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]


class MomentField(forms.DateTimeField):
    """A date and time in the zone of the console."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            input_formats=FORMATS,
            widget=forms.DateTimeInput(
                format="%Y-%m-%dT%H:%M:%S", attrs={"type": "datetime-local", "step": 1}
            ),
            error_messages={"invalid": "Enter a date and a time, such as 2026-11-20T14:32."},
            **kwargs,
        )

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value is not None and value.year not in YEARS:
            raise ValidationError(f"Enter a year from {YEARS[0]} to {YEARS[-1]}.")


class AuditFilterForm(forms.Form):
    """Every field may be empty; what is filled in must hold of an entry."""

    person = forms.CharField(required=False, max_length=150)
    action = forms.ChoiceField(required=False)
    source = forms.ChoiceField(required=False, label="Through")
    region = forms.ChoiceField(required=False)
    since = MomentField()
    until = MomentField()
    object = forms.CharField(
        required=False,
        max_length=256,
        label="Object begins with",
        widget=forms.TextInput(attrs={"placeholder": "shop/alias1"}),
    )
    exactly = forms.BooleanField(required=False, label="Exactly this object")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("action", "Any action", sorted(ACTIONS))
        self._offer("source", "Anything", SOURCES)
        self._offer("region", "Any region or none", settings.REGIONS)
        zone = timezone.localtime().strftime("%Z")
        self.fields["since"].label = f"From ({zone})"
        self.fields["until"].label = f"Until ({zone})"

    def _offer(self, name: str, anything: str, values: Any) -> None:
        offered = [("", anything), *((value, value) for value in values)]
        declared(self, name, forms.ChoiceField).choices = offered

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and since >= until:
            self.add_error("until", "The end must be later than the beginning.")
        return cleaned

    def wanted(self) -> Filters:
        """What a valid form asks for."""
        return Filters(**self.cleaned_data)
