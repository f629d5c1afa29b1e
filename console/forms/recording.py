"""Which parameters of its calls an alias records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms

from releases.core import recording
from releases.core.parameters import BadParameter, Parameter, Source, parse_parameter
from releases.core.recording import BadRecording

_BETWEEN = re.compile(r"[,\s]+")
MAX_TEXT = 2_000


class RecordingForm(forms.Form):
    """Names, separated by commas or blanks. `parameters` is set once the form is valid."""

    headers = forms.CharField(
        required=False,
        max_length=MAX_TEXT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Names, separated by commas, such as x-uid, accept-language.",
    )
    query = forms.CharField(
        label="Query parameters",
        required=False,
        max_length=MAX_TEXT,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Names, separated by commas.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parameters: tuple[Parameter, ...] = ()

    def clean_headers(self) -> list[Parameter]:
        return _parameters(Source.HEADER, self.cleaned_data["headers"])

    def clean_query(self) -> list[Parameter]:
        return _parameters(Source.QUERY, self.cleaned_data["query"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        named = [*cleaned.get("headers", ()), *cleaned.get("query", ())]
        try:
            self.parameters = recording.check(named)
        except BadRecording as bad:
            self.add_error(None, str(bad))
        return cleaned


def initial(parameters: Sequence[Parameter]) -> dict[str, str]:
    """What an alias records, as the form opens."""
    return {
        name: ", ".join(parameter.key for parameter in parameters if parameter.source is source)
        for name, source in (("headers", Source.HEADER), ("query", Source.QUERY))
    }


def _parameters(source: Source, text: str) -> list[Parameter]:
    found: list[Parameter] = []
    for name in filter(None, _BETWEEN.split(text)):
        try:
            found += recording.check([parse_parameter(source.value, name)])
        except (BadParameter, BadRecording) as bad:
            raise forms.ValidationError(f"{name[:40]}: {bad}") from None
    return found
