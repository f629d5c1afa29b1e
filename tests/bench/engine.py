"""What an instance costs to start and to keep, beside the bare interpreter."""

from __future__ import annotations

import asyncio
import hashlib
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from invocations.engine.bundle import Bundle
from invocations.engine.packages import pack
from invocations.engine.pool import Limits, Pool
from invocations.runtimes import RUNTIMES

from .figures import Figure

STARTS = 15
CODE = pack({"index.py": b"def handler(event, context):\n    return 'hello'\n"})
# Not ru_maxrss: a child inherits the peak of the process that started it.
BARE = "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"


def instances() -> list[Figure]:
    """Cold start in milliseconds until the answer, sandbox included, and memory of a warm instance."""
    bare_ms, bare_kb = _bare()
    with tempfile.TemporaryDirectory(prefix="serin-bench-") as folder:
        cold_ms, warm_kb = asyncio.run(_ours(Path(folder)))
    peer = "bare python -I -S"
    return [
        Figure("cold start of a Python instance, in the sandbox", cold_ms, "ms", peer, bare_ms),
        Figure("memory of a warm Python instance", warm_kb / 1024, "MB", peer, bare_kb / 1024),
    ]


async def _ours(home: Path) -> tuple[float, float]:
    async def fetch(_digest: str) -> bytes:
        return CODE

    pool = Pool(home=home, fetch_code=fetch, runtimes=RUNTIMES, limits=Limits())
    await pool.start()
    try:
        times, memory = [], []
        for number in range(STARTS + 1):
            since = time.perf_counter()
            outcome = await pool.invoke(
                _bundle(number), request_id="0" * 36, qualifier="LATEST", payload=b"{}"
            )
            times.append((time.perf_counter() - since) * 1000)
            memory.append(outcome.memory_kb)
            if not outcome.cold:
                raise SystemExit("bench: a start that should have been cold was warm")
    finally:
        await pool.close()
    return statistics.median(times[1:]), statistics.median(memory)


def _bundle(number: int) -> Bundle:
    """A function of its own, so that no instance fits but a new one."""
    return Bundle(
        account_id="1",
        region="cn-hangzhou",
        service="bench",
        function=f"hello{number}",
        version="1",
        runtime="python3",
        handler="index.handler",
        code_digest=hashlib.sha256(CODE).hexdigest(),
    )


def _bare() -> tuple[float, float]:
    times, memory = [], []
    for _ in range(STARTS):
        since = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", BARE], capture_output=True, text=True, check=True
        )
        times.append((time.perf_counter() - since) * 1000)
        memory.append(int(done.stdout))
    return statistics.median(times), statistics.median(memory)
