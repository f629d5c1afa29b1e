"""Deploys, changes and the gateway's own end under traffic: no call is lost."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from releases.core.policies import Policy
from releases.operations.aliases import Setting, change_alias
from tests import make

from .process import GatewayProcess, Reply, running_gateway, until

pytestmark = pytest.mark.usefixtures("database")

NUMBERED = "import time\ndef handler(event, context):\n    time.sleep(0.01)\n    return '{}'\n"
SLEEPER = "import time\ndef handler(event, context):\n    time.sleep(float(event))\n    return event\n"
CALLERS = 4


@contextmanager
def traffic(gateway: GatewayProcess, target: str) -> Iterator[list[Reply]]:
    """Callers that never pause; their answers are complete when the block has ended."""
    replies: list[Reply] = []
    over = threading.Event()

    def call() -> None:
        while not over.is_set():
            replies.append(gateway.invoke(target))

    with ThreadPoolExecutor(CALLERS) as pool:
        callers = [pool.submit(call) for _ in range(CALLERS)]
        try:
            yield replies
        finally:
            over.set()
        for caller in callers:
            caller.result()


def under_way(gateway: GatewayProcess) -> int:
    instances = gateway.health()["instances"]
    return int(instances["busy"] + instances["queued"])


def test_deploy__twenty_times_under_traffic__no_call_fails_and_old_instances_go(
    gateway: GatewayProcess, name: str
) -> None:
    function = make.function(make.service(name), text=NUMBERED.format(0))
    before = gateway.health()["instances"]["instances"]
    with traffic(gateway, f"{name}/checkout") as replies:
        for turn in range(1, 21):
            make.deploy(function, NUMBERED.format(turn))
            wanted = str(turn).encode()
            until(lambda wanted=wanted: any(reply.body == wanted for reply in replies[-CALLERS:]))
    failed = [reply for reply in replies if reply.status != 200 or "x-fc-error-type" in reply.headers]
    assert failed == []
    assert len(replies) > 20
    # Instances of twenty deploys would be many more; those of the last one are at most the callers'.
    until(lambda: gateway.health()["instances"]["instances"] <= before + CALLERS)


def test_alias__moved_back_and_forth_under_traffic__no_call_fails(gateway: GatewayProcess, name: str) -> None:
    alias = make.alias(make.two_versions(name))
    with traffic(gateway, f"{name}.alias1/checkout") as replies:
        for turn in range(1, 11):
            wanted = "1" if turn % 2 == 0 else "2"
            setting = Setting(policy=Policy(int(wanted)))
            change_alias(make.act(), alias, base_revision=turn, setting=setting)
            until(
                lambda wanted=wanted: any(
                    reply.headers["x-fc-invocation-service-version"] == wanted for reply in replies[-CALLERS:]
                )
            )
    assert {reply.status for reply in replies} == {200}
    assert not any("x-fc-error-type" in reply.headers for reply in replies)


def test_gateway__told_to_stop_with_calls_running_and_waiting__answers_them_all(
    gateway_database: str, name: str
) -> None:
    make.function(make.service(name), text=SLEEPER)
    with running_gateway(gateway_database) as gateway, ThreadPoolExecutor(20) as pool:
        target = f"{name}/checkout"
        calls = [pool.submit(gateway.invoke, target, b"0.4") for _ in range(20)]
        until(lambda: under_way(gateway) == 20)
        gateway.process.send_signal(signal.SIGTERM)
        replies = [call.result() for call in calls]
        assert [(reply.status, reply.body) for reply in replies] == [(200, b"0.4")] * 20
