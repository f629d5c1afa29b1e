"""The instances of an engine: who runs what, how many, and for how long."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from invocations.engine.bundle import Bundle
from invocations.engine.call import Call
from invocations.engine.code import CodeCache, FetchCode
from invocations.engine.fleet import Fleet, ResourceExhausted
from invocations.engine.http import HttpCall, call_head_of
from invocations.engine.instance import Instance, State
from invocations.engine.launch import Launcher
from invocations.engine.limits import Limits
from invocations.engine.outcome import Outcome
from invocations.engine.runtime import Runtime
from invocations.engine.sandbox import Sandbox, SandboxUnavailable
from invocations.engine.storage import Storage
from invocations.engine.streams import AnswerStream, Upload

__all__ = ["Limits", "Pool", "ResourceExhausted", "SandboxUnavailable", "Stats"]

TICK_S = 0.05
"""How often time-outs and memory are looked at; a time-out comes at most two ticks late."""

UNUSED_S = 1.0
"""An instance idle for so long is not needed by the versions that share its ceiling."""

_NAME_BYTES = 255
_SLOW_TICKS = 20
# Looking at an instance's memory takes about 0.1 ms: a tick does no more than so many.
_SAMPLES_PER_TICK = 16


@dataclass(frozen=True, slots=True)
class Stats:
    instances: int
    busy: int
    queued: int
    cold_starts: int
    """Instances started since the engine was."""


class Pool:
    """Runs bundles in sandboxed instances.

    It belongs to one event loop, and instances live no longer than that loop's thread.
    """

    def __init__(
        self,
        *,
        home: Path,
        fetch_code: FetchCode,
        runtimes: Mapping[str, Runtime],
        limits: Limits,
        unsafe: bool = False,
    ) -> None:
        self._home = home
        self._fetch_code = fetch_code
        self._runtimes = runtimes
        self._limits = limits
        self._unsafe = unsafe
        self._loop: asyncio.AbstractEventLoop
        self._launcher: Launcher
        self._codes: CodeCache
        self._ticker: asyncio.TimerHandle | None = None
        self._ticks = 0
        self._fleets: dict[str, Fleet] = {}
        self._instances: set[Instance] = set()
        self._launches: set[asyncio.Task[None]] = set()
        self._per_function: Counter[tuple[str, ...]] = Counter()
        self._size = 0
        self._cold_starts = 0
        self._starving: dict[Fleet, None] = {}
        self._promised: dict[Fleet, None] = {}
        self._closing = False
        self._quiet = asyncio.Event()
        self._empty = asyncio.Event()

    async def start(self) -> None:
        """Make the runtimes' copies and see that an instance boots. Raises `SandboxUnavailable`."""
        self._loop = asyncio.get_running_loop()
        storage = await asyncio.to_thread(self._prepare)
        sandbox = Sandbox(storage, unsafe=self._unsafe)
        self._launcher = Launcher(sandbox, runtimes=self._runtimes, limits=self._limits)
        self._codes = CodeCache(storage.code, self._fetch_code)
        await self._launcher.probe(storage.code)
        self._ticker = self._loop.call_later(TICK_S, self._tick)

    def _prepare(self) -> Storage:
        storage = Storage.open(self._home)
        storage.clean()
        for runtime in self._runtimes.values():
            runtime.install(storage.runtimes)
        return storage

    async def close(self) -> None:
        """Let what runs finish, for a while; then end everything and wait until nothing is left."""
        self._closing = True
        if self._ticker is None:
            return
        if self._is_working():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._quiet.wait(), self._limits.drain_s)
        for task in self._launches:
            task.cancel()
        await asyncio.gather(*self._launches, return_exceptions=True)
        for fleet in self._fleets.values():
            fleet.fail_all(ResourceExhausted("the engine is closing"))
        for instance in tuple(self._instances):
            instance.end()
        while self._instances:
            self._empty.clear()
            await self._empty.wait()
        self._ticker.cancel()

    async def invoke(
        self,
        bundle: Bundle,
        *,
        request_id: str,
        qualifier: str,
        payload: bytes,
    ) -> Outcome:
        """Run an event function once. `qualifier` is what the caller named.

        Raises `ResourceExhausted`, `SandboxUnavailable`, `BadPackage`, whatever fetching the code raises, and
        `ValueError` when the qualifier or the request id is longer than 255 bytes.
        """
        reply = await self._submit(bundle, self._call(request_id, qualifier, payload))
        return cast(Outcome, reply)  # only the answers of HTTP calls are streamed

    async def serve(
        self,
        bundle: Bundle,
        *,
        request_id: str,
        qualifier: str,
        http: HttpCall,
        payload: bytes,
        upload: Upload | None = None,
    ) -> Outcome | AnswerStream:
        """Run an HTTP function once. `http` is the head of its request, `payload` the body.

        With `upload` the payload is only the body's beginning, and the head must state its whole length. The
        answer comes whole with the outcome, or, when the function takes its time over it, as a stream that
        has begun. Raises what `invoke` raises.
        """
        call = self._call(request_id, qualifier, payload)
        call.http = call_head_of(http)
        call.upload = upload
        return await self._submit(bundle, call)

    def _call(self, request_id: str, qualifier: str, payload: bytes) -> Call:
        request, named = request_id.encode(), qualifier.encode()
        if len(request) > _NAME_BYTES or len(named) > _NAME_BYTES:
            raise ValueError("request id and qualifier have at most 255 bytes")
        return Call(self._loop.create_future(), request, named, payload, self._loop.time())

    async def _submit(self, bundle: Bundle, call: Call) -> Outcome | AnswerStream:
        if self._closing:
            raise ResourceExhausted("the engine is closing")
        fleet = self._fleets.get(bundle.identity)
        if fleet is None:
            fleet = self._fleets[bundle.identity] = Fleet(bundle, limits=self._limits, ceilings=self)
        fleet.submit(call)
        return await call.future

    def stats(self) -> Stats:
        return Stats(
            instances=self._size,
            busy=sum(instance.call is not None for instance in self._instances),
            queued=sum(len(fleet.queue) for fleet in self._fleets.values()),
            cold_starts=self._cold_starts,
        )

    # What fleets ask --------------------------------------------------------------------------------------

    def room_for(self, fleet: Fleet) -> int:
        of_function = self._limits.per_function - self._per_function[fleet.bundle.function_key]
        return max(0, min(of_function, self._limits.total - self._size))

    def make_room_for(self, fleet: Fleet) -> None:
        """End the instance that is idle longest among those whose end helps.

        A fleet that has instances takes only what has been idle for a while: two busy fleets under one
        ceiling would otherwise end each other's instances between any two calls. When none is idle, a fleet
        without instances is given the next one that becomes free.
        """
        if fleet in self._promised:
            return
        unused_since = self._loop.time() - (UNUSED_S if fleet.size else 0.0)
        idle = [
            instance
            for other in self._fleets.values()
            if other is not fleet and self._helps(other, fleet)
            for instance in other.idle
            if instance.since <= unused_since
        ]
        if idle:
            self._promised[fleet] = None
            min(idle, key=lambda instance: instance.since).end()
        elif fleet.size == 0:
            self._starving[fleet] = None

    def must_yield(self, fleet: Fleet) -> bool:
        if not self._starving:
            return False
        for starving in tuple(self._starving):
            if starving.size or not starving.queue:
                del self._starving[starving]
            elif self._helps(fleet, starving):
                del self._starving[starving]
                self._promised[starving] = None
                return True
        return False

    def launch(self, fleet: Fleet) -> None:
        self._size += 1
        self._per_function[fleet.bundle.function_key] += 1
        self._cold_starts += 1
        task = self._loop.create_task(self._launch(fleet))
        self._launches.add(task)
        task.add_done_callback(self._launches.discard)

    def left(self, fleet: Fleet, instance: Instance | None) -> None:
        if instance is not None:
            self._instances.discard(instance)
        self._size -= 1
        key = fleet.bundle.function_key
        self._per_function[key] -= 1
        if not self._per_function[key]:
            del self._per_function[key]
        promised, self._promised = self._promised, {}
        for waiting in promised:
            waiting.grow()
        if not self._instances:
            self._empty.set()

    def _helps(self, giver: Fleet, taker: Fleet) -> bool:
        """Whether the end of one of the giver's instances lets the taker start one."""
        key = taker.bundle.function_key
        if self._per_function[key] >= self._limits.per_function:
            return giver.bundle.function_key == key
        return self._size >= self._limits.total

    async def _launch(self, fleet: Fleet) -> None:
        instance: Instance | None = None
        try:
            code = await self._codes.folder(fleet.bundle.code_digest)
            instance, channel = self._launcher.spawn(fleet.bundle, code, owner=fleet)
            self._instances.add(instance)
            await self._loop.create_unix_connection(instance.channel, sock=channel)
        except (Exception, asyncio.CancelledError) as error:
            if instance is not None:
                instance.end(reason=str(error))
            elif isinstance(error, asyncio.CancelledError):
                fleet.not_launched(ResourceExhausted("the engine is closing"))
            else:
                fleet.not_launched(error)

    # Time -------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        self._ticker = self._loop.call_later(TICK_S, self._tick)
        self._ticks += 1
        now = self._loop.time()
        for instance in tuple(self._instances):
            instance.tick(now)
            if instance.state is State.IDLE and now - instance.since > self._limits.idle_s:
                instance.end()
        self._sample_memory(now)
        if self._ticks % _SLOW_TICKS == 0:
            self._fleets = {key: fleet for key, fleet in self._fleets.items() if fleet.size or fleet.queue}
        if self._closing and not self._is_working():
            self._quiet.set()

    def _sample_memory(self, now: float) -> None:
        """Look at what runs for longer than a tick, and now and then at what rests.

        A shorter call is judged by the figure in its answer instead.
        """
        suspects = [
            instance
            for place, instance in enumerate(self._instances)
            if instance.state is not State.BOOTING
            and (now - instance.since > TICK_S if instance.call else (place + self._ticks) % _SLOW_TICKS == 0)
        ]
        stride = 1 + len(suspects) // _SAMPLES_PER_TICK
        for instance in suspects[self._ticks % stride :: stride]:
            instance.uses(instance.process.memory_kb())

    def _is_working(self) -> bool:
        waiting = any(fleet.queue for fleet in self._fleets.values())
        return waiting or any(instance.call is not None for instance in self._instances)
