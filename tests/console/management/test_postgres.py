from __future__ import annotations

import sys
from pathlib import Path

from tests.live import LiveStack


def test_postgres__dump_and_restore__brings_back_what_was_there(
    live_stack: LiveStack, tmp_path: Path
) -> None:
    dump = tmp_path / "serin.dump"
    written = live_stack.manage("postgres", "pg_dump", "--format=custom", f"--file={dump}")
    assert (written.returncode, written.stderr) == (0, "")
    home = {"SERIN_HOME": str(tmp_path / "restored")}
    restored = live_stack.manage("postgres", "pg_restore", "--no-owner", "--dbname=serin", str(dump), **home)
    assert (restored.returncode, restored.stderr) == (0, "")
    found = live_stack.manage("postgres", "psql", "-Atc", "SELECT name FROM releases_alias", **home)
    assert "alias1" in found.stdout.splitlines()


def test_postgres__unknown_program_or_a_path__is_one_line(live_stack: LiveStack) -> None:
    for program in ("pg_nothing", "/bin/sh", sys.executable):
        refused = live_stack.manage("postgres", program)
        assert refused.returncode == 1
        assert refused.stderr.startswith(f"CommandError: there is no program '{program}' in ")
        assert refused.stderr.count("\n") == 1
