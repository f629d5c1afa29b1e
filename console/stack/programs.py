"""The programs that `manage.py up` supervises: what runs them, when they are ready, and when they stop."""

from __future__ import annotations

import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Health:
    """Ready when GET /healthz answers 200 there."""

    host: str
    port: int


@dataclass(frozen=True)
class Says:
    """Ready when the program has written a line with these words."""

    words: str


@dataclass(frozen=True)
class Program:
    name: str
    command: list[str]
    ready: Health | Says | None  # None for one that nobody waits for
    stop_round: int  # programs of a lower round have ended before those of the next are asked to
    stop_limit: float  # seconds between the request to stop and the kill


def programs(bind: str, console_port: int, gateway_port: int) -> list[Program]:
    """In the order in which they are announced.

    Pages and beat stop first, then the workers, then the gateway: workers send their requests to it, and
    would count its absence as errors of a test run. A worker that is killed in the middle of a chunk loses
    nothing, since chunks are leases.
    """
    python = [sys.executable, "-m"]
    granian = ["granian", "--interface", "wsgi", "--host", bind, "--port", str(console_port), "--no-ws"]
    # A thread keeps a database connection, so there are few; test invocations may hold eight of them.
    # Granian warns of them on a small machine, at each start: only its errors are wanted.
    threads = ["--blocking-threads", "12", "--backpressure", "64", "--log-level", "error"]
    celery = ["celery", "--quiet", "--app", "console.celery"]
    worker = [*celery, "worker", "--loglevel", "INFO", "--without-gossip", "--without-mingle"]
    local = _reachable(bind)
    return [
        Program(
            "console",
            [*python, *granian, *threads, "console.wsgi:application"],
            Health(local, console_port),
            0,
            10,
        ),
        Program("gateway", [*python, "console.gateway"], Health(local, gateway_port), 2, 15),
        Program(
            "worker",
            [*python, *worker, "--queues", "celery", "--concurrency", "2", "--hostname", "worker@%h"],
            Says("ready."),
            1,
            10,
        ),
        Program(
            "ticks",
            [*python, *worker, "--queues", "ticks", "--pool", "solo", "--hostname", "ticks@%h"],
            Says("ready."),
            1,
            10,
        ),
        Program("beat", [*python, *celery, "beat", "--loglevel", "INFO"], None, 0, 5),
    ]


def _reachable(bind: str) -> str:
    """An address under which this machine reaches a server that listens on `bind`."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(bind, bind)  # noqa: S104 - nothing is bound here
