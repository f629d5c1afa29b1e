"""Rows of the release side: facts only. Rules live in `releases.core`, writes in `releases.operations`."""

from __future__ import annotations

from .aliases import Alias, AliasRevision
from .audit import AuditEntry
from .catalog import (
    CONFIGURATION_COLUMNS,
    CodePackage,
    Function,
    FunctionConfiguration,
    Service,
    Trigger,
    Version,
    VersionFunction,
)
from .teams import AccessKey, User

__all__ = [
    "CONFIGURATION_COLUMNS",
    "AccessKey",
    "Alias",
    "AliasRevision",
    "AuditEntry",
    "CodePackage",
    "Function",
    "FunctionConfiguration",
    "Service",
    "Trigger",
    "User",
    "Version",
    "VersionFunction",
]
