"""Rows of the release side: facts only. Rules live in `releases.core`, writes in `releases.operations`."""

from __future__ import annotations

from .aliases import Alias, AliasRevision
from .audit import AuditCheck, AuditEntry
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
from .changes import ChangeComment, ChangePayload, ChangeRequest, ChangeReview
from .notices import Notice, Outgoing, Preference, Webhook
from .teams import AccessKey, Group, Invitation, Membership, Team, User

__all__ = [
    "CONFIGURATION_COLUMNS",
    "AccessKey",
    "Alias",
    "AliasRevision",
    "AuditCheck",
    "AuditEntry",
    "ChangeComment",
    "ChangePayload",
    "ChangeRequest",
    "ChangeReview",
    "CodePackage",
    "Function",
    "FunctionConfiguration",
    "Group",
    "Invitation",
    "Membership",
    "Notice",
    "Outgoing",
    "Preference",
    "Service",
    "Team",
    "Trigger",
    "User",
    "Version",
    "VersionFunction",
    "Webhook",
]
