"""The request that the panel's tester tries on a policy: only what rules and keys can look at."""

from __future__ import annotations

from typing import Final

from django import forms

from console.forms import lines
from releases.core.parameters import Attributes

HTTP: Final = "http"
EVENT: Final = "event"
PREFIX: Final = "test"
MAX_TEXT: Final = 16_384


class TesterForm(forms.Form):
    """A call as somebody might make it. Its fields stand in the panel's form, hence the prefix."""

    call = forms.ChoiceField(
        choices=[(HTTP, "HTTP call"), (EVENT, "Event call")],
        required=False,
        initial=HTTP,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    headers = forms.CharField(
        required=False,
        max_length=MAX_TEXT,
        widget=lines.textarea(maxlength=MAX_TEXT),
        help_text="Name: value, one a line.",
    )
    cookies = forms.CharField(
        required=False,
        max_length=MAX_TEXT,
        widget=lines.textarea(maxlength=MAX_TEXT),
        help_text="name=value, one a line.",
    )
    query = forms.CharField(
        required=False,
        max_length=MAX_TEXT,
        widget=lines.textarea(maxlength=MAX_TEXT),
        help_text="name=value, one a line, or as in an address: a=1&b=2.",
    )

    prefix = PREFIX

    def clean_headers(self) -> lines.Pairs:
        return lines.headers(self.cleaned_data["headers"])

    def clean_cookies(self) -> lines.Pairs:
        return lines.cookies(self.cleaned_data["cookies"])

    def clean_query(self) -> str:
        return lines.query(self.cleaned_data["query"])

    def attributes(self) -> Attributes:
        """The call that a valid form describes."""
        found: dict[bytes, bytes] = {}
        for name, value in self.cleaned_data["headers"]:
            key, before = name.lower().encode(), found.get(name.lower().encode())
            found[key] = value.encode() if before is None else before + b", " + value.encode()
        cookies = [f"{name}={value}" for name, value in self.cleaned_data["cookies"]]
        if cookies:
            found[b"cookie"] = "; ".join(cookies).encode()
        is_http = self.cleaned_data["call"] != EVENT
        return Attributes(found, self.cleaned_data["query"].encode(), http=is_http)
