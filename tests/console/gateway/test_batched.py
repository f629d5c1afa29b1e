from __future__ import annotations

import asyncio

from console.gateway.batched import Batched


class Work:
    """Notes the keys of each run; a run lasts until `go` is set."""

    def __init__(self) -> None:
        self.runs: list[set[int]] = []
        self.began = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, keys: set[int]) -> None:
        self.runs.append(keys)
        self.began.set()
        await self.go.wait()


def test_ask__while_a_run_is_under_way__waits_for_the_next_one() -> None:
    async def story() -> None:
        work = Work()
        batched: Batched[int] = Batched(work)
        first = batched.ask({1})
        await work.began.wait()
        # What was committed after the first run began may have escaped it, so these need another.
        second, third = batched.ask({1}), batched.ask({2})
        assert work.runs == [{1}]
        work.go.set()
        await asyncio.gather(first, second, third)
        assert work.runs == [{1}, {1, 2}]

    asyncio.run(story())


def test_ask__asker_cancelled__leaves_the_run_to_the_others() -> None:
    async def story() -> None:
        work = Work()
        batched: Batched[int] = Batched(work)
        gone, staying = batched.ask({1}), batched.ask({1})
        await work.began.wait()
        gone.cancel()
        work.go.set()
        await staying
        assert work.runs == [{1}]

    asyncio.run(story())


def test_ask__again_and_again__keeps_the_runs_apart() -> None:
    async def story() -> None:
        work = Work()
        work.go.set()
        batched: Batched[int] = Batched(work, every_s=0.05)
        clock = asyncio.get_running_loop().time
        began = clock()
        for _ in range(3):
            await batched.ask({1})
        assert clock() - began >= 0.1
        assert len(work.runs) == 3

    asyncio.run(story())
