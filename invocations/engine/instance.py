"""One instance: a sandboxed process that runs one function of one version, one invocation at a time."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import Protocol
from uuid import uuid4

from invocations.engine import log
from invocations.engine.bundle import Bundle
from invocations.engine.call import Call
from invocations.engine.exchange import Exchange, OutOfTurn
from invocations.engine.http import BadAnswer, HttpAnswer, read_answer
from invocations.engine.limits import Limits
from invocations.engine.outcome import Kind, Outcome, bad_answer, exited, out_of_memory, timed_out
from invocations.engine.protocol import ANSWER, FrameReader, Hear, Say, call_head, http_call_head
from invocations.engine.sandbox import Process
from invocations.engine.start import start_frame

BOOT_S = 10.0
"""How long a sandbox and its interpreter may take to come up; never charged to the function."""

_ERROR_BYTES = 1024 * 1024
# Below this, joining head and payload is cheaper than handing over two pieces.
_COPIED_BYTES = 64 * 1024
_ANSWERS: dict[int, Kind] = {
    Hear.OK: Kind.OK,
    Hear.HANDLED: Kind.HANDLED,
    Hear.EXCEPTION: Kind.EXCEPTION,
    Hear.MEMORY: Kind.MEMORY,
}
_PIECES = frozenset((Hear.BEGIN, Hear.CHUNK))
_START_FAILURES: dict[int, Kind] = {Hear.LOAD: Kind.LOAD, Hear.INIT: Kind.INIT, Hear.MEMORY: Kind.MEMORY}
# After these the process is sound: its globals are kept, as Function Compute keeps them.
_KEPT = frozenset({Kind.OK, Kind.HANDLED, Kind.EXCEPTION})


class State(Enum):
    BOOTING = auto()
    STARTING = auto()
    IDLE = auto()
    BUSY = auto()
    ENDED = auto()


class Owner(Protocol):
    """Who keeps instances and hears what becomes of them."""

    def booted(self, instance: Instance) -> Call | None:
        """The call for which the instance now loads its function, if one waits."""

    def freed(self, instance: Instance) -> None:
        """The instance is idle."""

    def not_booted(self, instance: Instance, reason: str) -> None:
        """The process never came up."""

    def ended(self, instance: Instance) -> None:
        """The instance takes no more calls; its process may still be dying."""

    def buried(self, instance: Instance) -> None:
        """Nothing is left of the instance."""


class Instance:
    """The engine's side of one process. All of it happens on the loop's thread."""

    def __init__(
        self,
        *,
        owner: Owner,
        bundle: Bundle,
        limits: Limits,
        instance_id: str,
        code_path: str,
        process: Process,
        log_pipe: log.LogPipe,
    ) -> None:
        self.bundle = bundle
        self.instance_id = instance_id
        self.process = process
        self.state = State.BOOTING
        self.sequence = 0
        self.memory_kb = 0
        self.call: Call | None = None
        self._exchange: Exchange | None = None
        """Of the call, when it is an HTTP call."""
        self._owner = owner
        self._limits = limits
        self._code_path = code_path
        self._log = log_pipe
        self._memory_limit_kb = bundle.memory_mb * 1024
        self._channel = FrameReader(self, max_body=limits.payload_bytes + _ERROR_BYTES)
        self._loop = asyncio.get_running_loop()
        self.since = self._loop.time()
        """When the present state began, on the loop's clock."""
        self._deadline = self.since + BOOT_S
        self._overdue = False
        self._loop.add_reader(process.pidfd, self._died)

    def channel(self) -> FrameReader:
        """The protocol of the instance's socket."""
        return self._channel

    def begin(self, call: Call) -> None:
        """Send the call. The instance must be idle."""
        self.call = call
        self._enter(State.BUSY, self.bundle.timeout_s)
        self.sequence += 1
        self._log.open()
        payload = call.payload
        if call.http is None:
            head = call_head(self.sequence, call.request_id, call.qualifier, len(payload))
        else:
            kind = Say.HTTP if call.upload is None else Say.HTTP_OPEN
            head = http_call_head(
                self.sequence, call.request_id, call.qualifier, call.http, len(payload), kind=kind
            )
            self._exchange = Exchange(
                self._channel, call, sequence=self.sequence, max_bytes=self._limits.payload_bytes
            )
        if len(payload) < _COPIED_BYTES:
            self._channel.transport.write(head + payload)
        else:
            self._channel.transport.writelines((head, payload))

    def end(self, kind: Kind = Kind.CRASH, *, reason: str = "") -> None:
        """Kill the process. A call that it had ends as this kind; `reason` says why it did not boot."""
        if self.state is State.ENDED:
            return
        text = self._take_log()
        was, self.state = self.state, State.ENDED
        self._channel.close()
        self.process.kill()
        self._owner.ended(self)
        if was is State.BOOTING:
            self._owner.not_booted(self, reason or _last_line(text) or "the process ended at once")
        elif self.call is not None:
            duration_us = self._elapsed_us()
            self._finish(kind, self._error(kind, was, duration_us), duration_us, text)

    def tick(self, now: float) -> None:
        """Called a few times a second: what has run out of time ends."""
        self._log.tick()
        if now < self._deadline or self.state in {State.IDLE, State.ENDED}:
            return
        if not self._overdue:
            # If it was this process that stood still, the answer lies in the socket and is read first.
            self._overdue = True
            return
        self.end(Kind.TIMEOUT, reason=f"the process did not come up within {BOOT_S:.0f} seconds")

    def uses(self, memory_kb: int) -> None:
        """Note a sample of the memory of all its processes; too much of it ends the instance."""
        self.memory_kb = max(self.memory_kb, memory_kb)
        if memory_kb > self._memory_limit_kb:
            self.end(Kind.MEMORY)

    # Frames -----------------------------------------------------------------------------------------------

    def frame_received(self, sequence: int, kind: int, body: memoryview) -> None:
        if sequence != self.sequence:
            self.end()
        elif kind in _PIECES:
            self._piece_received(kind, body)
        elif len(body) < ANSWER.size:
            self.end()
        else:
            self._answered(kind, body)

    def _answered(self, kind: int, body: memoryview) -> None:
        duration_us, memory_kb = ANSWER.unpack_from(body)
        self.memory_kb = max(self.memory_kb, memory_kb)
        if self.state is State.BUSY and self._exchange is not None and kind in {Hear.OK, Hear.HTTP}:
            self._answered_http(kind, duration_us, body[ANSWER.size :])
        elif self.state is State.BUSY and kind in _ANSWERS:
            self._ended(_ANSWERS[kind], bytes(body[ANSWER.size :]), duration_us)
        elif self.state is State.BOOTING and kind == Hear.HELLO:
            self._booted()
        elif self.state is State.STARTING and kind == Hear.READY:
            self._ready()
        elif self.state is State.STARTING and kind in _START_FAILURES:
            self._ended(_START_FAILURES[kind], bytes(body[ANSWER.size :]), duration_us)
        else:
            self.end()

    def nonsense_received(self) -> None:
        self.end()

    def disconnected(self) -> None:
        self.end()

    def _booted(self) -> None:
        self.call = call = self._owner.booted(self)
        bundle = self.bundle
        self._enter(
            State.STARTING, bundle.initialization_timeout_s if bundle.initializer else bundle.timeout_s
        )
        start = start_frame(
            bundle,
            limits=self._limits,
            code_path=self._code_path,
            instance_id=self.instance_id,
            request_id=call.request_id.decode() if call else str(uuid4()),
            qualifier=call.qualifier.decode() if call else bundle.version,
        )
        self._channel.transport.write(start)

    def _ready(self) -> None:
        self._take_log()
        if self.call is None:
            self._rest()
        else:
            self.begin(self.call)

    def _answered_http(self, kind: int, duration_us: int, body: memoryview) -> None:
        """A whole answer, or the end of one that has begun."""
        begun = self._exchange.begun if self._exchange else None
        if (begun is None) != (kind == Hear.HTTP):
            self.end()
            return
        if begun is not None:
            self._ended(Kind.OK, b"", duration_us, begun)
            return
        try:
            answer, payload = read_answer(body)
        except BadAnswer as bad:
            self._ended(Kind.EXCEPTION, bad_answer(str(bad)), duration_us)
        else:
            self._ended(Kind.OK, payload, duration_us, answer)

    def _piece_received(self, kind: int, body: memoryview) -> None:
        """More of an answer that its function still works on."""
        if self._exchange is None:
            self.end()
            return
        try:
            self._exchange.hear(kind, body)
        except OutOfTurn:
            self.end()
        except BadAnswer as bad:
            # More of it would follow: the caller hears why it cannot be sent on, and the process goes.
            duration_us = self._elapsed_us()
            self._finish(Kind.EXCEPTION, bad_answer(str(bad)), duration_us, self._take_log())
            self.end()

    def _ended(self, kind: Kind, payload: bytes, duration_us: int, http: HttpAnswer | None = None) -> None:
        """The process answered by itself, and is kept if it is sound."""
        text = self._take_log()
        if self.memory_kb > self._memory_limit_kb:
            kind = Kind.MEMORY
        if kind is Kind.MEMORY:
            payload, http = self._error(kind, self.state, 0), None
        self._finish(kind, payload, duration_us, text, http)
        if kind in _KEPT:
            self._rest()
        else:
            self.end()

    def _rest(self) -> None:
        self._enter(State.IDLE, 0)
        self._owner.freed(self)

    def _take_log(self) -> bytes:
        """What the invocation has written; what the start wrote becomes the call's prologue."""
        text = self._log.take()
        call = self.call
        if self.state is not State.STARTING or call is None:
            return text
        call.prologue = log.initialization(call.request_id, text) if self.bundle.initializer else text
        return b""

    # Ends -------------------------------------------------------------------------------------------------

    def _enter(self, state: State, seconds: float) -> None:
        self.state = state
        self.since = self._loop.time()
        self._deadline = self.since + seconds
        self._overdue = False

    def _elapsed_us(self) -> int:
        return int((self._loop.time() - self.since) * 1_000_000)

    def _finish(
        self, kind: Kind, payload: bytes, duration_us: int, text: bytes, http: HttpAnswer | None = None
    ) -> None:
        call, self.call = self.call, None
        exchange, self._exchange = self._exchange, None
        if call is None or (exchange is None and call.future.done()):  # nobody waits any more
            return
        text = log.invocation(
            call.request_id,
            text,
            kind=kind,
            payload=payload,
            duration_us=duration_us,
            memory_mb=self.bundle.memory_mb,
            memory_kb=self.memory_kb,
        )
        text = call.prologue + text
        outcome = Outcome(kind, payload, text, duration_us, self.memory_kb, self.instance_id, call.cold, http)
        if exchange is None:
            call.future.set_result(outcome)
        else:
            exchange.finish(outcome)

    def _error(self, kind: Kind, state: State, duration_us: int) -> bytes:
        bundle = self.bundle
        if kind is Kind.MEMORY:
            return out_of_memory(limit_mb=bundle.memory_mb, used_kb=self.memory_kb)
        if kind is not Kind.TIMEOUT:
            return exited(duration_us=duration_us, memory_kb=self.memory_kb)
        if state is State.STARTING and bundle.initializer:
            return timed_out(bundle.initialization_timeout_s, what="Function initialization")
        return timed_out(bundle.timeout_s)

    def _died(self) -> None:
        self._loop.remove_reader(self.process.pidfd)
        self.end()
        self.process.reap()
        self._log.close()
        self._owner.buried(self)


def _last_line(text: bytes) -> str:
    lines = text.decode("utf-8", "replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
