"""Rows of the release side: facts only. Rules live in `releases.core`, writes in `releases.operations`."""

from __future__ import annotations

from .aliases import Alias, AliasRevision
from .audit import AuditEntry
from .catalog import CodePackage, Function, FunctionConfiguration, Service, Version, VersionFunction
from .teams import AccessKey, User

__all__ = [
    "AccessKey",
    "Alias",
    "AliasRevision",
    "AuditEntry",
    "CodePackage",
    "Function",
    "FunctionConfiguration",
    "Service",
    "User",
    "Version",
    "VersionFunction",
]
