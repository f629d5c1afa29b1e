from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from console.stack import CannotStart
from console.stack.places import Places
from console.stack.postgres import Postgres


def test_command__as_root__shows_postgresql_a_user_that_exists(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    command = Postgres(Places(tmp_path)).command()
    uid = int(command[command.index("--uid") + 1])
    assert uid != 0
    assert pwd.getpwuid(uid).pw_name == "nobody"


def test_command__as_root_on_a_machine_without_nobody__is_one_clear_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def nobody(name: str) -> pwd.struct_passwd:
        raise KeyError(name)

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(pwd, "getpwnam", nobody)
    with pytest.raises(CannotStart, match="no user nobody: start Serin as an ordinary user"):
        Postgres(Places(tmp_path)).command()


def test_command__as_an_ordinary_user__starts_postgresql_itself(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1234)
    assert Path(Postgres(Places(tmp_path)).command()[0]).name == "postgres"
