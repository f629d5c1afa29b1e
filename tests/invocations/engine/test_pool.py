from __future__ import annotations

import asyncio
import hashlib
import socket
import time

import pytest

from invocations.engine.outcome import Kind
from invocations.engine.packages import BadPackage
from invocations.engine.pool import ResourceExhausted, SandboxUnavailable
from tests.invocations.engine.rooms import Room, in_room, sandboxes_of, until

HELLO = """
    def handler(event, context):
        return b"hello " + event
"""
# Sleeps as long as the event says, and counts its calls.
SLEEPER = """
    import time

    calls = 0

    def handler(event, context):
        global calls
        calls += 1
        time.sleep(float(event or 0))
        return str(calls)
"""


def test_pool__hello_world__answers_cold_then_warm_from_the_same_instance() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(HELLO)

        first = await room.invoke(bundle, b"\x00\xff")
        second = await room.invoke(bundle, b"again")

        assert (first.kind, first.payload, first.error_type) == (Kind.OK, b"hello \x00\xff", "")
        assert second.payload == b"hello again"
        assert (first.cold, second.cold) == (True, False)
        assert first.instance_id == second.instance_id
        assert 1_000 < first.memory_kb < 128 * 1024
        assert room.pool.stats().cold_starts == 1

    in_room(scenario)


def test_pool__two_versions_of_one_code__run_in_instances_of_their_own() -> None:
    async def scenario(room: Room) -> None:
        first = await room.invoke(room.deploy(SLEEPER, version="1"))
        second = await room.invoke(room.deploy(SLEEPER, version="2"))

        assert first.instance_id != second.instance_id
        assert (first.payload, second.payload) == (b"1", b"1")
        assert len(room.fetched) == 1

    in_room(scenario)


def test_pool__calls_at_the_same_time__get_an_instance_each() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(SLEEPER)

        outcomes = await asyncio.gather(*[room.invoke(bundle, b"0.3") for _ in range(3)])

        assert len({outcome.instance_id for outcome in outcomes}) == 3

    in_room(scenario)


def test_pool__short_calls_in_a_burst__are_not_worth_an_instance_each() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(HELLO)
        await room.invoke(bundle)

        await asyncio.gather(*[room.invoke(bundle) for _ in range(8)])

        assert room.pool.stats().instances < 8

    in_room(scenario)


def test_pool__function_at_its_ceiling__queues_in_order_of_arrival() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(SLEEPER)

        outcomes = await asyncio.gather(*[room.invoke(bundle, b"0.01") for _ in range(5)])

        assert [outcome.payload for outcome in outcomes] == [b"1", b"2", b"3", b"4", b"5"]
        assert room.pool.stats().cold_starts == 1

    in_room(scenario, per_function=1)


def test_pool__queue_is_full__refuses_the_next_call_and_serves_the_others() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(SLEEPER)
        await room.invoke(bundle)

        accepted = [asyncio.create_task(room.invoke(bundle, b"0.1")) for _ in range(2)]
        await until(lambda: room.pool.stats().queued == 1)
        with pytest.raises(ResourceExhausted):
            await room.invoke(bundle)

        assert [outcome.kind for outcome in await asyncio.gather(*accepted)] == [Kind.OK, Kind.OK]

    in_room(scenario, per_function=1, queue=1)


def test_pool__total_reached__an_idle_instance_of_another_function_gives_way() -> None:
    async def scenario(room: Room) -> None:
        old, new = room.deploy(SLEEPER, function="old"), room.deploy(SLEEPER, function="new")
        await room.invoke(old)

        outcome = await room.invoke(new)

        assert outcome.kind is Kind.OK
        assert room.pool.stats().instances == 1

    in_room(scenario, total=1)


def test_pool__version_without_instances_at_the_ceiling__is_given_one_that_is_never_idle() -> None:
    async def scenario(room: Room) -> None:
        primary, canary = room.deploy(SLEEPER, version="1"), room.deploy(SLEEPER, version="2")
        busy = [asyncio.create_task(room.invoke(primary, b"0.02")) for _ in range(50)]
        await until(lambda: room.pool.stats().busy == 1)

        outcome = await room.invoke(canary)

        assert outcome.kind is Kind.OK
        assert not all(task.done() for task in busy)
        assert {done.kind for done in await asyncio.gather(*busy)} == {Kind.OK}

    in_room(scenario, per_function=1)


def test_pool__nobody_calls_for_the_idle_time__instances_end() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(HELLO)
        await room.invoke(bundle)

        await until(lambda: room.pool.stats().instances == 0)

        assert sandboxes_of(room.home) == []
        assert (await room.invoke(bundle)).cold

    in_room(scenario, idle_s=0.1)


def test_pool__code_cannot_be_fetched__raises_what_fetching_raised_and_tries_again_later() -> None:
    async def scenario(room: Room) -> None:
        unknown = hashlib.sha256(b"nowhere").hexdigest()

        for attempt in (1, 2):
            with pytest.raises(KeyError):
                await room.invoke(room.deploy(HELLO, code_digest=unknown))
            assert room.fetched.count(unknown) == attempt
        assert room.pool.stats().instances == 0

    in_room(scenario)


def test_pool__fetched_zip_has_another_digest__raises_bad_package() -> None:
    async def scenario(room: Room) -> None:
        wrong = hashlib.sha256(b"something else").hexdigest()
        room.keep(wrong, b"not that")

        with pytest.raises(BadPackage, match="digest"):
            await room.invoke(room.deploy(HELLO, code_digest=wrong))

    in_room(scenario)


def test_pool__runtime_is_not_here__says_which() -> None:
    async def scenario(room: Room) -> None:
        with pytest.raises(SandboxUnavailable, match="cobol"):
            await room.invoke(room.deploy(HELLO, runtime="cobol"))

    in_room(scenario)


def test_pool__caller_goes_away__the_instance_finishes_and_serves_the_next() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(SLEEPER)
        await room.invoke(bundle)
        impatient = asyncio.create_task(room.invoke(bundle, b"0.1"))
        await until(lambda: room.pool.stats().busy == 1)

        impatient.cancel()
        outcome = await room.invoke(bundle)

        assert outcome.payload == b"3"

    in_room(scenario, per_function=1)


def test_pool__closed_while_calls_run_and_wait__lets_them_finish_first() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(SLEEPER)
        calls = [asyncio.create_task(room.invoke(bundle, b"0.1")) for _ in range(2)]
        await until(lambda: room.pool.stats().busy == 1)

        await room.pool.close()

        assert [call.result().kind for call in calls] == [Kind.OK, Kind.OK]
        assert sandboxes_of(room.home) == []
        with pytest.raises(ResourceExhausted):
            await room.invoke(bundle)

    in_room(scenario, per_function=1)


def test_pool__closed_and_calls_outlast_the_drain__ends_them_and_refuses_the_queue() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(SLEEPER, timeout_s=60)
        running = asyncio.create_task(room.invoke(bundle, b"50"))
        await until(lambda: room.pool.stats().busy == 1)
        waiting = asyncio.create_task(room.invoke(bundle, b"50"))
        await until(lambda: room.pool.stats().queued == 1)

        await room.pool.close()

        assert (await running).kind is Kind.CRASH
        with pytest.raises(ResourceExhausted):
            await waiting
        assert sandboxes_of(room.home) == []

    in_room(scenario, per_function=1, drain_s=0.05)


def test_pool__closed_while_code_is_fetched__refuses_the_call() -> None:
    async def scenario(room: Room) -> None:
        call = asyncio.create_task(room.invoke(room.deploy(HELLO)))
        room.hold_fetches()
        await until(lambda: bool(room.fetched))

        await room.pool.close()

        with pytest.raises(ResourceExhausted):
            await call

    in_room(scenario, drain_s=0.05)


def test_pool__its_own_process_stood_still__answers_that_wait_are_no_time_outs() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(SLEEPER, timeout_s=1)
        await room.invoke(bundle)
        call = asyncio.create_task(room.invoke(bundle, b"0.2"))
        await until(lambda: room.pool.stats().busy == 1)

        # In a reader's callback, for after those uvloop looks at its timers before it reads again.
        loop = asyncio.get_running_loop()
        near, far = socket.socketpair()
        loop.add_reader(near, lambda: (near.recv(1), time.sleep(1.3)))
        far.send(b"!")

        assert (await call).kind is Kind.OK
        loop.remove_reader(near)
        near.close()
        far.close()

    in_room(scenario)
