"""What services, functions, aliases, triggers and versions may be called.

Patterns, lengths and the shape of the sentences are Function Compute's (API 2016-08-15).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, TypeAlias

NAME_PATTERN: Final = "^[_a-zA-Z][-_a-zA-Z0-9]*$"
VERSION_PATTERN: Final = "^[1-9][0-9]{0,17}$"  # eighteen digits fit a 64-bit column
MAX_SERVICE_NAME: Final = 128
MAX_FUNCTION_NAME: Final = 64
MAX_ALIAS_NAME: Final = 128
MAX_TRIGGER_NAME: Final = 128
MAX_DESCRIPTION: Final = 256
MAX_TEAM_NAME: Final = 64
MAX_USER_NAME: Final = 64

_NAME = re.compile(NAME_PATTERN)
_VERSION = re.compile(VERSION_PATTERN)
_USER_NAME = re.compile(r"[\w.@+-]{1,64}")
_LAYOUT = frozenset("\t\n\r")  # the control characters a description may hold


class BadName(ValueError):
    """A name, qualifier or description that cannot be taken; its text is a sentence for the caller."""


@dataclass(frozen=True, slots=True)
class Latest:
    """The working copy of a service."""

    def __str__(self) -> str:
        return "LATEST"


@dataclass(frozen=True, slots=True)
class Number:
    """A published version, by its number."""

    value: int

    def __str__(self) -> str:
        return str(self.value)


@dataclass(frozen=True, slots=True)
class AliasName:
    """An alias, by its name."""

    value: str

    def __str__(self) -> str:
        return self.value


LATEST: Final = Latest()
Qualifier: TypeAlias = Latest | Number | AliasName


def check_service_name(text: object) -> None:
    """Raise `BadName` unless `text` may name a service."""
    _check_name("ServiceName", text, MAX_SERVICE_NAME)


def check_function_name(text: object) -> None:
    """Raise `BadName` unless `text` may name a function."""
    _check_name("FunctionName", text, MAX_FUNCTION_NAME)


def check_alias_name(text: object) -> None:
    """Raise `BadName` unless `text` may name an alias. No name can look like a version number."""
    _check_name("AliasName", text, MAX_ALIAS_NAME)
    if text == str(LATEST):
        raise BadName("AliasName 'LATEST' is reserved for the working copy")


def check_trigger_name(text: object) -> None:
    """Raise `BadName` unless `text` may name a trigger."""
    _check_name("TriggerName", text, MAX_TRIGGER_NAME)


def check_team_name(text: object) -> None:
    """Raise `BadName` unless `text` may name a team or a group of people: 1 to 64 printable characters."""
    if not isinstance(text, str) or not text.strip() or not text.isprintable() or text != text.strip():
        raise BadName("A name of a team or group has printable characters, and no blanks at its ends")
    if len(text) > MAX_TEAM_NAME:
        raise BadName(f"The name is too long (allowed: {MAX_TEAM_NAME} characters, actual: {len(text)})")


def check_user_name(text: object) -> None:
    """Raise `BadName` unless `text` may name an account: letters, digits and @ . + - _, at most 64."""
    if not isinstance(text, str) or not _USER_NAME.fullmatch(text):
        raise BadName("A user name has 1 to 64 letters, digits, or @ . + - _")


def check_description(text: object) -> None:
    """Raise `BadName` unless `text` is at most 256 characters of plain text, lines allowed."""
    if not isinstance(text, str):
        raise BadName("Description is not a text")
    if len(text) > MAX_DESCRIPTION:
        raise BadName(f"Description is too long (allowed: {MAX_DESCRIPTION} characters, actual: {len(text)})")
    if any(_unstorable(character) for character in text):
        raise BadName("Description holds a control character")


def parse_version(text: str) -> int:
    """The number of a version as callers write it: "1", never "01", "+1" or "LATEST"."""
    if not _VERSION.fullmatch(text):
        raise _mismatch("VersionId", VERSION_PATTERN, text)
    return int(text)


def parse_qualifier(text: str) -> Qualifier:
    """Read what a caller named. The three kinds cannot be confused: names never start with a digit."""
    if text == str(LATEST):
        return LATEST
    if _VERSION.fullmatch(text):
        return Number(int(text))
    _check_name("Qualifier", text, MAX_ALIAS_NAME)
    return AliasName(text)


def _check_name(label: str, text: object, longest: int) -> None:
    if not isinstance(text, str):
        raise _mismatch(label, NAME_PATTERN, text)
    if len(text) > longest:  # before the pattern, whose sentence repeats the text
        raise BadName(f"{label} is too long (allowed: {longest} characters, actual: {len(text)})")
    if not _NAME.fullmatch(text):
        raise _mismatch(label, NAME_PATTERN, text)


def _mismatch(label: str, pattern: str, actual: object) -> BadName:
    shown = str(actual)[:MAX_ALIAS_NAME]
    return BadName(f"{label} doesn't match expected format (allowed: {pattern}, actual: '{shown}')")


def _unstorable(character: str) -> bool:
    """NUL and lone surrogates break PostgreSQL's text; other control characters break terminals."""
    return unicodedata.category(character) in {"Cc", "Cs"} and character not in _LAYOUT
