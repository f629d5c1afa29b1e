"""Fields for what a call says of itself: names and values, and one header, cookie or parameter a line.

Only a line feed ends a line, with or without CR: browsers send no other end. An error names the line and
never repeats its value, which may be a secret.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from django import forms
from django.core.exceptions import ValidationError

from console.cookies import own_cookies
from releases.core.parameters import BadParameter, Source, has_controls, parse_parameter

MAX_LINES: Final = 100  # headers, and cookies

Pairs: TypeAlias = tuple[tuple[str, str], ...]
Check: TypeAlias = Callable[[str, str], None]
"""Of a name and its value; raises BadParameter."""


def text_input(longest: int) -> forms.TextInput:
    """One line, without the help of browsers: `longest` is in characters."""
    return forms.TextInput(attrs={"maxlength": longest, "autocomplete": "off", "spellcheck": "false"})


def textarea(rows: int = 2, **attrs: object) -> forms.Textarea:
    given = {"class": "code", "rows": rows, "autocomplete": "off", "spellcheck": "false"}
    return forms.Textarea(attrs=given | {"autocapitalize": "off"} | attrs)


def headers(text: str, check: Check | None = None) -> Pairs:
    """Lines such as "Name: value"; a name may come again. Raises ValidationError."""
    return _pairs(text, ":", check or check_header)


def cookies(text: str) -> Pairs:
    """Lines such as "name=value". Raises ValidationError."""
    return _pairs(text, "=", check_cookie)


def query(text: str) -> str:
    """Parameters one a line, or all in one as in an address. Raises ValidationError."""
    return "&".join(line for _, line in _filled(text))


def check_header(name: str, value: str) -> None:
    """Raises BadParameter."""
    parse_parameter(Source.HEADER, name)
    if name.lower() == "cookie":
        raise BadParameter("Cookies have a field of their own.")


def check_cookie(name: str, value: str) -> None:
    """Raises BadParameter."""
    parse_parameter(Source.COOKIE, name)
    check_foreign(name)
    if ";" in value:
        raise BadParameter("The value of a cookie cannot hold a semicolon.")


def check_foreign(cookie: str) -> None:
    """Raises BadParameter for a cookie that never reaches a function."""
    if cookie.lower() in own_cookies():
        raise BadParameter(f"The cookie {cookie} is the console's: the gateway keeps it from functions.")


def _pairs(text: str, mark: str, check: Check) -> Pairs:
    lines = _filled(text)
    if len(lines) > MAX_LINES:
        raise ValidationError(f"There are too many lines: {len(lines):,} of at most {MAX_LINES}.")
    return tuple(_pair(number, line, mark, check) for number, line in lines)


def _pair(number: int, line: str, mark: str, check: Check) -> tuple[str, str]:
    name, there, value = (part.strip(" \t") for part in line.partition(mark))
    if not there:
        raise ValidationError(f"Line {number} has no “{mark}”.")
    try:
        check(name, value)
    except BadParameter as bad:
        raise ValidationError(f"Line {number}: {bad}") from None
    return name, value


def _filled(text: str) -> list[tuple[int, str]]:
    """Each line that holds something, and its number."""
    lines = enumerate(text.replace("\r\n", "\n").split("\n"), start=1)
    filled = [(number, line.strip(" \t")) for number, line in lines]
    filled = [(number, line) for number, line in filled if line]
    for number, line in filled:
        if has_controls(line.replace("\t", "")):
            raise ValidationError(f"Line {number} holds a control character.")
    return filled
