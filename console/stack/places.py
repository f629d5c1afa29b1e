"""Where a home folder keeps what. Pure: only paths and addresses, nothing is read or made."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

# A socket's whole path must fit in the 108 bytes of sockaddr_un, with ".s.PGSQL.5432.lock" after the folder.
SOCKET_FOLDER_LIMIT = 85
# PostgreSQL splits its socket folders at commas, and both addresses are URLs: so nothing in it needs quoting.
PLAIN_PATH = re.compile(r"/[A-Za-z0-9._/-]+")


def socket_folder(home: Path) -> Path:
    """The folder of both servers' sockets: `run` in the home, or a short one when their paths would not fit.

    The same home always gives the same folder, since every process works it out by itself.
    """
    folder = home / "run"
    if len(os.fsencode(folder)) <= SOCKET_FOLDER_LIMIT and PLAIN_PATH.fullmatch(str(folder)):
        return folder
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    # A folder that anybody could make first: ours has mode 0700, and somebody else's is refused
    # (servers.make_folders).
    return Path(f"/tmp/serin-{os.getuid()}-{digest}")  # noqa: S108


def database_url(home: Path) -> str:
    return f"postgresql://serin@/serin?host={socket_folder(home)}"


def redis_url(home: Path) -> str:
    return f"unix://{socket_folder(home)}/valkey.sock"


def broker_url(redis_url: str) -> str:
    """The same server in Celery's words.

    Celery takes no notice of `db` in a socket's address: two Serins on one server would share their queue.
    """
    address, _, query = redis_url.partition("?")
    if not address.startswith("unix://"):
        return redis_url
    options = [("virtual_host" if name == "db" else name, value) for name, value in parse_qsl(query)]
    broker = "redis+socket" + address.removeprefix("unix")
    return f"{broker}?{urlencode(options)}" if options else broker


@dataclass(frozen=True)
class Places:
    """The parts of one home folder that the stack owns."""

    home: Path

    @property
    def postgres(self) -> Path:
        return self.home / "postgres"

    @property
    def valkey(self) -> Path:
        return self.home / "valkey"

    @property
    def sockets(self) -> Path:
        return socket_folder(self.home)

    @property
    def run(self) -> Path:
        return self.home / "run"

    @property
    def logs(self) -> Path:
        return self.home / "log"
