"""What an HTTP trigger says: which methods it answers, and who may call.

The wire shape is Function Compute's `triggerConfig` (API 2016-08-15): `{"authType": "anonymous" | "function",
"methods": ["GET", ...]}`. It is stored as it was sent; members that are not known here are passed over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

METHODS: Final = ("GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS")


class BadTrigger(ValueError):
    """A trigger's configuration that cannot be taken. `field` is the name on the wire, `text` a sentence."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


class Auth(StrEnum):
    """Who may call. The values are Function Compute's words."""

    ANONYMOUS = "anonymous"
    """Anybody, without a signature."""
    FUNCTION = "function"
    """Whoever signs with an access key."""


@dataclass(frozen=True, slots=True)
class HttpTrigger:
    """`methods` is not empty, and in the order of `METHODS`."""

    methods: tuple[str, ...]
    auth: Auth


def parse_http(config: object) -> HttpTrigger:
    """Read a `triggerConfig`. Raises `BadTrigger`."""
    if not isinstance(config, Mapping):
        raise BadTrigger("triggerConfig", "The trigger's configuration must be an object.")
    methods = config.get("methods")
    if not isinstance(methods, list) or not methods:
        raise BadTrigger("methods", "The trigger needs at least one method.")
    unknown = [method for method in methods if method not in METHODS]
    if unknown:
        raise BadTrigger("methods", f"The method {str(unknown[0])[:32]!r} is none of {', '.join(METHODS)}.")
    return HttpTrigger(tuple(method for method in METHODS if method in methods), _auth(config))


def http_config(trigger: HttpTrigger) -> dict[str, Any]:
    """The `triggerConfig` that says so: `parse_http` reads it back."""
    return {"authType": trigger.auth.value, "methods": list(trigger.methods)}


def _auth(config: Mapping[str, object]) -> Auth:
    value = config.get("authType")
    if not isinstance(value, str) or value not in set(Auth):
        raise BadTrigger("authType", f"The authentication must be {' or '.join(Auth)}.")
    return Auth(value)
