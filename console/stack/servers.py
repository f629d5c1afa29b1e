"""Both embedded servers of one home folder: started and stopped together, owned by one process at a time."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Protocol

from . import CannotStart
from .leftovers import MARK, end_leftovers
from .places import Places
from .postgres import Postgres
from .tether import tethered
from .valkey import Valkey

READY_LIMIT = 600.0  # seconds; a crash recovery replays at most max_wal_size, on a slow disk
STOP_LIMIT = 60.0  # seconds until a server that does not stop is killed; it recovers at the next start


class Server(Protocol):
    name: str

    @property
    def folder(self) -> Path:
        """Where it runs and keeps its data."""

    def prepare(self) -> None: ...
    def command(self) -> list[str]: ...
    def is_ready(self) -> bool: ...
    def ask_to_stop(self, process: subprocess.Popen[bytes]) -> None: ...


class Managed:
    """A server and the process that is running it."""

    def __init__(self, places: Places, server: Server) -> None:
        self.server = server
        self.log = places.logs / f"{server.name}.log"
        self.environment = {**os.environ, MARK: str(places.home)}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Must be called in the main thread: the server dies with the thread that started it."""
        self.server.prepare()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                tethered(self.server.command()),
                cwd=self.server.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A Ctrl-C in the terminal is for the supervisor, which stops the servers last.
                start_new_session=True,
            )

    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def wait_until_ready(self) -> None:
        limit = time.monotonic() + READY_LIMIT
        while not self.server.is_ready():
            if not self.is_alive():
                raise CannotStart(f"{self.server.name} stopped at once: {_reason(self.log)} (see {self.log})")
            if time.monotonic() > limit:
                raise CannotStart(f"{self.server.name} was not ready within {READY_LIMIT:.0f} s")
            time.sleep(0.02)

    def stop(self) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        self.server.ask_to_stop(self.process)
        try:
            self.process.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


def embedded(places: Places, *, durable: bool = True) -> list[Server]:
    """The servers that Serin must bring itself: those that no variable of the operator names."""
    servers: list[Server] = []
    if not os.environ.get("DATABASE_URL"):
        servers.append(Postgres(places, durable=durable))
    if not os.environ.get("REDIS_URL"):
        servers.append(Valkey(places))
    return servers


@contextmanager
def running(home: Path, *, durable: bool = True) -> Iterator[None]:
    """The embedded servers of `home` accept connections inside this block.

    Uses those of a running `manage.py up` when there is one; else starts them, and stops them at the end.
    `durable=False` is for a home that is thrown away. Raises CannotStart.
    """
    places = Places(home)
    servers = embedded(places, durable=durable)
    if not servers:
        yield
        return
    make_folders(places)
    with ExitStack() as stack:
        # Held shared while the servers are used, so the command that started them stops them last.
        users = stack.enter_context(_lock_file(places, "users.lock"))
        fcntl.flock(users, fcntl.LOCK_SH)
        try:
            stack.enter_context(owned(places))
        except CannotStart:
            _wait_for_somebody_elses(servers)
            yield
            return
        with started(places, servers):
            yield
            fcntl.flock(users, fcntl.LOCK_EX)


@contextmanager
def started(places: Places, servers: list[Server]) -> Iterator[list[Managed]]:
    """Start the servers of a home whose lock we hold; stop them in reverse order at the end."""
    with ExitStack() as stack:
        managed = []
        for server in servers:
            managed.append(Managed(places, server))
            stack.callback(managed[-1].stop)
            managed[-1].start()
        for one in managed:
            one.wait_until_ready()
        yield managed


@contextmanager
def owned(places: Places) -> Iterator[None]:
    """Hold the home's lock: one process at a time starts and stops what lives in a home folder.

    What a killed owner has left running is ended first.

    Raises CannotStart, naming the holder, when another process holds it. The kernel drops the lock of a
    process that dies.
    """
    with _lock_file(places, "stack.lock") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            raise CannotStart(f"Serin is already running on {places.home} ({holder})") from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}: {' '.join(sys.argv)}\n")
        lock.flush()
        end_leftovers(places.home)
        yield


def make_folders(places: Places) -> None:
    """The folders of the stack, for their owner's eyes only."""
    try:
        for folder in (places.home, places.run, places.logs):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        places.sockets.mkdir(mode=0o700, exist_ok=True)
        places.run.chmod(0o700)
    except OSError as error:
        raise CannotStart(f"SERIN_HOME {places.home} cannot be used: {error}") from error
    # The short folder has a name that anybody could have taken first.
    found = places.sockets.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise CannotStart(f"{places.sockets} must be a folder of mode 0700 that belongs to you")


def _lock_file(places: Places, name: str) -> IO[str]:
    return (places.run / name).open("a+", encoding="utf-8")


def _reason(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    fatal = [line for line in lines if "FATAL" in line]
    return (fatal or lines or ["it said nothing"])[-1]


def _wait_for_somebody_elses(servers: list[Server]) -> None:
    limit = time.monotonic() + READY_LIMIT
    while not all(server.is_ready() for server in servers):
        if time.monotonic() > limit:
            raise CannotStart("the servers of the running Serin do not become ready")
        time.sleep(0.05)
