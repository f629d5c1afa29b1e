"""Instances that are started before anybody calls."""

from __future__ import annotations

import pytest

from invocations.engine.outcome import Kind
from invocations.engine.pool import MAX_PRESTARTS
from tests.invocations.engine.rooms import Room, in_room, until

HELLO = """
    def handler(event, context):
        return b"hello"
"""


async def idle(room: Room, instances: int) -> None:
    """Wait until so many instances are up and have loaded their function."""
    await until(lambda: room.pool.stats().idle == instances)


def test_prestart__bundle_without_instances__its_first_call_is_warm() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(HELLO)

        room.pool.prestart([bundle])
        await idle(room, 1)
        outcome = await room.invoke(bundle)

        assert (outcome.kind, outcome.cold) == (Kind.OK, False)

    in_room(scenario)


def test_prestart__bundle_that_has_an_instance__starts_no_other() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(HELLO)
        await room.invoke(bundle)

        room.pool.prestart([bundle, bundle])

        assert room.pool.stats().cold_starts == 1

    in_room(scenario)


def test_prestart__many_bundles__starts_few_and_functions_in_use_first() -> None:
    async def scenario(room: Room) -> None:
        used = room.deploy(HELLO, function="used", version="1")
        await room.invoke(used)
        many = [room.deploy(HELLO, function=f"function-{number}") for number in range(20)]

        room.pool.prestart([*many, room.deploy(HELLO, function="used", version="2")])
        await idle(room, MAX_PRESTARTS + 1)

        assert not (await room.invoke(room.deploy(HELLO, function="used", version="2"))).cold

    in_room(scenario)


@pytest.mark.parametrize(("total", "started"), [(4, 2), (2, 1)])
def test_prestart__little_room__leaves_half_of_it_to_calls(total: int, started: int) -> None:
    async def scenario(room: Room) -> None:
        room.pool.prestart([room.deploy(HELLO, function=f"function-{number}") for number in range(4)])
        await idle(room, started)
        assert room.pool.stats().instances == started

    in_room(scenario, total=total)


def test_prestart__function_that_cannot_be_loaded__leaves_nothing_and_tells_its_first_caller() -> None:
    async def scenario(room: Room) -> None:
        broken = room.deploy("this is no Python")

        room.pool.prestart([broken])
        await until(lambda: room.pool.stats().instances == 0)

        assert (await room.invoke(broken)).kind is Kind.LOAD

    in_room(scenario)
