"""Python 3: a copy of the interpreter that runs the engine, without its tests and site packages."""

from __future__ import annotations

import compileall
import hashlib
import os
import py_compile
import shutil
import sys
import sysconfig
from functools import cache
from pathlib import Path

from invocations.engine.runtime import Runtime
from invocations.engine.storage import make_once

_WORKER = Path(__file__).with_name("workers") / "worker.py"
_LIBRARY = Path(sysconfig.get_path("stdlib"))
_LEFT_OUT = (
    "site-packages",
    "dist-packages",
    "test",
    "tests",
    "idle_test",
    "idlelib",
    "turtledemo",
    "tkinter",
    "ensurepip",
    "lib2to3",
    "config-*",
    "*.opt-[12].pyc",
    "_test*.so",
)


def _install(runtimes: Path) -> Path:
    return make_once(runtimes / f"python3-{_key()}", _build)


@cache
def _key() -> str:
    """Names the copy's content: the interpreter, its library, our worker and this recipe."""
    digest = hashlib.sha256(sys.version.encode())
    for path in (_interpreter(), _LIBRARY / "os.py", _LIBRARY):
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}".encode())
    digest.update(_WORKER.read_bytes())
    digest.update(Path(__file__).read_bytes())
    return f"{sys.version_info.major}.{sys.version_info.minor}-{digest.hexdigest()[:16]}"


def _build(folder: Path) -> None:
    binary = folder / "bin" / "python3"
    binary.parent.mkdir()
    shutil.copy(_interpreter(), binary)
    shared = _shared_library()
    (folder / "lib").mkdir()
    if shared is not None:
        shutil.copy(shared, folder / "lib")
    library = folder / _LIBRARY.relative_to(sys.base_prefix)
    # Times are copied too: the copied byte code is valid only beside a source of the time it states.
    shutil.copytree(_LIBRARY, library, ignore=shutil.ignore_patterns(*_LEFT_OUT), dirs_exist_ok=True)
    compileall.compile_dir(library, quiet=2)
    py_compile.compile(str(_WORKER), cfile=str(folder / "worker.pyc"), dfile="worker.py", doraise=True)


def _interpreter() -> Path:
    """The real program behind a virtual environment's links."""
    return Path(os.path.realpath(sys.executable))


def _shared_library() -> Path | None:
    """The interpreter's shared library as this very process has it loaded, if it has one."""
    name = f"libpython{sys.version_info.major}.{sys.version_info.minor}"
    for line in Path("/proc/self/maps").read_text().splitlines():
        path = line.partition("/")
        if path[1] and Path(path[2]).name.startswith(name):
            return Path("/" + path[2])
    return None


PYTHON3 = Runtime(
    name="python3",
    install=_install,
    # -I -S: no user folders, no site; the worker adds /code itself. -B: nothing tries to write byte code.
    command=("{runtime}/bin/python3", "-I", "-S", "-B", "{runtime}/worker.pyc"),
    environment=(("LD_LIBRARY_PATH", "{runtime}/lib"), ("LC_ALL", "C.UTF-8")),
)
