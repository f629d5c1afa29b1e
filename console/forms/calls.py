"""What the tab Test of a function sends: an event, or an HTTP request."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django import forms
from django.core.exceptions import ValidationError

from console.fc.limits import HTTP_HEADERS, HTTP_TARGET
from console.forms import lines
from console.forms.functions import code_input
from console.invoke import EventCall, HttpCall
from invocations.request_plan import OWN_HEADERS, OWN_PREFIXES
from releases.core.parameters import BadParameter, has_controls
from releases.core.triggers import METHODS

MAX_PAYLOAD = 128 * 1024  # bytes of an event or body typed into the page; programs may send more
MAX_HEADERS = HTTP_HEADERS - 1024  # bytes; the console adds some of its own
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
        widget=lines.textarea(),
        help_text="One parameter a line: name=value. Or all in one line, as in an address: a=1&b=2.",
    )
    headers = forms.CharField(
        required=False,
        widget=lines.textarea(3),
        help_text="One a line: Name: value. A name may come again.",
    )
    cookies = forms.CharField(required=False, widget=lines.textarea(), help_text="One a line: name=value.")
    body = forms.CharField(
        required=False, strip=False, widget=code_input(4), help_text="Any text. At most 128 KB."
    )

    def __init__(self, *args: Any, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._address = address

    def clean_path(self) -> str:
        path = self.cleaned_data["path"]
        if has_controls(path.replace("\t", "")):
            raise ValidationError("The path holds a control character.")
        if "?" in path:
            raise ValidationError("The query has a field of its own.")
        return quote(path if path.startswith("/") else f"/{path}", safe=_PLAIN)

    def clean_query(self) -> str:
        return quote(lines.query(self.cleaned_data["query"]), safe=f"{_PLAIN}?")

    def clean_headers(self) -> lines.Pairs:
        return lines.headers(self.cleaned_data["headers"], _check_sendable)

    def clean_cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in lines.cookies(self.cleaned_data["cookies"]))

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


def _check_sendable(name: str, value: str) -> None:
    """Raises BadParameter."""
    lines.check_header(name, value)
    if name.lower() in OWN_HEADERS or name.lower().startswith(OWN_PREFIXES):
        raise BadParameter(f"{name[:64]} does not reach the function: the gateway drops or makes it.")


def _body(noun: str, text: str) -> bytes:
    # A textarea sends a line's end as CR LF whatever was typed.
    content = text.replace("\r\n", "\n").encode()
    if len(content) > MAX_PAYLOAD:
        raise ValidationError(_too_large(noun, len(content), MAX_PAYLOAD), code="too_large")
    return content


def _too_large(noun: str, size: int, limit: int) -> str:
    return f"The {noun} is too large: {size:,} of at most {limit:,} bytes."
