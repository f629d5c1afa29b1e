"""Where the engine keeps what instances read: runtimes, the sandbox's own program, unpacked code.

An instance runs as a user without rights, so everything it reads must lie under folders which that user can
traverse. An ordinary user's instances keep the user's own id, and the engine's home will do. Root's
instances run as `SANDBOX_ID`, to which a home such as `/root/serin` is closed; theirs lies in `/var/cache`.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SANDBOX_ID = 60_999
"""User and group of root's instances on the host: a number without an account."""

_ROOT_CACHE = Path("/var/cache/serin")
_ABANDONED_AFTER_S = 3600
_DAY_S = 24 * 3600
_UNUSED_AFTER_S = 30 * _DAY_S


@dataclass(frozen=True, slots=True)
class Storage:
    """Folders of one engine. Everything in them can be made again."""

    runtimes: Path
    """Copied runtimes; as root shared by all engines of the machine, for their names tell their content."""
    code: Path
    """Unpacked code packages, one folder per digest; readable only for this engine's instances."""

    @classmethod
    def open(cls, home: Path) -> Storage:
        user = instances_user()
        if user is None:
            return cls(_made(home / "runtimes", 0o755), _made(home / "code", 0o700))
        home.mkdir(parents=True, exist_ok=True)
        home = home.resolve()
        key = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
        _made(_ROOT_CACHE, 0o755)
        code = _made(_ROOT_CACHE / f"code-{key}", 0o750)
        os.chown(code, 0, user)
        # Tells `clean`, whoever runs it, whether the engine of this code still has a home.
        with suppress(FileExistsError):
            (_ROOT_CACHE / f"home-{key}").symlink_to(home)
        return cls(_made(_ROOT_CACHE / "runtimes", 0o755), code)

    def clean(self) -> None:
        """Remove what was left half made, what nobody used for a month, and code that outlived its home."""
        for home in self.code.parent.glob("home-*"):
            if home.is_symlink() and not home.exists():
                home.unlink()
                shutil.rmtree(home.with_name(home.name.replace("home-", "code-")), ignore_errors=True)
        now = time.time()
        for entry in (*self.runtimes.iterdir(), *self.code.iterdir()):
            allowed = _ABANDONED_AFTER_S if entry.name.startswith(".") else _UNUSED_AFTER_S
            if now - entry.lstat().st_mtime > allowed:
                shutil.rmtree(entry, ignore_errors=True)


def in_use(folder: Path) -> bool:
    """Whether the folder is there; if so, its use is noted, to the day."""
    try:
        noted = folder.stat().st_mtime
    except FileNotFoundError:
        return False
    if time.time() - noted > _DAY_S:
        os.utime(folder)
    return True


@cache
def instances_user() -> int | None:
    """The user that instances must become on the host, or `None` when the engine's own has no rights.

    Root of a user namespace that knows no other id is an ordinary user by another name.
    """
    if os.geteuid() != 0 or not (_is_mapped("uid_map") and _is_mapped("gid_map")):
        return None
    return SANDBOX_ID


def _is_mapped(name: str) -> bool:
    ranges = (map(int, line.split()) for line in Path("/proc/self", name).read_text().splitlines())
    return any(first <= SANDBOX_ID < first + count for first, _, count in ranges)


def make_once(folder: Path, build: Callable[[Path], None]) -> Path:
    """Let `build` fill a new folder and give it its name in one step; do nothing when it is there.

    Two processes may race: both build, one rename wins, and what both made is the same.
    """
    if in_use(folder):
        return folder
    draft = folder.with_name(f".{folder.name}-{secrets.token_hex(4)}")
    draft.mkdir()
    try:
        build(draft)
        _make_readable(draft)
        os.utime(draft)
        draft.rename(folder)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError) and folder.exists():
            return folder
        raise
    return folder


def _made(folder: Path, mode: int) -> Path:
    """The folder, with this mode whatever the umask is."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(mode)
    return folder


def _make_readable(folder: Path) -> None:
    for path, _, names in os.walk(folder):
        Path(path).chmod(0o755)
        for name in names:
            file = Path(path, name)
            mode = file.lstat().st_mode
            if stat.S_ISREG(mode):
                file.chmod(0o755 if mode & 0o100 else 0o644)
