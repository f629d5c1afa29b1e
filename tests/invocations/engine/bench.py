"""What the engine alone can do: `python -m tests.invocations.engine.bench`.

Cold starts, warm round trips through `Pool.invoke` with two instances, memory of a warm instance. Figures of
a shared machine move by half from run to run: compare figures of one run only.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import time
from pathlib import Path

import uvloop

from invocations.engine.bundle import Bundle
from invocations.engine.storage import Storage
from invocations.runtimes import RUNTIMES
from tests.invocations.engine.rooms import Room, sandboxes_of, temporary_home

HELLO = "def handler(event, context): return b'hello ' + event"
COLD_STARTS = 30
CALLS = 20_000


def say(name: str, value: float, unit: str) -> None:
    sys.stdout.write(f"{name:44} {value:10.1f} {unit}\n")


def bare_start_ms(home: Path) -> float:
    """The same interpreter, started as the engine starts it but outside of a sandbox."""
    runtime = RUNTIMES["python3"]
    root = runtime.install(Storage.open(home).runtimes)
    command = [part.format(runtime=root) for part in runtime.command[:-1]]
    environment = {name: value.format(runtime=root) for name, value in runtime.environment}
    taken = []
    for _ in range(COLD_STARTS):
        started = time.perf_counter()
        subprocess.run([*command, "-c", "pass"], env=environment, check=True)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


async def cold_start_ms(room: Room) -> float:
    taken = []
    for number in range(COLD_STARTS):
        bundle = room.deploy(HELLO, function=f"cold-{number}")
        started = time.perf_counter()
        await room.invoke(bundle)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


async def round_trips(room: Room, bundle: Bundle, concurrency: int) -> tuple[float, float]:
    """Calls per second, and microseconds of this process per call."""

    async def caller() -> None:
        for _ in range(CALLS // concurrency):
            await room.invoke(bundle, b"x" * 100)

    started, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*[caller() for _ in range(concurrency)])
    return CALLS / (time.perf_counter() - started), (time.process_time() - used) / CALLS * 1_000_000


def memory_mb(home: Path) -> float:
    """Proportional memory of all processes of the sandboxes, which are two for each and the worker."""
    tops = sandboxes_of(home)
    workers = [
        int(pid)
        for top in tops
        for pid in Path(f"/proc/{top}/task/{top}/children").read_text().split()
        if int(pid) not in tops
    ]
    total = 0
    for pid in (*tops, *workers):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / len(workers) / 1024


async def main(home: Path) -> None:
    room = Room(home, per_function=2)
    started = time.perf_counter()
    await room.pool.start()
    say("start of the pool, a probing instance included", (time.perf_counter() - started) * 1000, "ms")
    say("bare start of the interpreter, median", bare_start_ms(home), "ms")
    say("cold start in the sandbox until answered, median", await cold_start_ms(room), "ms")
    bundle = room.deploy(HELLO)
    await round_trips(room, bundle, 32)
    for concurrency in (1, 8, 32):
        rate, cost = await round_trips(room, bundle, concurrency)
        say(f"warm round trips, concurrency {concurrency}", rate, "/s")
        say("  of which this process spends per call", cost, "us")
    say("memory of a warm instance (proportional)", memory_mb(home), "MB")
    await room.pool.close()


if __name__ == "__main__":
    with temporary_home() as home:
        uvloop.run(main(home))
