"""What becomes of instances when their bundle is not called any more, and of calls when the engine ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from invocations.engine.bundle import Bundle
from invocations.engine.outcome import Kind
from invocations.engine.pool import ResourceExhausted
from tests.invocations.engine.rooms import Room, in_room, sandboxes_of, until

SLEEPER = """
    import time

    def handler(event, context):
        time.sleep(float(event or 0))
        return event
"""


class Routes:
    """A demand: the bundles that calls lead to."""

    def __init__(self) -> None:
        self.routed: set[str] = set()

    def is_routed(self, bundle: Bundle) -> bool:
        return bundle.identity in self.routed


def in_routed_room(scenario: Any, **options: Any) -> None:
    routes = Routes()
    in_room(lambda room: scenario(room, routes), demand=routes, **options)


def test_drain__bundle_no_longer_routed__its_idle_instance_ends_soon_and_others_stay() -> None:
    async def scenario(room: Room, routes: Routes) -> None:
        old, new = room.deploy(SLEEPER, version="1"), room.deploy(SLEEPER, version="2")
        routes.routed = {old.identity, new.identity}
        await room.invoke(old)
        await room.invoke(new)

        routes.routed = {new.identity}
        await until(lambda: room.pool.stats().instances == 1)

        assert not (await room.invoke(new)).cold

    in_routed_room(scenario)


def test_drain__bundle_no_longer_routed__its_call_finishes_on_the_instance_it_has() -> None:
    async def scenario(room: Room, routes: Routes) -> None:
        bundle = room.deploy(SLEEPER)
        routes.routed = {bundle.identity}
        running = asyncio.create_task(room.invoke(bundle, b"1.5"))
        await until(lambda: room.pool.stats().busy == 1)
        waiting = asyncio.create_task(room.invoke(bundle, b"0"))

        routes.routed = set()

        assert (await running).kind is Kind.OK
        assert (await waiting).instance_id == (await running).instance_id
        await until(lambda: room.pool.stats().instances == 0)
        # Who was routed before the change and comes late is served all the same.
        assert (await room.invoke(bundle)).kind is Kind.OK

    in_routed_room(scenario, per_function=1)


def test_drain__ceiling_reached__what_is_not_routed_gives_way_at_once() -> None:
    async def scenario(room: Room, routes: Routes) -> None:
        old, new = room.deploy(SLEEPER, version="1"), room.deploy(SLEEPER, version="2")
        routes.routed = {new.identity}
        await room.invoke(old)
        await room.invoke(new, b"0")
        await asyncio.gather(room.invoke(old, b"0"), room.invoke(old, b"0"))

        both = await asyncio.gather(room.invoke(new, b"0.3"), room.invoke(new, b"0.3"))

        assert len({outcome.instance_id for outcome in both}) == 2

    in_routed_room(scenario, per_function=2)


def test_cut_short__calls_run_and_wait__are_answered_at_once() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(SLEEPER, timeout_s=60)
        running = asyncio.create_task(room.invoke(bundle, b"50"))
        await until(lambda: room.pool.stats().busy == 1)
        waiting = asyncio.create_task(room.invoke(bundle))
        await until(lambda: room.pool.stats().queued == 1)

        room.pool.cut_short()

        assert (await running).kind is Kind.CRASH
        with pytest.raises(ResourceExhausted):
            await waiting
        with pytest.raises(ResourceExhausted):
            await room.invoke(bundle)
        await until(lambda: sandboxes_of(room.home) == [])

    in_room(scenario, per_function=1)
