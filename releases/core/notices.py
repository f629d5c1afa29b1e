"""What people are told of."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    REVIEW_WANTED = "review_wanted"
    REVIEWED = "reviewed"
    EDITED = "edited"
    APPLIED = "applied"
    ENDED = "ended"
    SUSPENDED = "suspended"
    GLASS_BROKEN = "glass_broken"
    NOT_RATIFIED = "not_ratified"
    COMMENTED = "commented"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def needs_action(self) -> bool:
        """Whether it waits for the person it is sent to."""
        return self in {Kind.REVIEW_WANTED, Kind.SUSPENDED, Kind.GLASS_BROKEN, Kind.NOT_RATIFIED}


_LABELS = {
    Kind.REVIEW_WANTED: "A change waits for your review",
    Kind.REVIEWED: "Somebody reviewed your change",
    Kind.EDITED: "A change you reviewed was edited",
    Kind.APPLIED: "A change was applied",
    Kind.ENDED: "A change was rejected, cancelled or expired",
    Kind.SUSPENDED: "A scheduled change could not be applied",
    Kind.GLASS_BROKEN: "Somebody broke the glass",
    Kind.NOT_RATIFIED: "A break-glass change was not ratified in time",
    Kind.COMMENTED: "Somebody commented on a change",
}

TEST: Final = "test"
"""The event of a webhook call that means nothing."""
