"""How many instances everybody may have: the ceilings, and who gives way to whom below them.

At a ceiling instances go from those who have more to those who have less, one at a time, until they have
equally many or need no more. So a flooded function keeps no other from running, and two flooded ones share.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable

from invocations.engine.demand import Demand
from invocations.engine.fleet import Fleet
from invocations.engine.instance import Instance
from invocations.engine.limits import Limits

UNUSED_S = 1.0
"""An instance idle for so long is not needed by the versions that share its ceiling."""

SLICE_S = 0.2
"""An instance works so long at least before it gives way: starting one for each call would serve nobody."""


class Ceilings:
    """Counts instances from the decision to start one until nothing is left of it."""

    def __init__(self, limits: Limits, demand: Demand) -> None:
        self._limits = limits
        self._demand = demand
        self._loop = asyncio.get_running_loop()
        self._per_function: Counter[tuple[str, ...]] = Counter()
        self._hungry: dict[Fleet, None] = {}
        """Who waits for room, in order of asking."""
        self._promised: dict[Fleet, None] = {}
        self.size = 0

    def room_for(self, fleet: Fleet) -> int:
        """How many instances the fleet may start now."""
        of_function = self._limits.per_function - self._per_function[fleet.bundle.function_key]
        return max(0, min(of_function, self._limits.total - self.size))

    def take(self, fleet: Fleet) -> None:
        """The fleet starts an instance."""
        self.size += 1
        self._per_function[fleet.bundle.function_key] += 1

    def give_back(self, fleet: Fleet) -> None:
        """One of the fleet's instances is gone: whoever was promised its room may grow."""
        self.size -= 1
        key = fleet.bundle.function_key
        self._per_function[key] -= 1
        if not self._per_function[key]:
            del self._per_function[key]
        promised, self._promised = self._promised, {}
        for waiting in promised:
            waiting.grow()

    def make_room_for(self, taker: Fleet, fleets: Iterable[Fleet]) -> None:
        """End the instance that is idle longest among those whose end helps; note who must wait.

        A fleet that has instances takes only what has been idle for a while: two busy fleets under one
        ceiling would otherwise end each other's instances between any two calls.
        """
        if taker in self._promised:
            return
        unused_since = self._loop.time() - (UNUSED_S if taker.size else 0.0)
        idle = [
            instance
            for giver in fleets
            if giver is not taker and self._helps(giver, taker)
            for instance in giver.idle
            if instance.since <= unused_since or not self._demand.is_routed(instance.bundle)
        ]
        if idle:
            self._promised[taker] = None
            min(idle, key=lambda instance: instance.since).end()
        else:
            self._hungry[taker] = None

    def must_yield(self, giver: Fleet, instance: Instance) -> bool:
        """Whether this instance, which has just become free, gives way to another fleet."""
        if not self._hungry or self._loop.time() - instance.started_at < SLICE_S:
            return False
        for taker in tuple(self._hungry):
            if not taker.queue:
                del self._hungry[taker]
            elif taker is not giver and self._helps(giver, taker) and self._has_more(giver, taker):
                del self._hungry[taker]
                self._promised[taker] = None
                return True
        return False

    def _helps(self, giver: Fleet, taker: Fleet) -> bool:
        """Whether the end of one of the giver's instances lets the taker start one."""
        key = taker.bundle.function_key
        if self._per_function[key] >= self._limits.per_function:
            return giver.bundle.function_key == key
        return self.size >= self._limits.total

    def _has_more(self, giver: Fleet, taker: Fleet) -> bool:
        """Whether the giver, or between two functions its function, still has as many after giving one.

        Who has none comes before anybody who has some.
        """
        if taker.size == 0:
            return True
        mine, theirs = giver.bundle.function_key, taker.bundle.function_key
        if mine == theirs:
            return giver.size > taker.size + 1
        return self._per_function[mine] > self._per_function[theirs] + 1
