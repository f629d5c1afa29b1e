"""What instances are wanted for, as whoever routes calls to the engine knows it."""

from __future__ import annotations

from typing import Protocol

from invocations.engine.bundle import Bundle


class Demand(Protocol):
    """Asked several times a second, so it answers from memory."""

    def is_routed(self, bundle: Bundle) -> bool:
        """Whether a call that comes now may still lead to this bundle."""


class Anything:
    """The demand of an engine that nobody routes for: every bundle may be called again."""

    def is_routed(self, bundle: Bundle) -> bool:
        return True
