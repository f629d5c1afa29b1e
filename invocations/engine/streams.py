"""Bodies of HTTP calls on their way: the request's into an instance, the answer's out of it, in pieces."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol, TypeAlias

from invocations.engine.http import HttpAnswer
from invocations.engine.outcome import Outcome

HIGH_WATER = 256 * 1024
"""Bytes of an answer that are held for a slow caller; beyond them the instance has to wait."""


class CallerGone(Exception):
    """The caller hung up: there is nobody to answer, and nobody to hear more from."""


class AnswerBroken(Exception):
    """The function failed after its answer had begun; the rest of it will never come."""


Upload: TypeAlias = Callable[[], Awaitable[bytes]]
"""The next bytes of a request's body, empty at its end. Raises `CallerGone`."""


class Source(Protocol):
    """Whom an answer comes from."""

    def hold(self) -> None:
        """Send no more for now, if that can be."""

    def go_on(self) -> None: ...

    def caller_left(self) -> None:
        """Nobody wants the rest."""


class AnswerStream:
    """An answer that began before its function ended. One reader, who reads to the end or leaves."""

    def __init__(self, answer: HttpAnswer, first: bytes, source: Source) -> None:
        self.answer = answer
        self.ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        """How the invocation ended, read or not; its payload is an error's or empty."""
        self.left = False
        """Whether the reader left before the end."""
        self._source: Source | None = source
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._waiter: asyncio.Future[None] | None = None
        self.feed(first)

    # Of the instance --------------------------------------------------------------------------------------

    def feed(self, piece: bytes) -> None:
        if self.left or not piece:
            return
        self._pieces.append(piece)
        self._held += len(piece)
        if self._held > HIGH_WATER and self._source is not None:
            self._source.hold()
        self._wake()

    def finish(self, outcome: Outcome) -> None:
        self._source = None
        self.ended.set_result(outcome)
        self._wake()

    # Of the reader ----------------------------------------------------------------------------------------

    async def read(self) -> bytes:
        """All that has come since the last time, empty at the end. Raises `AnswerBroken`."""
        while not (self._pieces or self.left or self.ended.done()):
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if not self._pieces:
            if self.left or self.ended.result().http is None:
                raise AnswerBroken
            return b""
        piece = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._empty()
        return piece

    async def whole(self) -> Outcome:
        """The end of the invocation with the whole answer in it, as if it had never been cut up."""
        pieces = []
        try:
            while piece := await self.read():
                pieces.append(piece)
        except AnswerBroken:
            return await self.ended
        return replace(await self.ended, payload=b"".join(pieces))

    def leave(self) -> None:
        """Read no more. The function is told, and ends in its own time."""
        if self.left or self.ended.done():
            return
        self.left = True
        self._empty()
        if self._source is not None:
            self._source.caller_left()
        self._wake()

    def _empty(self) -> None:
        self._pieces.clear()
        self._held = 0
        if self._source is not None:
            self._source.go_on()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
