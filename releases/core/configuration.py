"""The limits of a function's configuration, each said once.

Field names and limits are Function Compute's (API 2016-08-15, classic instances).
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from typing import Final, TypeGuard

RUNTIMES: Final = ("python3", "dotnet")  # grows with invocations.runtimes
TYPES: Final = ("event", "http")
MAX_HANDLER: Final = 128
MIN_MEMORY_MB: Final = 128
MAX_MEMORY_MB: Final = 3072
MEMORY_STEP_MB: Final = 64
MAX_TIMEOUT_S: Final = 600
MAX_INITIALIZATION_TIMEOUT_S: Final = 300
MAX_ENVIRONMENT_BYTES: Final = 4096
ENVIRONMENT_KEY_PATTERN: Final = "^[a-zA-Z][_a-zA-Z0-9]*$"
RESERVED_ENVIRONMENT_PREFIX: Final = "FC_"
RESERVED_ENVIRONMENT_KEYS: Final = frozenset({"accessKeyID", "accessKeySecret", "securityToken", "topic"})

_ENVIRONMENT_KEY = re.compile(ENVIRONMENT_KEY_PATTERN)


class BadValue(ValueError):
    """A configuration value that cannot be taken.

    `field` is the name on the wire ("memorySize"), `sentence` what the caller is told.
    """

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


def check_runtime(value: object) -> None:
    """Raise `BadValue` unless functions of this runtime can be run."""
    if value not in RUNTIMES:
        raise _invalid("runtime", ", ".join(RUNTIMES), value)


def check_type(value: object) -> None:
    """Raise `BadValue` unless functions can be called so: by events, or over HTTP."""
    if value not in TYPES:
        raise _invalid("functionType", ", ".join(TYPES), value)


def check_handler(value: object) -> None:
    """Raise `BadValue` unless `value` is 1 to 128 printable characters. Its form belongs to the runtime."""
    _check_entry_point("handler", value)


def check_initializer(value: object) -> None:
    """Raise `BadValue` unless `value` is empty, for no initializer, or written like a handler."""
    if value != "":
        _check_entry_point("initializer", value)


def check_memory(value: object) -> None:
    """Raise `BadValue` unless `value` is a memory size on offer, in MB."""
    if not _within(value, MIN_MEMORY_MB, MAX_MEMORY_MB) or value % MEMORY_STEP_MB:
        allowed = f"{MIN_MEMORY_MB} to {MAX_MEMORY_MB} MB in steps of {MEMORY_STEP_MB}"
        raise _invalid("memorySize", allowed, value)


def check_timeout(value: object) -> None:
    """Raise `BadValue` unless an invocation may take `value` seconds."""
    if not _within(value, 1, MAX_TIMEOUT_S):
        raise _invalid("timeout", f"1 to {MAX_TIMEOUT_S} seconds", value)


def check_initialization_timeout(value: object) -> None:
    """Raise `BadValue` unless an initializer may take `value` seconds."""
    if not _within(value, 1, MAX_INITIALIZATION_TIMEOUT_S):
        raise _invalid("initializationTimeout", f"1 to {MAX_INITIALIZATION_TIMEOUT_S} seconds", value)


def check_environment(variables: object) -> None:
    """Raise `BadValue` unless `variables` maps free names to printable values, 4 KB in all."""
    if not isinstance(variables, Mapping):
        raise BadValue("environmentVariables", "EnvironmentVariables must map names to texts")
    for key, value in variables.items():
        _check_variable(key, value)
    size = sum(len(key.encode()) + len(value.encode()) for key, value in variables.items())
    if size > MAX_ENVIRONMENT_BYTES:
        sentence = (
            f"EnvironmentVariables are too large (allowed: {MAX_ENVIRONMENT_BYTES} bytes, actual: {size})"
        )
        raise BadValue("environmentVariables", sentence)


def _check_entry_point(field: str, value: object) -> None:
    if not isinstance(value, str) or not 1 <= len(value) <= MAX_HANDLER or not value.isprintable():
        raise _invalid(field, f"1 to {MAX_HANDLER} printable characters", value)


def _check_variable(key: object, value: object) -> None:
    name = reprlib.repr(key)
    if not isinstance(key, str) or not _ENVIRONMENT_KEY.fullmatch(key):
        sentence = f"Environment variable name {name} doesn't match {ENVIRONMENT_KEY_PATTERN}"
        raise BadValue("environmentVariables", sentence)
    if key.startswith(RESERVED_ENVIRONMENT_PREFIX) or key in RESERVED_ENVIRONMENT_KEYS:
        raise BadValue("environmentVariables", f"Environment variable name {name} is reserved")
    if not isinstance(value, str) or not value or not value.isprintable():
        # Never repeats the value: it may be a secret.
        raise BadValue("environmentVariables", f"Environment variable {name} must have a printable value")


def _within(value: object, lowest: int, highest: int) -> TypeGuard[int]:
    return type(value) is int and lowest <= value <= highest


def _invalid(field: str, allowed: str, actual: object) -> BadValue:
    label = field[0].upper() + field[1:]
    shown = reprlib.repr(str(actual))
    return BadValue(field, f"{label} is set to an invalid value (allowed: {allowed}, actual: {shown})")
