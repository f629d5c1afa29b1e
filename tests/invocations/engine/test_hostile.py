"""Functions that attack the engine's own channels. They may harm their own invocation, and nothing else."""

from __future__ import annotations

import asyncio
import json

import pytest

from invocations.engine.outcome import Kind
from tests.invocations.engine.rooms import Room, Theatre

# What a function can find out about the engine's socket, and how it speaks on it.
FORGER = """
    import os, struct

    def channel():
        for name in os.listdir("/proc/self/fd"):
            try:
                if os.readlink("/proc/self/fd/" + name).startswith("socket:"):
                    return int(name)
            except OSError:
                pass

    def frame(sequence, payload=b"forged", kind=32, length=None):
        body = struct.pack("<II", 1, 1) + payload
        length = 9 + len(body) if length is None else length
        return struct.pack("<IQB", length, sequence, kind) + body

    def begin(sequence, status=200, head=b"", first=b"a"):
        body = struct.pack("<HI", status, len(head)) + head + first
        return struct.pack("<IQB", 9 + len(body), sequence, 39) + body

    def piece(sequence, data=b"b"):
        return struct.pack("<IQB", 9 + len(data), sequence, 40) + data

    calls = 0

    def handler(event, context):
        global calls
        calls += 1
        if event == b"fine":
            return b"fine"
        os.write(channel(), eval(event))
        return b"true"

    def serve(environ, start):
        global calls
        calls += 1
        os.write(channel(), eval(environ["wsgi.input"].read()))
        start("200 OK", [])
        return [b"fine"]
"""
FORGERIES = {
    "another sequence": b"frame(99)",
    "the next sequence": b"frame(calls + 1)",
    "no sequence": b"frame(0)",
    "a greeting": b"frame(calls, kind=16)",
    "a start that failed": b"frame(calls, kind=35)",
    "an unknown kind": b"frame(calls, kind=250)",
    "a huge length": b"frame(calls, length=0xffffffff)",
    "a length too small": b"frame(calls, length=2)",
    "an answer without its figures": b"struct.pack('<IQB', 9, calls, 32)",
    "noise": b"bytes(range(256)) * 300",
    "an answer of HTTP that begins": b"begin(calls)",
    "a piece of an answer": b"piece(calls)",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_instance__function_forges_frames__ends_with_its_own_invocation(name: str, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(FORGER)
        other = room.deploy(FORGER, function="other")
        await room.invoke(other, b"fine")

        outcome = await room.invoke(bundle, FORGERIES[name])
        after = await room.invoke(bundle, b"fine")

        assert outcome.kind is Kind.CRASH
        assert b"Process exited unexpectedly" in outcome.payload
        assert (after.payload, after.cold) == (b"fine", True)
        assert not (await room.invoke(other, b"fine")).cold

    theatre.play(scenario)


HTTP_FORGERIES = {
    "a piece before the beginning": b"piece(calls)",
    "two beginnings": b"begin(calls) * 2",
    "a beginning without a head": b"struct.pack('<IQB', 9, calls, 39)",
    "a beginning of no content": b"begin(calls, 204)",
    "a beginning of another call": b"begin(calls + 1)",
    "an end without a beginning": b"frame(calls, b'')",
    "a whole answer after a beginning": b"begin(calls) + frame(calls, kind=38)",
    "pieces without end": b"begin(calls) + piece(calls, bytes(65536)) * 513",
}


@pytest.mark.parametrize("method", ["POST", "HEAD"])
@pytest.mark.parametrize("name", HTTP_FORGERIES)
def test_instance__http_function_forges_frames__ends_with_its_own_invocation(
    name: str, method: str, theatre: Theatre
) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(FORGER, type="http", handler="index.serve", memory_mb=512)

        outcome = await room.request(bundle, method, body=HTTP_FORGERIES[name])
        after = await room.request(bundle, method, body=b"b''")

        assert outcome.kind in {Kind.CRASH, Kind.EXCEPTION}
        assert outcome.http is None
        assert (after.kind, after.cold) == (Kind.OK, True)

    theatre.play(scenario)


def test_instance__function_answers_twice__the_next_invocation_gets_its_own_answer(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(FORGER)

        twice = await room.invoke(bundle, b"frame(calls)")
        after = [await room.invoke(bundle, b"fine") for _ in range(3)]

        assert twice.payload == b"forged"
        # The second answer may come while the instance is idle or while it has the next call already, which
        # then ends with the instance; in no case is it taken for the answer of another call.
        assert {outcome.payload for outcome in after if outcome.kind is Kind.OK} == {b"fine"}
        assert after[-1].payload == b"fine"

    theatre.play(scenario)


def test_instance__forked_child_returns_from_the_handler__only_the_parent_answers(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy("""
            import os

            def handler(event, context):
                me = os.getpid()
                for _ in range(3):
                    os.fork()
                return str(me == os.getpid())
        """)

        outcomes = [await room.invoke(bundle) for _ in range(5)]

        assert [outcome.payload for outcome in outcomes] == [b"True"] * 5
        assert len({outcome.instance_id for outcome in outcomes}) == 1

    theatre.play(scenario)


def test_instance__fork_bomb__meets_a_limit_and_disturbs_nobody(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bomb = room.deploy(
            """
            import os

            def handler(event, context):
                made = 0
                while True:
                    try:
                        if os.fork() == 0:
                            import time
                            time.sleep(60)
                        made += 1
                    except OSError as error:
                        return f"{made} {error.strerror}"
            """,
            function="bomb",
            memory_mb=3072,
        )
        fine = room.deploy("def handler(event, context): return b'fine'")

        ended, beside = await asyncio.gather(room.invoke(bomb), room.invoke(fine))

        made, reason = ended.payload.split(b" ", 1)
        assert 100 < int(made) < 256
        assert reason == b"Resource temporarily unavailable"
        assert beside.payload == b"fine"

    theatre.play(scenario)


@pytest.mark.parametrize("count", [3, 4096], ids=["outputs", "all"])
def test_instance__function_closes_descriptors__the_next_call_works(count: int, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy("""
            import os

            def handler(event, context):
                if event != b"fine":
                    os.closerange(0, int(event))
                print("into the void")
                return b"fine"
        """)

        closed = await room.invoke(bundle, str(count).encode())
        after = await room.invoke(bundle, b"fine")

        assert closed.kind is (Kind.OK if count == 3 else Kind.CRASH)
        assert after.payload == b"fine"

    theatre.play(scenario)


def test_instance__disk_filled__is_an_error_of_the_function(
    theatre: Theatre,
) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(
            """
            import os, shutil

            def handler(event, context):
                before = shutil.disk_usage("/tmp")
                block = bytes(1 << 20)
                try:
                    for name in range(4):
                        with open(f"/tmp/{name}", "wb") as file:
                            while os.path.getsize(file.name) < 300 << 20:
                                file.write(block)
                                file.flush()
                except OSError as error:
                    return {"reason": error.strerror, "size": before.total}
            """,
            timeout_s=30,
        )

        outcome = await room.invoke(bundle)

        found = json.loads(outcome.payload)
        assert found == {"reason": "No space left on device", "size": 512 * 1024 * 1024}

    theatre.play(scenario)


def test_instance__files_without_number__are_memory_of_the_function(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(
            """
            import os

            def handler(event, context):
                number = 0
                while True:
                    os.close(os.open(f"/tmp/{number}", os.O_CREAT | os.O_WRONLY))
                    number += 1
            """,
            timeout_s=60,
            memory_mb=20,
        )

        outcome = await room.invoke(bundle)

        assert outcome.kind is Kind.MEMORY
        assert outcome.duration_us < 30_000_000

    theatre.play(scenario)
