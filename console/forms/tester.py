"""The request that the panel's tester tries on a policy: only what rules and keys can look at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from django import forms
from django.core.exceptions import ValidationError

from releases.core.parameters import Attributes, BadParameter, Source, has_controls, parse_parameter

HTTP: Final = "http"
EVENT: Final = "event"
PREFIX: Final = "test"
MAX_TEXT: Final = 16_384
MAX_LINES: Final = 100


def _lines_input() -> forms.Textarea:
    attributes = {"rows": 2, "class": "code", "autocomplete": "off", "spellcheck": "false"}
    return forms.Textarea(attrs=attributes | {"maxlength": MAX_TEXT})


class RequestForm(forms.Form):
    """A call as somebody might make it. Its fields stand in the panel's form, hence the prefix."""

    call = forms.ChoiceField(
        choices=[(HTTP, "HTTP call"), (EVENT, "Event call")],
        required=False,
        initial=HTTP,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    headers = forms.CharField(
        required=False, max_length=MAX_TEXT, widget=_lines_input(), help_text="Name: value, one a line."
    )
    cookies = forms.CharField(
        required=False, max_length=MAX_TEXT, widget=_lines_input(), help_text="name=value, one a line."
    )
    query = forms.CharField(
        required=False,
        max_length=MAX_TEXT,
        widget=_lines_input(),
        help_text="name=value, one a line, or as in an address: a=1&b=2.",
    )

    prefix = PREFIX

    def clean_headers(self) -> list[tuple[str, str]]:
        return _pairs(self.cleaned_data["headers"], ":", _header)

    def clean_cookies(self) -> list[tuple[str, str]]:
        return _pairs(self.cleaned_data["cookies"], "=", _cookie)

    def clean_query(self) -> str:
        return "&".join(line for _, line in _lines(self.cleaned_data["query"]))

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


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Each line that holds something, and its number. Raises ValidationError."""
    lines = [(number, line.strip(" ")) for number, line in enumerate(re.split("\r\n|\r|\n", text), start=1)]
    filled = [(number, line) for number, line in lines if line]
    if len(filled) > MAX_LINES:
        raise ValidationError(f"There are {len(filled):,} lines (allowed: at most {MAX_LINES}).")
    for number, line in filled:
        if has_controls(line):
            raise ValidationError(f"Line {number} holds a control character.")
        yield number, line


def _pairs(text: str, mark: str, check: Callable[[str, str], None]) -> list[tuple[str, str]]:
    found = []
    for number, line in _lines(text):
        name, there, value = line.partition(mark)
        if not there:
            raise ValidationError(f"Line {number} has no “{mark}”.")
        try:
            check(name, value)
        except BadParameter as bad:
            raise ValidationError(f"Line {number}: {bad}") from None
        found.append((name, value.strip()))
    return found


def _header(name: str, value: str) -> None:
    parse_parameter(Source.HEADER, name)
    if name.lower() == "cookie":
        raise BadParameter("Cookies have a field of their own.")


def _cookie(name: str, value: str) -> None:
    parse_parameter(Source.COOKIE, name)
    if ";" in value:
        raise BadParameter("The value of a cookie cannot hold a semicolon.")
