"""The form that narrows a list of invocations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from console.forms.checks import obeys
from invocations.listing import Filter
from releases.core import names

OUTCOMES = {"": "Any outcome", "ok": "Succeeded", "errors": "Errors"}
_FAILED = {"": None, "ok": False, "errors": True}


def _check_version(value: object) -> None:
    if value != str(names.LATEST):
        names.parse_version(str(value))


class InvocationFilterForm(forms.Form):
    """Version, alias and outcome. What was deleted since can still be asked for by the address."""

    version = forms.CharField(required=False, validators=[obeys(_check_version)], widget=forms.Select)
    alias = forms.CharField(required=False, validators=[obeys(names.check_alias_name)], widget=forms.Select)
    outcome = forms.ChoiceField(required=False, choices=list(OUTCOMES.items()))

    def __init__(self, *args: Any, versions: Iterable[str], aliases: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._offer("version", "Any version", versions)
        self._offer("alias", "Any alias or none", aliases)

    def _offer(self, name: str, anything: str, offered: Iterable[str]) -> None:
        widget = self.fields[name].widget
        assert isinstance(widget, forms.Select)  # noqa: S101 - declared above
        asked = self.data.get(name, "")
        values = list(dict.fromkeys([*offered, *([asked] if asked else [])]))
        widget.choices = [("", anything), *((value, value) for value in values)]

    def wanted(self) -> Filter:
        """What a valid form asks for."""
        cleaned = self.cleaned_data
        return Filter(
            version=cleaned["version"], qualifier=cleaned["alias"], failed=_FAILED[cleaned["outcome"]]
        )
