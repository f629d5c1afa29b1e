"""C# functions that misbehave, attack the engine's channel, or look for what is not theirs."""

from __future__ import annotations

import json
import os
import socket
import struct
from pathlib import Path

import pytest

from invocations.engine.bundle import Bundle
from invocations.engine.outcome import Kind
from tests.invocations.engine.rooms import Room, Theatre, in_room, sandboxes_of, until
from tests.invocations.runtimes.csharp_code import deploy

ENDINGS: dict[str, tuple[Kind, str]] = {
    "exits": (Kind.CRASH, "Process exited unexpectedly before completing request"),
    "exits well": (Kind.CRASH, "Process exited unexpectedly before completing request"),
    "fails fast": (Kind.CRASH, "Process exited unexpectedly before completing request"),
    "aborts": (Kind.CRASH, "Process exited unexpectedly before completing request"),
    "breaks memory": (Kind.CRASH, "Process exited unexpectedly before completing request"),
    "kills itself": (Kind.CRASH, "Process exited unexpectedly before completing request"),
    "recurses": (Kind.CRASH, "Process exited unexpectedly before completing request"),
    "throws in a thread": (Kind.CRASH, "Process exited unexpectedly before completing request"),
    "takes memory": (Kind.MEMORY, "Function ran out of memory (limit: 128MB"),
    "takes memory at once": (Kind.MEMORY, "Function ran out of memory (limit: 128MB"),
    "takes memory in children": (Kind.MEMORY, "Function ran out of memory (limit: 128MB"),
    "throws out of memory": (Kind.MEMORY, "Function ran out of memory (limit: 128MB"),
    "loops": (Kind.TIMEOUT, "Function timed out after 4 seconds"),
    "sleeps": (Kind.TIMEOUT, "Function timed out after 4 seconds"),
    "throws in the end": (Kind.TIMEOUT, "Function timed out after 4 seconds"),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_dotnet__function_misbehaves__is_an_outcome_and_the_next_invocation_works(
    how: str, theatre: Theatre
) -> None:
    kind, message = ENDINGS[how]

    async def scenario(room: Room) -> None:
        bundle = deploy(room, "Hostile", "Misbehave", timeout_s=4)

        outcome = await room.invoke(bundle, how.encode())

        assert outcome.kind is kind, outcome
        assert json.loads(outcome.payload)["errorMessage"].startswith(message)
        assert (await room.invoke(bundle, b"fine")).payload == b'"fine"'

    theatre.play(scenario)


def frame(sequence: int, payload: bytes = b"forged", kind: int = 32, length: int | None = None) -> bytes:
    body = struct.pack("<II", 1, 1) + payload
    return struct.pack("<IQB", 9 + len(body) if length is None else length, sequence, kind) + body


FORGERIES = {
    "another sequence": frame(99),
    "the next sequence": frame(2),
    "no sequence": frame(0),
    "a greeting": frame(1, kind=16),
    "an unknown kind": frame(1, kind=250),
    "a huge length": frame(1, length=0xFFFFFFFF),
    "a length too small": frame(1, length=2),
    "an answer without its figures": struct.pack("<IQB", 9, 1, 32),
    "noise": bytes(range(256)) * 300,
    "an answer of HTTP": frame(1, kind=38),
    "a piece of an answer": struct.pack("<IQB", 10, 1, 40) + b"b",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_dotnet__function_forges_frames__ends_with_its_own_invocation(name: str, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = deploy(room, "Hostile", "Forge", function=f"forge-{name.replace(' ', '-')}")

        outcome = await room.invoke(bundle, FORGERIES[name])

        assert outcome.kind is Kind.CRASH, outcome
        assert (await room.invoke(bundle, b"fine")).payload == b'"honest"'

    theatre.play(scenario)


def test_dotnet__function_answers_twice__the_next_invocation_gets_its_own_answer(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = deploy(room, "Hostile", "Forge", function="twice")

        first = await room.invoke(bundle, frame(1))

        assert (first.kind, first.payload) == (Kind.OK, b"forged")
        second = await room.invoke(bundle, b"fine")
        assert second.kind is Kind.CRASH or second.payload == b'"honest"'

    theatre.play(scenario)


def test_dotnet__function_closes_the_socket__the_next_call_works(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = deploy(room, "Hostile", "Close")

        assert (await room.invoke(bundle, b"now")).kind is Kind.CRASH
        assert (await room.invoke(bundle, b"fine")).payload == b'"honest"'

    theatre.play(scenario)


REFUSED = [
    *(("read", path) for path in ("/etc/shadow", "/root/.bashrc", "/proc/1/mem")),
    *(("write", path) for path in ("/code/new", "/code/Shop.dll", "/runtime/new", "/usr/bin/new", "/new")),
    *(("connect", place) for place in ("169.254.169.254:80", "1.1.1.1:80", "10.0.0.1:22")),
    ("unshare", str(0x10000000)),
    ("unshare", str(0x00020000)),
    ("mount", "/code"),
]


async def refusal(room: Room, bundle: Bundle, what: str, argument: str) -> str:
    outcome = await room.invoke(bundle, json.dumps({what: argument}).encode())
    return "" if outcome.kind is Kind.OK else json.loads(outcome.payload)["errorType"]


@pytest.mark.parametrize(("what", "argument"), REFUSED)
def test_dotnet__what_is_not_the_functions__is_out_of_reach(
    what: str, argument: str, theatre: Theatre
) -> None:
    async def scenario(room: Room) -> None:
        bundle = deploy(room, "Hostile", "Try", timeout_s=20)

        assert await refusal(room, bundle, what, argument)

    theatre.play(scenario)


def test_dotnet__listeners_of_the_host__cannot_be_reached(theatre: Theatre, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        path = tmp_path / "socket"
        unix.bind(str(path))
        unix.listen()

        async def scenario(room: Room) -> None:
            bundle = deploy(room, "Hostile", "Try")
            assert await refusal(room, bundle, "connect", f"127.0.0.1:{tcp.getsockname()[1]}")
            assert await refusal(room, bundle, "unix", str(path))

        theatre.play(scenario)


def test_dotnet__sandbox__shows_nothing_of_the_host(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "very-secret")

    async def scenario(room: Room) -> None:
        seen = json.loads((await room.invoke(deploy(room, "Hostile", "Look"))).payload)

        public = {name for name in ("bin", "lib", "lib64") if os.access(f"/{name}", os.F_OK)}
        assert set(seen["root"]) == public | {"code", "dev", "etc", "proc", "runtime", "tmp", "usr"}
        assert all("bwrap" in line or "Worker.exe" in line for line in seen["processes"])
        assert "very-secret" not in "".join(seen["environments"])
        assert (seen["sockets"], seen["tmp"]) == (1, 0)

    theatre.play(scenario)


@pytest.mark.parametrize("process", ["1", "-1"])
def test_dotnet__function_kills_all_it_can__harms_its_own_sandbox_at_most(
    process: str, theatre: Theatre
) -> None:
    async def scenario(room: Room) -> None:
        other = deploy(room, "Hostile", "Misbehave", function="other")
        assert (await room.invoke(other, b"fine")).kind is Kind.OK
        await room.invoke(deploy(room, "Hostile", "Try"), json.dumps({"signal": process}).encode())

        assert not (await room.invoke(other, b"fine")).cold

    theatre.play(scenario)


@pytest.mark.parametrize(("what", "most"), [("processes", 256), ("descriptors", 1024), ("disk", 512)])
def test_dotnet__function_exhausts_what_it_may_have__disturbs_nobody(
    what: str, most: int, theatre: Theatre
) -> None:
    async def scenario(room: Room) -> None:
        bundle = deploy(room, "Hostile", "Exhaust", function=what, memory_mb=1024, timeout_s=30)
        other = deploy(room, "Hostile", "Misbehave", function="other")

        outcome = await room.invoke(bundle, what.encode())

        assert outcome.kind in {Kind.OK, Kind.MEMORY}, outcome
        assert outcome.kind is Kind.MEMORY or 0 < int(outcome.payload) <= most, outcome
        assert (await room.invoke(other, b"fine")).payload == b'"fine"'
        assert (await room.invoke(bundle, b"nothing")).payload == b"0"

    theatre.play(scenario)


def test_dotnet__function_leaves_a_process_behind__it_ends_with_the_instance() -> None:
    async def scenario(room: Room) -> None:
        outcome = await room.invoke(deploy(room, "Hostile", "Outlive"), b"x")
        assert outcome.payload == b'"x"'
        assert sandboxes_of(room.home)
        await room.pool.close()
        await until(lambda: not sandboxes_of(room.home))

    in_room(scenario)
