"""The instances of an engine: who runs what, how many, and for how long."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from invocations.engine.bundle import Bundle
from invocations.engine.call import Call
from invocations.engine.ceilings import Ceilings
from invocations.engine.code import CodeCache, FetchCode
from invocations.engine.demand import Anything, Demand
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

LEFT_S = 1.0
"""An instance to which no call can lead any more ends when it has been idle for so long.

Calls that were routed before the change still find it.
"""

MAX_PRESTARTS = 8
"""Instances that one change may start ahead of need."""

_NAME_BYTES = 255
_SLOW_TICKS = 20
# Looking at an instance's memory takes about 0.1 ms: a tick does no more than so many.
_SAMPLES_PER_TICK = 16


@dataclass(frozen=True, slots=True)
class Stats:
    instances: int
    busy: int
    idle: int
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
        demand: Demand | None = None,
        unsafe: bool = False,
    ) -> None:
        self._home = home
        self._fetch_code = fetch_code
        self._runtimes = runtimes
        self._limits = limits
        self._demand = demand or Anything()
        self._unsafe = unsafe
        self._loop: asyncio.AbstractEventLoop
        self._ceilings: Ceilings
        self._launcher: Launcher
        self._codes: CodeCache
        self._ticker: asyncio.TimerHandle | None = None
        self._ticks = 0
        self._fleets: dict[str, Fleet] = {}
        self._instances: set[Instance] = set()
        self._launches: set[asyncio.Task[None]] = set()
        self._cold_starts = 0
        self._closing = False
        self._quiet = asyncio.Event()
        self._empty = asyncio.Event()

    async def start(self) -> None:
        """Make the runtimes' copies and see that an instance boots. Raises `SandboxUnavailable`."""
        self._loop = asyncio.get_running_loop()
        self._ceilings = Ceilings(self._limits, self._demand)
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
        self.cut_short()
        await asyncio.gather(*self._launches, return_exceptions=True)
        while self._instances:
            self._empty.clear()
            await self._empty.wait()
        self._ticker.cancel()

    def cut_short(self) -> None:
        """Take no more calls, refuse those that wait and end those that run: each is answered at once."""
        self._closing = True
        for task in self._launches:
            task.cancel()
        for fleet in self._fleets.values():
            fleet.fail_all(ResourceExhausted("the engine is closing"))
        for instance in tuple(self._instances):
            instance.end()

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
        self._fleet_of(bundle).submit(call)
        return await call.future

    def _fleet_of(self, bundle: Bundle) -> Fleet:
        fleet = self._fleets.get(bundle.identity)
        if fleet is None:
            fleet = self._fleets[bundle.identity] = Fleet(bundle, limits=self._limits, engine=self)
        return fleet

    def prestart(self, bundles: Sequence[Bundle]) -> None:
        """Start an instance of each that has none, at most `MAX_PRESTARTS`, before anybody calls.

        Functions that have other instances come first. Nobody gives way for it, and half of all the room
        stays free.
        """
        in_use = {fleet.bundle.function_key for fleet in self._fleets.values() if fleet.size}
        wanted = sorted(bundles, key=lambda bundle: bundle.function_key not in in_use)
        for bundle in wanted[:MAX_PRESTARTS]:
            if self._closing or self._ceilings.size * 2 >= self._limits.total:
                return
            self._fleet_of(bundle).start_ahead()

    def stats(self) -> Stats:
        return Stats(
            instances=self._ceilings.size,
            busy=sum(instance.call is not None for instance in self._instances),
            idle=sum(len(fleet.idle) for fleet in self._fleets.values()),
            queued=sum(len(fleet.queue) for fleet in self._fleets.values()),
            cold_starts=self._cold_starts,
        )

    # What fleets ask --------------------------------------------------------------------------------------

    def room_for(self, fleet: Fleet) -> int:
        return self._ceilings.room_for(fleet)

    def make_room_for(self, fleet: Fleet) -> None:
        self._ceilings.make_room_for(fleet, self._fleets.values())

    def must_yield(self, fleet: Fleet, instance: Instance) -> bool:
        return self._ceilings.must_yield(fleet, instance)

    def launch(self, fleet: Fleet) -> None:
        self._ceilings.take(fleet)
        self._cold_starts += 1
        task = self._loop.create_task(self._launch(fleet))
        self._launches.add(task)
        task.add_done_callback(self._launches.discard)

    def left(self, fleet: Fleet, instance: Instance | None) -> None:
        if instance is not None:
            self._instances.discard(instance)
        self._ceilings.give_back(fleet)
        if not self._instances:
            self._empty.set()

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
            if instance.state is State.IDLE and now - instance.since > self._kept_s(instance):
                instance.end()
        self._sample_memory(now)
        if self._ticks % _SLOW_TICKS == 0:
            self._fleets = {key: fleet for key, fleet in self._fleets.items() if fleet.size or fleet.queue}
        if self._closing and not self._is_working():
            self._quiet.set()

    def _kept_s(self, instance: Instance) -> float:
        """How long the instance is kept without a call."""
        idle_s = self._limits.idle_s
        return idle_s if self._demand.is_routed(instance.bundle) else min(LEFT_S, idle_s)

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
