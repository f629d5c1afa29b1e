"""Functions at LATEST or in a version, as `releases.core.version_diff` compares them."""

from __future__ import annotations

from typing import Final

from releases.core.version_diff import Snapshot
from releases.models import CONFIGURATION_COLUMNS, FunctionConfiguration

_ELSEWHERE: Final = {"name", "environment", "code_id"}
_UNITS: Final = {"_mb": "MB", "_s": "s"}


def snapshot(function: FunctionConfiguration) -> Snapshot:
    """Every column of the configuration in words; a column that is added to the model is compared too."""
    columns = [column for column in CONFIGURATION_COLUMNS if column not in _ELSEWHERE]
    return Snapshot(
        name=function.name,
        settings=dict(_words(column, getattr(function, column)) for column in columns),
        environment=function.environment,
        code=function.code_id,
    )


def _words(column: str, value: object) -> tuple[str, str]:
    """ "memory_mb", 128 -> "Memory", "128 MB"."""
    ending = next((ending for ending in _UNITS if column.endswith(ending)), "")
    label = column.removesuffix(ending).replace("_", " ").capitalize()
    return label, f"{value} {_UNITS[ending]}" if ending else str(value)
