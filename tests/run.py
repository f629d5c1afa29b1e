"""Run pytest on embedded servers of its own: `python -m tests.run [pytest arguments]`.

A wrapper and not a fixture: pytest-django reads the settings, and with them the addresses of the servers,
before any conftest is imported, and a plugin that started them would run once in every pytest-xdist process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from console.stack import CannotStart
from console.stack.ports import free_ports
from console.stack.servers import running
from console.stack.tether import tethered

ROOT = Path(__file__).resolve().parent.parent


def environment(home: Path) -> dict[str, str]:
    """The variables of a test run: its own home and ports, and nothing else of Serin's from outside."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SERIN_")}
    console_port, gateway_port = free_ports(2)
    return kept | {
        "SERIN_HOME": str(home),
        "SERIN_CONSOLE_PORT": str(console_port),
        "SERIN_GATEWAY_PORT": str(gateway_port),
    }


def main(arguments: list[str]) -> int:
    with tempfile.TemporaryDirectory(prefix="serin-test-") as folder:
        home = Path(folder).resolve()
        with running(home, durable=False):
            command = tethered([sys.executable, "-m", "pytest", *arguments])
            with subprocess.Popen(command, cwd=ROOT, env=environment(home)) as pytest:
                return _outcome(pytest)


def _outcome(pytest: subprocess.Popen[bytes]) -> int:
    while True:
        try:
            return pytest.wait()
        except KeyboardInterrupt:
            # It reached pytest too: the servers go on until it has said what it has to say.
            continue


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except CannotStart as refusal:
        sys.exit(f"serin: {refusal}")
