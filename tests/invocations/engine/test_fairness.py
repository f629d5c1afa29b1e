"""Who gets instances when there are too few, and how long anybody waits."""

from __future__ import annotations

import asyncio

import pytest

from invocations.engine.outcome import Kind
from invocations.engine.pool import ResourceExhausted
from tests.invocations.engine.rooms import Room, in_room, until

SLEEPER = """
    import time

    def handler(event, context):
        time.sleep(float(event))
        return event
"""


def test_wait__longer_than_the_deadline__is_refused_and_others_are_served() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(SLEEPER)
        running = asyncio.create_task(room.invoke(bundle, b"1"))
        await until(lambda: room.pool.stats().busy == 1)

        with pytest.raises(ResourceExhausted, match=r"became free within 0\.2 s"):
            await room.invoke(bundle, b"0")

        assert (await running).kind is Kind.OK
        assert (await room.invoke(bundle, b"0")).kind is Kind.OK

    in_room(scenario, per_function=1, wait_s=0.2)


def test_wait__for_code_that_does_not_come__ends_at_the_deadline() -> None:
    async def scenario(room: Room) -> None:
        room.hold_fetches()

        with pytest.raises(ResourceExhausted, match="within"):
            await room.invoke(room.deploy(SLEEPER), b"0")

    in_room(scenario, wait_s=0.2, drain_s=0.05)


def test_total_reached__function_that_is_flooded__does_not_starve_another() -> None:
    async def scenario(room: Room) -> None:
        loud, quiet = room.deploy(SLEEPER, function="loud"), room.deploy(SLEEPER, function="quiet")
        flood = [asyncio.create_task(room.invoke(loud, b"0.02")) for _ in range(200)]
        await until(lambda: room.pool.stats().busy == 3)

        for _ in range(5):
            await room.invoke(quiet, b"0.001")

        assert sum(task.done() for task in flood) < 150
        assert {outcome.kind for outcome in await asyncio.gather(*flood)} == {Kind.OK}

    in_room(scenario, per_function=3, total=3)


def test_total_reached__two_functions_flooded__share_the_instances_evenly() -> None:
    async def scenario(room: Room) -> None:
        first, second = room.deploy(SLEEPER, function="first"), room.deploy(SLEEPER, function="second")
        early = [asyncio.create_task(room.invoke(first, b"0.04")) for _ in range(160)]
        await until(lambda: room.pool.stats().busy == 4)

        late = [asyncio.create_task(room.invoke(second, b"0.04")) for _ in range(60)]
        await asyncio.gather(*late)

        # With one instance of the four it would be served last.
        assert not all(task.done() for task in early)
        assert {outcome.kind for outcome in await asyncio.gather(*early)} == {Kind.OK}
        started = room.pool.stats().cold_starts
        assert started <= 12, "instances are handed to and fro"

    in_room(scenario, per_function=4, total=4)


def test_total_reached__more_functions_than_instances__each_gets_its_turn() -> None:
    async def scenario(room: Room) -> None:
        bundles = [room.deploy(SLEEPER, function=f"function-{number}") for number in range(3)]
        calls = [room.invoke(bundle, b"0.02") for bundle in bundles for _ in range(25)]

        outcomes = await asyncio.gather(*calls)

        assert {outcome.kind for outcome in outcomes} == {Kind.OK}
        # 1.5 s of work on one instance, in turns of a fifth of a second: not one start for each call.
        assert room.pool.stats().cold_starts <= 20

    in_room(scenario, per_function=1, total=1)
