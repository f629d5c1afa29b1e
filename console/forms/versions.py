"""The form that publishes a version."""

from __future__ import annotations

from django import forms

from console.forms.checks import obeys
from releases.core import names


class PublishForm(forms.Form):
    description = forms.CharField(
        required=False,
        validators=[obeys(names.check_description)],
        widget=forms.TextInput(attrs={"maxlength": names.MAX_DESCRIPTION, "autocomplete": "off"}),
        help_text="What is new, for those who will choose between versions.",
    )
