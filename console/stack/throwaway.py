"""A whole Serin of its own for one command: `python -m console.stack.throwaway manage.py demo`.

The home folder is a temporary one, the ports are free ones, and all of it is gone when the command ends.
"""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import CannotStart
from .ports import free_ports
from .tether import tethered

ROOT = Path(__file__).resolve().parent.parent.parent
READY = "serin | ready after"
READY_LIMIT = 180.0  # seconds
STOP_LIMIT = 120.0  # seconds; more than all that the supervisor itself allows


@contextmanager
def whole_stack(home: Path, **variables: str) -> Iterator[dict[str, str]]:
    """`manage.py up` on this home until the block ends; gives the environment of commands beside it.

    Its lines are in up.log in the home. Raises CannotStart, with the last of them, when it does not come up.
    """
    environment = _environment(home) | variables
    log = home / "up.log"
    with log.open("wb") as output:
        up = subprocess.Popen(
            tethered([sys.executable, "manage.py", "up"]),
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        _wait_until_ready(up, log)
        yield environment
    finally:
        up.terminate()
        try:
            up.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            up.kill()  # its children are tethered to it
            up.wait()


def _environment(home: Path) -> dict[str, str]:
    foreign = ("SERIN_", "DATABASE_URL", "REDIS_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    console_port, gateway_port = free_ports(2)
    return kept | {
        "SERIN_HOME": str(home),
        "SERIN_CONSOLE_PORT": str(console_port),
        "SERIN_GATEWAY_PORT": str(gateway_port),
        "SERIN_ADMIN_PASSWORD": secrets.token_urlsafe(12),
    }


def _wait_until_ready(up: subprocess.Popen[bytes], log: Path) -> None:
    limit = time.monotonic() + READY_LIMIT
    while READY not in (written := log.read_text(errors="replace")):
        if up.poll() is not None or time.monotonic() > limit:
            last = "\n".join(written.splitlines()[-20:])
            raise CannotStart(f"it did not come up:\n{last}")
        time.sleep(0.05)


def main(arguments: list[str]) -> int:
    command = tethered([sys.executable, *arguments])
    with (
        tempfile.TemporaryDirectory(prefix="serin-") as folder,
        whole_stack(Path(folder).resolve()) as environment,
    ):
        return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotStart as refusal:
        sys.exit(f"serin: {refusal}")
