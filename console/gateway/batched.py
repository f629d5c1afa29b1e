"""Coalescing: many askers, one run."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

K = TypeVar("K")


class Batched(Generic[K]):
    """Runs `work` on sets of keys, one run at a time, `every_s` apart; keys asked meanwhile share the next.

    Whoever awaits the run that `ask` returns sees all that had been committed before, for it begins later.
    `work` handles its own failures.
    """

    def __init__(self, work: Callable[[set[K]], Awaitable[None]], *, every_s: float = 0.0) -> None:
        self._work = work
        self._every_s = every_s
        self._lock = asyncio.Lock()
        self._keys: set[K] = set()
        self._next: asyncio.Task[None] | None = None
        self._began = float("-inf")

    def ask(self, keys: set[K]) -> asyncio.Future[None]:
        """Put `keys` into the next run. Cancelling the future does not stop the run, which others share."""
        self._keys |= keys
        if self._next is None:
            self._next = asyncio.create_task(self._run())
        return asyncio.shield(self._next)

    async def _run(self) -> None:
        async with self._lock:
            clock = asyncio.get_running_loop().time
            await asyncio.sleep(self._began + self._every_s - clock())
            keys, self._keys, self._next = self._keys, set(), None
            self._began = clock()
            await self._work(keys)
