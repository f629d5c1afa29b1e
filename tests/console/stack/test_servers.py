from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from console.stack import CannotStart
from console.stack.places import Places, database_url, redis_url, socket_folder
from console.stack.postgres import Postgres
from console.stack.servers import make_folders, owned, running

ROOT = Path(__file__).resolve().parents[3]
OWNER = """
import sys
from pathlib import Path
from console.stack.servers import running

with running(Path(sys.argv[1])):
    print("ready", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="serin-home-") as folder:
        yield Path(folder).resolve() / "var"


def _note(home: Path, word: str) -> None:
    with psycopg.connect(database_url(home)) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS notes (word text)")
        connection.execute("INSERT INTO notes VALUES (%s)", [word])
    with redis.Redis.from_url(redis_url(home)) as client:
        client.rpush("notes", word)


def _notes(home: Path) -> tuple[list[str], list[str]]:
    with psycopg.connect(database_url(home)) as connection:
        rows = [word for (word,) in connection.execute("SELECT word FROM notes")]
    with redis.Redis.from_url(redis_url(home), decode_responses=True) as client:
        return rows, client.lrange("notes", 0, -1)


def _is_alive(process: int) -> bool:
    """False as well for a dead process that nobody has collected: it has no command line any more."""
    path = Path(f"/proc/{process}/cmdline")
    return path.exists() and path.read_bytes() != b""


def test_running__home_twice__keeps_what_was_written(home: Path) -> None:
    with running(home, durable=False):
        _note(home, "first")
    assert not (socket_folder(home) / "valkey.sock").exists()
    with running(home, durable=False):
        assert _notes(home) == (["first"], ["first"])


def test_running__servers_of_another_block__are_shared_and_not_stopped(home: Path) -> None:
    with running(home, durable=False):
        with running(home, durable=False):
            _note(home, "shared")
        assert _notes(home) == (["shared"], ["shared"])


def test_running__serin_itself__is_no_superuser_and_listens_on_no_port(home: Path) -> None:
    with running(home, durable=False), psycopg.connect(database_url(home)) as connection:
        (superuser,) = connection.execute(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        (addresses,) = connection.execute("SHOW listen_addresses").fetchone()
        assert (superuser, addresses) == (False, "")
        assert socket_folder(home).stat().st_mode & 0o777 == 0o700


def test_running__everything_killed_hard__starts_again_with_what_was_committed(home: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert owner.stdout is not None and owner.stdin is not None
    with owner:
        assert owner.stdout.readline() == "ready\n"
        _note(home, "committed")
        postmaster = int((home / "postgres" / "postmaster.pid").read_text().split("\n")[0])
        owner.kill()
    assert (home / "postgres" / "postmaster.pid").exists()
    with running(home):
        assert _notes(home) == (["committed"], ["committed"])
    assert not _is_alive(postmaster)


def test_running__server_that_outlived_its_owner__is_ended_first(home: Path) -> None:
    with running(home, durable=False):
        _note(home, "before")
    postgres = Postgres(Places(home))
    with subprocess.Popen(postgres.command(), stderr=subprocess.DEVNULL, start_new_session=True) as leftover:
        while not postgres.is_ready():
            assert leftover.poll() is None
        with running(home, durable=False):
            leftover.wait(timeout=30)
            _note(home, "after")
            assert _notes(home)[0] == ["before", "after"]


def test_running__home_with_a_name_too_long_for_sockets__works(home: Path) -> None:
    deep = home / ("deep" * 20) / "with space, comma"
    with running(deep, durable=False):
        _note(deep, "deep")
        assert _notes(deep) == (["deep"], ["deep"])
    socket_folder(deep).rmdir()


def test_owned__second_owner__is_told_who_the_first_is(home: Path) -> None:
    places = Places(home)
    make_folders(places)
    with owned(places):
        holder = rf"already running on {home} \(process {os.getpid()}: "
        with pytest.raises(CannotStart, match=holder) as refusal, owned(places):
            pass
        assert "\n" not in str(refusal.value)
    with owned(places):
        pass


def test_make_folders__home_is_a_file__is_one_line(home: Path) -> None:
    home.write_text("not a folder")
    with pytest.raises(CannotStart, match=f"^SERIN_HOME {home} cannot be used: "):
        make_folders(Places(home))


def test_make_folders__short_socket_folder_open_to_others__is_refused(home: Path) -> None:
    places = Places(home / ("long" * 30))
    places.sockets.mkdir(mode=0o755)
    try:
        with pytest.raises(CannotStart, match="must be a folder of mode 0700"):
            make_folders(places)
    finally:
        places.sockets.rmdir()
