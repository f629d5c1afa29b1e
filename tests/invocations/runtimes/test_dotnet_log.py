"""What C# functions print and log."""

from __future__ import annotations

import re

import pytest

from invocations.engine.outcome import Kind
from tests.invocations.engine.rooms import Room, Theatre
from tests.invocations.runtimes.csharp_code import deploy
from tests.invocations.runtimes.test_python3_log import STAMP, lines_of

SOURCE = "Logs"


def test_dotnet_log__version_check_of_the_manual__logs_and_returns_the_version(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        outcome = await room.invoke(deploy(room, SOURCE, "VersionCheck", version="7"))

        assert outcome.payload == b'"7"'
        (line,) = lines_of(outcome)
        assert re.fullmatch(rf"{STAMP} [0-9a-f-]{{36}} \[INFO\] qualifier: prod, version: 7", line)

    theatre.play(scenario)


LEVELS = {
    "": ["INFO", "WARNING", "ERROR", "CRITICAL"],
    "Trace": ["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"],
    "Error": ["ERROR", "CRITICAL"],
    "None": [],
}


@pytest.mark.parametrize("level", LEVELS)
def test_dotnet_log__enabled_level__hides_what_is_below_for_this_call(level: str, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        outcome = await room.invoke(deploy(room, SOURCE, "Levels"), level.encode())

        assert [line.split()[2].strip("[]") for line in lines_of(outcome)] == LEVELS[level]

    theatre.play(scenario)


def test_dotnet_log__template__is_filled_in_order(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        lines = lines_of(await room.invoke(deploy(room, SOURCE, "Templates")))

        assert [line.partition("] ")[2] for line in lines if "]" in line] == [
            "ä has   2.3 of {these}",
            "1, 2 (null) {more}",
            "as {it is}",
            "event FF",
            "failed",
        ]
        assert lines[-1] == "System.InvalidOperationException: why"

    theatre.play(scenario)


def test_dotnet_log__any_way_of_writing__arrives_in_order(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        lines = lines_of(await room.invoke(deploy(room, SOURCE, "Order")))

        assert [line.partition("] ")[2] or line for line in lines] == ["a grüße", "b", "c", "d", "half"]

    theatre.play(scenario)


def test_dotnet_log__flood__is_cut_and_the_function_goes_on(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        outcome = await room.invoke(deploy(room, SOURCE, "Flood", timeout_s=60))
        endless = await room.invoke(deploy(room, SOURCE, "Endless", timeout_s=1))

        assert (outcome.kind, outcome.payload) == (Kind.OK, b'"done"')
        assert 256 * 1024 < len(outcome.log) < 257 * 1024
        assert endless.kind is Kind.TIMEOUT
        assert len(endless.log) < 257 * 1024

    theatre.play(scenario)


def test_dotnet_log__thread_prints_after_the_return__lands_in_no_other_log(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        late = deploy(room, SOURCE, "Late")
        assert lines_of(await room.invoke(late)) == []
        await room.invoke(deploy(room, SOURCE, "Waits"), b"x")

        assert lines_of(await room.invoke(late)) == []

    theatre.play(scenario)
