"""What the Function Compute API answers when it declines: one code, one status, one JSON body.

Codes, statuses and the wording of the messages are those of API version 2016-08-15.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from invocations.refusals import Refused

STATUS: Final = {
    "InvalidArgument": 400,
    "MissingRequiredHeader": 400,
    "PathNotSupported": 400,
    "EntityTooLarge": 400,
    "AccessDenied": 403,
    "SignatureNotMatch": 403,
    "InvalidAccessKeyID": 403,
    "ServiceNotFound": 404,
    "FunctionNotFound": 404,
    "VersionNotFound": 404,
    "AliasNotFound": 404,
    "TriggerNotFound": 404,
    "MethodNotAllowed": 405,
    "ResourceExhausted": 429,
    "ClientClosedRequest": 499,
    "InternalServerError": 500,
    "ResourceThrottled": 503,
}


class FcRefusal(Refused):
    """A refusal with Function Compute's error code, a key of STATUS; `headers` go with the answer."""

    def __init__(self, code: str, message: str, headers: tuple[tuple[bytes, bytes], ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.status = STATUS[code]
        self.headers = headers

    def body(self) -> bytes:
        """The JSON that every client library parses; the keys are PascalCase, unlike all others."""
        return json.dumps({"ErrorCode": self.code, "ErrorMessage": str(self)}).encode()


def invalid_argument(message: str) -> FcRefusal:
    return FcRefusal("InvalidArgument", message)


def missing_header(name: str) -> FcRefusal:
    return FcRefusal("MissingRequiredHeader", f"required HTTP header {name} was not specified")


def path_not_supported(method: str, path: str) -> FcRefusal:
    return FcRefusal("PathNotSupported", f"'{method}' against '{path[:512]}' is not supported")


def entity_too_large(limit: int) -> FcRefusal:
    return FcRefusal("EntityTooLarge", f"payload size exceeds maximum allowed size ({limit} bytes)")


def signature_not_match() -> FcRefusal:
    return FcRefusal(
        "SignatureNotMatch",
        "The request signature we calculated does not match the signature you provided. "
        "Check your access key and signing method",
    )


def not_your_resource() -> FcRefusal:
    return FcRefusal("AccessDenied", "The service or function doesn't belong to you.")


def internal_error() -> FcRefusal:
    return FcRefusal("InternalServerError", "an internal error has occurred. Please retry.")


def service_not_found(service: str) -> FcRefusal:
    return FcRefusal("ServiceNotFound", f"service '{service}' does not exist")


def function_not_found(service: str, function: str) -> FcRefusal:
    return FcRefusal("FunctionNotFound", f"function '{function}' does not exist in service '{service}'")


def version_not_found(service: str, version: str) -> FcRefusal:
    return FcRefusal("VersionNotFound", f"version '{version}' of service '{service}' does not exist")


def alias_not_found(service: str, alias: str) -> FcRefusal:
    return FcRefusal("AliasNotFound", f"alias '{alias}' of service '{service}' does not exist")


def trigger_not_found(service: str, qualifier: str, function: str) -> FcRefusal:
    return FcRefusal(
        "TriggerNotFound",
        f"no HTTP trigger of qualifier '{qualifier}' exists in service '{service}' and function '{function}'",
    )


def method_not_allowed(method: str, allowed: Sequence[str]) -> FcRefusal:
    methods = ", ".join(allowed)
    message = f"the trigger does not answer {method} (allowed: {methods})"
    return FcRefusal("MethodNotAllowed", message, ((b"allow", methods.encode()),))
