from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest

from invocations.engine.storage import Storage, in_use, instances_user, make_once
from tests.invocations.engine.rooms import temporary_home


def test_make_once__folder_is_new__is_built_readable_whatever_the_umask(tmp_path: Path) -> None:
    def build(folder: Path) -> None:
        (folder / "deep").mkdir(mode=0o700)
        (folder / "deep" / "data").touch(mode=0o600)
        (folder / "program").touch(mode=0o700)

    folder = make_once(tmp_path / "made", build)

    modes = {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.rglob("*"))}
    assert modes == {"made": 0o755, "deep": 0o755, "data": 0o644, "program": 0o755}


def test_make_once__folder_is_there__is_not_built_again(tmp_path: Path) -> None:
    make_once(tmp_path / "made", lambda folder: (folder / "first").touch())
    make_once(tmp_path / "made", lambda folder: (folder / "second").touch())

    assert [path.name for path in (tmp_path / "made").iterdir()] == ["first"]


def test_make_once__building_fails__leaves_nothing(tmp_path: Path) -> None:
    def build(folder: Path) -> None:
        (folder / "half").touch()
        raise ValueError

    with pytest.raises(ValueError):
        make_once(tmp_path / "made", build)

    assert list(tmp_path.iterdir()) == []


def test_make_once__another_was_quicker__keeps_what_the_other_made(tmp_path: Path) -> None:
    def build(folder: Path) -> None:
        (folder / "mine").touch()
        (tmp_path / "made").mkdir()
        (tmp_path / "made" / "theirs").touch()

    make_once(tmp_path / "made", build)

    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["theirs"]


def test_storage__packages_that_nobody_used_for_a_month__are_removed() -> None:
    with temporary_home() as home:
        storage = Storage.open(home)
        forty_days_ago = time.time() - 40 * 86_400
        for name in ("forgotten", "used"):
            (storage.code / name).mkdir()
            os.utime(storage.code / name, (forty_days_ago, forty_days_ago))

        assert in_use(storage.code / "used")
        assert not in_use(storage.code / "never")
        storage.clean()

        assert [path.name for path in storage.code.iterdir()] == ["used"]


def test_storage__drafts_that_were_abandoned__are_removed_and_fresh_ones_kept() -> None:
    with temporary_home() as home:
        storage = Storage.open(home)
        old, fresh, done = storage.code / ".old-1", storage.code / ".fresh-1", storage.code / "done"
        for folder in (old, fresh, done):
            folder.mkdir()
        two_hours_ago = time.time() - 7200
        for folder in (old, done):
            os.utime(folder, (two_hours_ago, two_hours_ago))

        storage.clean()

        assert sorted(path.name for path in storage.code.iterdir()) == [".fresh-1", "done"]


def test_storage__code__is_closed_to_other_users_of_the_host() -> None:
    with temporary_home() as home:
        assert Storage.open(home).code.stat().st_mode & 0o007 == 0


def test_storage__home_is_gone__its_code_is_removed_by_the_next_engine() -> None:
    with temporary_home() as gone:
        left = Storage.open(gone).code
    left.mkdir(parents=True, exist_ok=True)

    with temporary_home() as home:
        storage = Storage.open(home)
        storage.clean()

        assert storage.code.exists()
        assert left.exists() == (instances_user() is None)
    shutil.rmtree(gone, ignore_errors=True)
