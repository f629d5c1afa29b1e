"""A worker dies in the middle of a test run: the run loses nothing and counts nothing twice."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from console.stack.leftovers import MARK
from tests.live import LiveStack

SERVICE = "/cn-hangzhou/services/shop"
SLOW = "import time\n\n\ndef handler(event, context):\n    time.sleep(0.02)\n"
INVOCATIONS = 1500


def test_test_run__all_workers_killed_in_the_middle__counts_every_index_once(
    logged_in: Callable[[], Page], live_stack: LiveStack
) -> None:
    page = logged_in()
    deploy(page, SLOW)
    start_run(page)
    progress = page.locator("#testrun-progress")
    expect(progress).to_contain_text(re.compile(r"Counted\s*[1-9][\d,]* of 1,500"))
    killed = kill_workers(live_stack)
    assert killed
    expect(progress).to_contain_text("1,500 of 1,500", timeout=120_000)
    expect(progress).to_contain_text(re.compile(r"Errors\s*0 of 1,500"))
    counted = page.locator("#testrun-split").get_by_role("row").filter(has_text="LATEST")
    expect(counted).to_contain_text("1,500")


def deploy(page: Page, code: str) -> None:
    page.goto(f"{SERVICE}/functions/checkout/code/")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.insert_text(code)
    page.get_by_role("button", name="Deploy code").click()
    expect(page.get_by_text("differs from version 2")).to_be_visible()


def start_run(page: Page) -> None:
    page.goto("/cn-hangzhou/test-runs/new/?service=shop&qualifier=LATEST&function=checkout")
    page.get_by_label("Invocations").fill(str(INVOCATIONS))
    page.get_by_label("Concurrency").fill("4")
    page.get_by_role("button", name="Start").click()


def kill_workers(stack: LiveStack) -> list[int]:
    """Kill the processes of this stack that work on the test run's queue, and say which they were."""
    mark = f"{MARK}={stack.home}".encode()
    killed = []
    for folder in Path("/proc").iterdir():
        try:
            ours = folder.name.isdigit() and mark in (folder / "environ").read_bytes().split(b"\0")
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended, or is not ours to read
            continue
        if ours and b"worker@%h" in words:
            os.kill(int(folder.name), signal.SIGKILL)
            killed.append(int(folder.name))
    return killed
