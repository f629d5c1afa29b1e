"""Recorded attributes: which parameters of a call may be kept, and what is kept of them.

Off unless somebody names parameters, header or query parameter, on the alias. What proves who a caller is
can never be named: no cookie (a session is one), no Authorization, nothing of a signature. So a split by a
cookie is replayed from the buckets that its decisions recorded, and otherwise not at all.

Of each call is kept, as one JSON object: whether it was an HTTP call, and the value of each named parameter,
null where the call had none. What is not in the object was not named at that time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from .parameters import Attributes, BadParameter, Parameter, Source, parse_parameter

MAX_RECORDED: Final = 8
MAX_VALUE: Final = 256  # characters of a value

KIND: Final = "kind"
HTTP: Final = "http"
EVENT: Final = "event"

_BARRED: Final = frozenset({"cookie", "set-cookie", "authorization", "proxy-authorization"})
_BARRED_PREFIX: Final = "x-fc-"
_BARRED_PART: Final = "security-token"

Labels = Mapping[str, str | None]


class BadRecording(ValueError):
    """Parameters that cannot be recorded; the text is a sentence."""


def folded(parameter: Parameter) -> Parameter:
    """The same parameter in one spelling: names of headers ignore case."""
    is_header = parameter.source is Source.HEADER
    return replace(parameter, key=parameter.key.lower()) if is_header else parameter


def check(parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    """The parameters in one spelling, each once. Raises `BadRecording`."""
    chosen = tuple(dict.fromkeys(map(folded, parameters)))
    if len(chosen) > MAX_RECORDED:
        raise BadRecording(f"At most {MAX_RECORDED} parameters can be recorded (these are {len(chosen)}).")
    for parameter in chosen:
        _refuse_secrets(parameter)
    return chosen


def _refuse_secrets(parameter: Parameter) -> None:
    if parameter.source is Source.COOKIE:
        raise BadRecording("Values of cookies are never recorded: a session may be one of them.")
    name = parameter.key.lower()
    if name in _BARRED or name.startswith(_BARRED_PREFIX) or _BARRED_PART in name:
        raise BadRecording(f"The {parameter} is never recorded: it may prove who the caller is.")


def parse(document: Iterable[Sequence[Any]]) -> tuple[Parameter, ...]:
    """What `document` printed. What may not be recorded is left out, whoever wrote it."""
    found: list[Parameter] = []
    for kind, key in document:
        try:
            found += check([parse_parameter(kind, key)])
        except (BadParameter, BadRecording):
            continue
    return tuple(found)


def document(parameters: Iterable[Parameter]) -> list[list[str]]:
    """The parameters as an alias stores them."""
    return [[parameter.source.value, parameter.key] for parameter in parameters]


def label(parameter: Parameter) -> str:
    """The name under which a value is kept: "Header x-uid", "Param debug"."""
    parameter = folded(parameter)
    return f"{parameter.source.value} {parameter.key}"


def compile_labels(parameters: Sequence[Parameter]) -> Callable[[Attributes], Labels]:
    """What reads a call's labels; values are cut at MAX_VALUE characters."""
    named = [(label(parameter), parameter) for parameter in parameters]

    def read(call: Attributes) -> Labels:
        found: dict[str, str | None] = {KIND: HTTP if call.http else EVENT}
        for name, parameter in named:
            value = call.get(parameter)
            found[name] = None if value is None else value[:MAX_VALUE]
        return found

    return read


def kept(parameters: Iterable[Parameter], labels: Mapping[str, object]) -> dict[Parameter, str]:
    """The values that were kept of these parameters; most calls have none."""
    found = {parameter: labels.get(label(parameter)) for parameter in parameters}
    return {parameter: value for parameter, value in found.items() if isinstance(value, str)}


def parameter_of(name: str) -> Parameter | None:
    """The parameter that a label names; None for what is no parameter."""
    kind, _, key = name.partition(" ")
    try:
        return parse_parameter(kind, key)
    except BadParameter:
        return None
