"""The forms that publish a version, and that choose two to compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms

from console.forms.checks import obeys
from console.forms.offers import NO_SUCH_VERSION, offer
from releases.core import names

LATEST: Final = str(names.LATEST)


class PublishForm(forms.Form):
    description = forms.CharField(
        required=False,
        validators=[obeys(names.check_description)],
        widget=forms.TextInput(attrs={"maxlength": names.MAX_DESCRIPTION, "autocomplete": "off"}),
        help_text="What is new, for those who will choose between versions.",
    )


class CompareVersionsForm(forms.Form):
    """Two versions of one service; LATEST, the working copy, may be one of them."""

    a = forms.ChoiceField(label="Version", error_messages=NO_SUCH_VERSION)
    b = forms.ChoiceField(label="with version", error_messages=NO_SUCH_VERSION)

    def __init__(self, *args: Any, numbers: Iterable[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(LATEST, LATEST), *((str(number), str(number)) for number in numbers)]
        for name in self.fields:
            offer(self, name, choices)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("a") and cleaned.get("a") == cleaned.get("b"):
            self.add_error("b", f"Both are {_named(cleaned['a'])}: choose another one.")
        return cleaned


def _named(qualifier: str) -> str:
    return qualifier if qualifier == LATEST else f"version {qualifier}"
