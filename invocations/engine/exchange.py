"""The bodies of one HTTP call, between its caller and its instance, where they travel in pieces."""

from __future__ import annotations

import asyncio

from invocations.engine.call import Call
from invocations.engine.http import BODILESS, HttpAnswer, read_answer
from invocations.engine.outcome import Outcome
from invocations.engine.protocol import FrameReader, Hear, Say, frame
from invocations.engine.streams import AnswerStream, CallerGone, Upload


class OutOfTurn(Exception):
    """The instance said what it may not say now."""


class Exchange:
    """Sends the rest of a request while the function runs, and passes on an answer as it comes."""

    def __init__(self, channel: FrameReader, call: Call, *, sequence: int, max_bytes: int) -> None:
        self._channel = channel
        self._call = call
        self._sequence = sequence
        self._left = max_bytes
        self._stream: AnswerStream | None = None
        self._sending: asyncio.Task[None] | None = None
        if call.upload is not None:
            self._sending = asyncio.get_running_loop().create_task(self._send_rest(call.upload))

    @property
    def begun(self) -> HttpAnswer | None:
        """The answer, if it began before its function ended."""
        return None if self._stream is None else self._stream.answer

    def hear(self, kind: int, body: memoryview) -> None:
        """Take a BEGIN or a CHUNK. Raises `OutOfTurn` and `BadAnswer`."""
        if kind == Hear.BEGIN:
            piece = self._begin(body)
        else:
            piece = bytes(body)
            self._continue(piece)
        self._left -= len(piece)
        if self._left < 0:
            raise OutOfTurn

    def finish(self, outcome: Outcome) -> None:
        """The call has ended: nothing more of it is sent or read."""
        if self._sending is not None:
            self._sending.cancel()
        if self._stream is not None:
            self._channel.go_on()
            self._stream.finish(outcome)
        elif not self._call.future.done():  # somebody waits still
            self._call.future.set_result(outcome)

    def _begin(self, body: memoryview) -> bytes:
        # Neither is an answer to HEAD to have a body, nor one of these statuses.
        if self._stream is not None or (self._call.http or b"").startswith(b"HEAD\0"):
            raise OutOfTurn
        answer, piece = read_answer(body)
        if answer.status in BODILESS:
            raise OutOfTurn
        self._stream = AnswerStream(answer, piece, self)
        if self._call.future.done():  # nobody waits any more
            self._stream.leave()
        else:
            self._call.future.set_result(self._stream)
        return piece

    def _continue(self, piece: bytes) -> None:
        if self._stream is None:
            raise OutOfTurn
        self._stream.feed(piece)

    async def _send_rest(self, upload: Upload) -> None:
        try:
            while piece := await upload():
                await self._channel.send(frame(Say.BODY, self._sequence, piece))
            await self._channel.send(frame(Say.BODY, self._sequence, b""))
        except CallerGone:
            self.caller_left()

    # What the reader of the answer wishes -----------------------------------------------------------------

    def hold(self) -> None:
        """Make the function wait with its answer, but not while its request still comes.

        Many callers send all of it before they read anything: each side would wait for the other.
        """
        if self._sending is None or self._sending.done():
            self._channel.hold()

    def go_on(self) -> None:
        self._channel.go_on()

    def caller_left(self) -> None:
        self._channel.transport.write(frame(Say.GONE, self._sequence, b""))
