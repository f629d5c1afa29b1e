"""The form of how a person wants to be told."""

from __future__ import annotations

from typing import Any

from django import forms

from releases.core.notices import Kind

_FIELD = "mail_"


class PreferencesForm(forms.Form):
    """An e-mail address, and a switch for each kind of notice."""

    email = forms.EmailField(
        label="Your e-mail address",
        required=False,
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="Empty: nothing is sent to you, and the inbox has it all.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in Kind:
            self.fields[_FIELD + kind.value] = forms.BooleanField(label=kind.label, required=False)

    @property
    def switches(self) -> list[forms.BoundField]:
        return [self[_FIELD + kind.value] for kind in Kind]

    def mailed(self) -> dict[Kind, bool]:
        return {kind: bool(self.cleaned_data[_FIELD + kind.value]) for kind in Kind}


def initial(email: str, mailed: dict[Kind, bool]) -> dict[str, object]:
    return {"email": email} | {_FIELD + kind.value: on for kind, on in mailed.items()}
