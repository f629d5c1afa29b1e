"""The instances of one bundle, and the invocations that wait for them."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol

from invocations.engine.bundle import Bundle
from invocations.engine.call import Call
from invocations.engine.instance import Instance
from invocations.engine.limits import Limits
from invocations.engine.sandbox import SandboxUnavailable

GROW_AFTER_S = 0.010
"""A fleet that has instances gets another when an invocation has waited this long: about a cold start."""

_STARTS_AT_ONCE = 2
# A backlog seen at so many looks in a row deserves one instance more, though each call waits but briefly.
_BACKLOG_LOOKS = 5


class ResourceExhausted(Exception):
    """The queue is full, or the engine is closing: try again later."""


class Ceilings(Protocol):
    """Who decides over the number of instances."""

    def room_for(self, fleet: Fleet) -> int:
        """How many instances the fleet may start now."""

    def make_room_for(self, fleet: Fleet) -> None:
        """End somebody's idle instance, if that can help."""

    def launch(self, fleet: Fleet) -> None:
        """Start an instance; the fleet hears when it has booted, or that it has not."""

    def must_yield(self, fleet: Fleet) -> bool:
        """Whether another fleet, which has none, is to have the instance that has just become free."""

    def left(self, fleet: Fleet, instance: Instance | None) -> None:
        """One of the fleet's instances is gone for good, or never came to be."""


class Fleet:
    """Hands each call to the instance that was used last, or makes it wait in order of arrival."""

    def __init__(self, bundle: Bundle, *, limits: Limits, ceilings: Ceilings) -> None:
        self.bundle = bundle
        self.queue: deque[Call] = deque()
        self.idle: list[Instance] = []
        self.size = 0
        """Instances, from the decision to start one until nothing is left of it."""
        self.booting = 0
        self._limits = limits
        self._ceilings = ceilings
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._looks = 0

    def submit(self, call: Call) -> None:
        """Begin the call, or queue it. Raises `ResourceExhausted`."""
        if self.idle:
            self.idle.pop().begin(call)
            return
        waiting = len(self.queue)
        if waiting >= self._limits.queue and waiting >= self.booting + self._ceilings.room_for(self):
            raise ResourceExhausted(f"{waiting} invocations of this function already wait for an instance")
        self.queue.append(call)
        if self.size == 0:
            self.grow()
        self._look_again_soon()

    def fail_all(self, error: Exception) -> None:
        while (call := self._next()) is not None:
            call.future.set_exception(error)

    # What instances tell ----------------------------------------------------------------------------------

    def booted(self, _instance: Instance) -> Call | None:
        self.booting -= 1
        call = self._next()
        if call is not None:
            call.cold = True
        return call

    def not_booted(self, _instance: Instance, reason: str) -> None:
        self._fail_next(SandboxUnavailable(reason))

    def not_launched(self, error: Exception) -> None:
        """An instance that was to be started never came to be."""
        self._fail_next(error)
        self.size -= 1
        self._ceilings.left(self, None)

    def _fail_next(self, error: Exception) -> None:
        """The first call in line hears why it has no instance; the others get a try of their own."""
        self.booting -= 1
        call = self._next()
        if call is not None:
            call.future.set_exception(error)

    def freed(self, instance: Instance) -> None:
        if self._ceilings.must_yield(self):
            instance.end()
            return
        call = self._next()
        if call is None:
            self.idle.append(instance)
        else:
            instance.begin(call)

    def ended(self, instance: Instance) -> None:
        if instance in self.idle:
            self.idle.remove(instance)

    def buried(self, instance: Instance) -> None:
        self.size -= 1
        self._ceilings.left(self, instance)
        if self.queue and self.size == 0:
            self.grow()

    # Growing ----------------------------------------------------------------------------------------------

    def _next(self) -> Call | None:
        """The first call in line that somebody still waits for."""
        while self.queue:
            call = self.queue.popleft()
            if not call.future.done():
                return call
        return None

    def grow(self) -> None:
        """Start instances for the calls that wait, as far as there is room."""
        if len(self.queue) > self.booting and not self._ceilings.room_for(self):
            self._ceilings.make_room_for(self)
        self._start(_STARTS_AT_ONCE)

    def _start(self, at_most: int) -> None:
        wanted = min(len(self.queue) - self.booting, at_most)
        for _ in range(min(wanted, self._ceilings.room_for(self))):
            self.size += 1
            self.booting += 1
            self._ceilings.launch(self)

    def _look_again_soon(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(GROW_AFTER_S, self._look_again)

    def _look_again(self) -> None:
        self._timer = None
        while self.queue and self.queue[0].future.done():
            self.queue.popleft()
        if not self.queue:
            self._looks = 0
            return
        self._looks += 1
        if self._loop.time() - self.queue[0].waiting_since >= GROW_AFTER_S:
            self.grow()
        elif self._looks % _BACKLOG_LOOKS == 0:
            self._start(1)
        self._look_again_soon()
