"""What an invitation is worth: who holds its link joins a team once, while it is open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Final


class State(StrEnum):
    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


SENTENCES: Final[Mapping[State, str]] = {
    State.USED: "This invitation has been used. Each link lets one person in, once.",
    State.REVOKED: "This invitation was withdrawn.",
    State.EXPIRED: "This invitation has expired.",
}
"""What somebody with a link that is no longer open is told. Of the team he learns nothing."""

MAX_LIFE: Final = timedelta(days=30)


def state(*, used: bool, revoked: bool, expires_at: datetime, at: datetime) -> State:
    """Where an invitation stands at a time. It is over from `expires_at` on."""
    if used:
        return State.USED
    if revoked:
        return State.REVOKED
    return State.EXPIRED if at >= expires_at else State.OPEN


def digest(secret: str) -> str:
    """What is kept of a link's secret."""
    return sha256(secret.encode()).hexdigest()
