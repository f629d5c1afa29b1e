"""The gateway beside functions-framework and beside a bare forwarder."""

from __future__ import annotations

import base64
import hmac
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.utils import formatdate
from functools import partial
from pathlib import Path

from console.stack.ports import free_ports
from console.stack.tether import tethered

from .figures import Figure
from .load import Subject, in_turn, requests_per_second

CONCURRENCY = 32
MANY, SHORT = 9, 2
"""Rounds, and seconds of each: where the two differ little, what the machine does meanwhile must cancel."""
WANTED = {"x-plan": "pro", "x-country": "cn", "x-client": "app"}
"""The headers that every call of `web` sends, and that the rules of the alias `ruled` ask for."""


def signed(base: str, path: str, key_id: str, secret: str) -> Subject:
    """The headers of one signed call; wrk repeats them, which the signature's 15 minutes allow."""
    date = formatdate(usegmt=True)
    content_type = "application/json"
    text = f"POST\n\n{content_type}\n{date}\n{path}"
    signature = base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha256")).decode()
    headers = {"Content-Type": content_type, "Date": date, "Authorization": f"FC {key_id}:{signature}"}
    return Subject(base + path, headers)


def hello_through_alias1(gateway_url: str, key: dict[str, str]) -> Subject:
    """A signed call of the benchmark's function."""
    path = "/2016-08-15/services/bench.alias1/functions/hello/invocations"
    return signed(gateway_url, path, key["accessKeyId"], key["accessKeySecret"])


def warm_invocations(ours: Subject) -> list[Figure]:
    """Requests per second at 32 connections."""
    with ExitStack() as stack:
        framework = stack.enter_context(functions_framework())
        forwarder = stack.enter_context(bare_forwarder())
        load: dict[str, Callable[[], float]] = {
            "ours": partial(requests_per_second, ours, connections=CONCURRENCY),
            "framework": partial(requests_per_second, framework, connections=CONCURRENCY),
            "forwarder": partial(requests_per_second, forwarder, connections=CONCURRENCY),
        }
        rates = in_turn(load)
    name = f"gateway, warm Python hello, {CONCURRENCY} connections"
    return [
        Figure(name, rates["ours"], "req/s", "functions-framework, ASGI", rates["framework"], ">= 0.6"),
        Figure(
            name,
            rates["ours"],
            "req/s",
            "bare forwarder, 2 children, 1 call each",
            rates["forwarder"],
            ">= 0.6",
        ),
    ]


def three_rules(gateway_url: str) -> list[Figure]:
    """Requests per second of one HTTP function through two aliases that differ in their rules alone.

    Each alias leads all calls to one version: without rules to the primary, with them to the canary.
    """
    address = f"{gateway_url}/2016-08-15/proxy/bench.{{}}/web/"
    subjects = {alias: Subject(address.format(alias), WANTED) for alias in ("ruled", "plain")}
    rates = in_turn(
        {
            alias: partial(requests_per_second, subject, connections=CONCURRENCY, seconds=SHORT)
            for alias, subject in subjects.items()
        },
        rounds=MANY,
    )
    name = f"gateway, three header rules, {CONCURRENCY} connections"
    return [
        Figure(name, rates["ruled"], "req/s", "the same function, without rules", rates["plain"], ">= 0.9")
    ]


@contextmanager
def functions_framework() -> Iterator[Subject]:
    (port,) = free_ports(1)
    source = Path(__file__).with_name("peer_function.py")
    command = ["-m", "functions_framework", "--asgi", "--target", "hello", "--source", str(source)]
    with served([*command, "--host", "127.0.0.1", "--port", str(port)], port) as subject:
        yield subject


@contextmanager
def bare_forwarder() -> Iterator[Subject]:
    (port,) = free_ports(1)
    command = ["-m", "uvicorn", "tests.bench.forwarder:app", "--no-access-log", "--log-level", "warning"]
    with served([*command, "--port", str(port)], port) as subject:
        yield subject


@contextmanager
def served(arguments: list[str], port: int) -> Iterator[Subject]:
    """A peer's process for the time of the block, once it answers."""
    root = Path(__file__).resolve().parent.parent.parent
    process = subprocess.Popen(
        tethered([sys.executable, *arguments]), cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        subject = Subject(f"http://127.0.0.1:{port}/")
        _wait_for(subject, process)
        yield subject
    finally:
        process.terminate()
        process.wait()


def _wait_for(subject: Subject, process: subprocess.Popen[bytes]) -> None:
    limit = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < limit:
        try:
            with urllib.request.urlopen(subject.url, data=b"{}", timeout=5) as answer:
                answer.read()
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"bench: the peer at {subject.url} did not start")
