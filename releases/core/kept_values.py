"""What was kept of a call's values, as the parameters of a policy.

Labels are recorded by name, "Header x-uid", where an alias asks for it; most calls have none.
"""

from __future__ import annotations

from collections.abc import Mapping

from .parameters import Parameter, Source
from .policies import Policy


def values(policy: Policy, labels: Mapping[str, object]) -> dict[Parameter, str]:
    """The kept value of each parameter that the policy looks at. Header names ignore case."""
    kept = {_folded(name): value for name, value in labels.items()}
    found = {parameter: kept.get(_name(parameter)) for parameter in policy.parameters}
    return {parameter: value for parameter, value in found.items() if isinstance(value, str)}


def _name(parameter: Parameter) -> str:
    return _folded(f"{parameter.source.value} {parameter.key}")


def _folded(name: str) -> str:
    return name.lower() if name.startswith(f"{Source.HEADER.value} ") else name
