"""What the tab Test of a function sends: an event, or an HTTP request."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django import forms
from django.core.exceptions import ValidationError

from console.fc.limits import HTTP_HEADERS, HTTP_TARGET
from console.forms.functions import code_input
from console.invoke import OWN_HEADERS, EventCall, HttpCall
from releases.core.parameters import BadParameter, has_controls, parse_parameter
from releases.core.triggers import METHODS

MAX_PAYLOAD = 128 * 1024  # bytes of an event or body typed into the page; programs may send more
MAX_HEADERS = HTTP_HEADERS - 1024  # bytes; the console adds some of its own
MAX_LINES = 100  # headers, and cookies
_PLAIN = "/%:@!$&'()*+,;=-._~"  # stand in a path as they are; a percent sign was encoded by who typed it


class EventForm(forms.Form):
    """A test event."""

    payload = forms.CharField(
        label="Event",
        required=False,
        strip=False,
        initial='{\n  "key": "value"\n}',
        widget=code_input(8, "json"),
        help_text="JSON or any text; the handler receives it as bytes. At most 128 KB.",
    )

    def clean_payload(self) -> bytes:
        return _body("event", self.cleaned_data["payload"])

    def call(self) -> EventCall:
        """What a valid form sends."""
        return EventCall(self.cleaned_data["payload"])


class HttpForm(forms.Form):
    """A test request. `address` is what the path follows: both count."""

    method = forms.ChoiceField(choices=[(method, method) for method in METHODS], initial="GET")
    path = forms.CharField(
        required=False,
        strip=False,
        initial="/",
        widget=forms.TextInput(attrs={"class": "code", "autocomplete": "off", "spellcheck": "false"}),
        help_text="As the function sees it. What may not stand in an address is percent-encoded.",
    )
    query = forms.CharField(
        required=False,
        widget=code_input(2),
        help_text="One parameter a line: name=value. Or all in one line, as in an address: a=1&b=2.",
    )
    headers = forms.CharField(
        required=False, widget=code_input(3), help_text="One a line: Name: value. A name may come again."
    )
    cookies = forms.CharField(required=False, widget=code_input(2), help_text="One a line: name=value.")
    body = forms.CharField(
        required=False, strip=False, widget=code_input(4), help_text="Any text. At most 128 KB."
    )

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._address = address

    def clean_path(self) -> str:
        path = self.cleaned_data["path"]
        _check_text("path", path)
        if "?" in path:
            raise ValidationError("The query has a field of its own.")
        return quote(path if path.startswith("/") else f"/{path}", safe=_PLAIN)

    def clean_query(self) -> str:
        pairs = [line for _number, line in _lines(self.cleaned_data["query"])]
        for pair in pairs:
            _check_text("query", pair)
        return quote("&".join(pairs), safe=f"{_PLAIN}?")

    def clean_headers(self) -> tuple[tuple[str, str], ...]:
        return tuple(
            _header(number, *line.partition(":")) for number, line in _few(self.cleaned_data["headers"])
        )

    def clean_cookies(self) -> str:
        return "; ".join(
            _cookie(number, *line.partition("=")) for number, line in _few(self.cleaned_data["cookies"])
        )

    def clean_body(self) -> bytes:
        return _body("body", self.cleaned_data["body"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not {"path", "query"} & self.errors.keys():
            size = len(self._address) + len(self._target())
            if size > HTTP_TARGET:
                self.add_error("path", _too_large("address with its query", size, HTTP_TARGET))
        if not {"headers", "cookies"} & self.errors.keys():
            fields = [*cleaned["headers"], ("Cookie", cleaned["cookies"])]
            size = sum(len(f"{name}: {value}\r\n".encode()) for name, value in fields if value)
            if size > MAX_HEADERS:
                self.add_error("headers", _too_large("headers with the cookies", size, MAX_HEADERS))
        return cleaned

    def call(self) -> HttpCall:
        """What a valid form sends."""
        data = self.cleaned_data
        return HttpCall(data["method"], self._target(), data["headers"], data["cookies"], data["body"])

    def _target(self) -> str:
        path, query = self.cleaned_data["path"], self.cleaned_data["query"]
        return f"{path}?{query}" if query else path


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines that hold anything, and their numbers. Only a line feed ends a line, with or without CR."""
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if line.strip():
            yield number, line.strip(" \t")


def _few(text: str) -> list[tuple[int, str]]:
    lines = list(_lines(text))
    if len(lines) > MAX_LINES:
        raise ValidationError(f"There are too many lines: {len(lines):,} of at most {MAX_LINES}.")
    return lines


def _header(number: int, name: str, colon: str, value: str) -> tuple[str, str]:
    """An error names the line, never its value: it may be a secret."""
    if not colon:
        raise ValidationError(f"Line {number} is not of the form Name: value.")
    _check_name("Header", number, name)
    if name.lower() == "cookie":
        raise ValidationError(f"Line {number}: cookies have a field of their own.")
    if name.lower() in OWN_HEADERS or name.lower().startswith(("x-fc-", "x-serin-")):
        raise ValidationError(
            f"Line {number}: {name[:64]} does not reach the function: the gateway drops or makes it."
        )
    _check_text(f"value in line {number}", value)
    return name, value.strip()


def _cookie(number: int, name: str, equals: str, value: str) -> str:
    if not equals:
        raise ValidationError(f"Line {number} is not of the form name=value.")
    _check_name("Cookie", number, name)
    if ";" in value:
        raise ValidationError(f"Line {number}: the value of a cookie cannot hold a semicolon.")
    _check_text(f"value in line {number}", value)
    return f"{name}={value}"


def _check_name(kind: str, number: int, name: str) -> None:
    try:
        parse_parameter(kind, name)
    except BadParameter as error:
        raise ValidationError(f"Line {number}: {error}") from None


def _check_text(noun: str, text: str) -> None:
    if has_controls(text.replace("\t", "")):
        raise ValidationError(f"The {noun} holds a control character.")


def _body(noun: str, text: str) -> bytes:
    # A textarea sends a line's end as CR LF whatever was typed.
    content = text.replace("\r\n", "\n").encode()
    if len(content) > MAX_PAYLOAD:
        raise ValidationError(_too_large(noun, len(content), MAX_PAYLOAD), code="too_large")
    return content


def _too_large(noun: str, size: int, limit: int) -> str:
    return f"The {noun} is too large: {size:,} of at most {limit:,} bytes."
