"""The whole of Serin, running: for tests that need a real console, gateway and worker."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from console.stack.throwaway import ROOT, whole_stack


@dataclass(frozen=True)
class LiveStack:
    """Where a running stack is, who may log in, and the environment in which a process belongs to it."""

    home: Path
    environment: dict[str, str]
    user: str = "admin"

    @property
    def password(self) -> str:
        return self.environment["SERIN_ADMIN_PASSWORD"]

    @property
    def console_url(self) -> str:
        return f"http://localhost:{self.environment['SERIN_CONSOLE_PORT']}"

    @property
    def gateway_url(self) -> str:
        return f"http://127.0.0.1:{self.environment['SERIN_GATEWAY_PORT']}"

    @property
    def log(self) -> str:
        """All that `manage.py up` and the programs below it have written so far."""
        return (self.home / "up.log").read_text(errors="replace")

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command of manage.py beside the stack."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@contextmanager
def new_stack() -> Iterator[LiveStack]:
    """What `manage.py up` starts on an empty home; its database is its own."""
    with tempfile.TemporaryDirectory(prefix="serin-live-") as folder:
        home = Path(folder).resolve()
        with whole_stack(home) as environment:
            yield LiveStack(home, environment)


@pytest.fixture(scope="session")
def live_stack() -> Iterator[LiveStack]:
    """One stack for all tests of a run that only use it; a test that kills its parts makes a new one."""
    with new_stack() as stack:
        yield stack
