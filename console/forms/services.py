"""Forms of the services pages."""

from __future__ import annotations

from django import forms

from console.forms.checks import obeys
from releases.core import names


class DescriptionForm(forms.Form):
    """What can be changed of a service."""

    description = forms.CharField(
        required=False,
        validators=[obeys(names.check_description)],
        widget=forms.Textarea(attrs={"rows": 2, "maxlength": names.MAX_DESCRIPTION}),
        help_text=f"At most {names.MAX_DESCRIPTION} characters.",
    )

    def clean_description(self) -> str:
        # A browser sends a line's end as CR LF and counts it as one character.
        return str(self.cleaned_data["description"]).replace("\r\n", "\n")


class ServiceForm(DescriptionForm):
    """A new service."""

    name = forms.CharField(
        validators=[obeys(names.check_service_name)],
        widget=forms.TextInput(
            attrs={"maxlength": names.MAX_SERVICE_NAME, "autocomplete": "off", "autofocus": True}
        ),
        help_text="Letters, digits, hyphens and underscores; it begins with a letter or an underscore.",
    )

    field_order = ["name", "description"]
