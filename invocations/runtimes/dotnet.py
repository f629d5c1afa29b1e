"""C#: Debian's mono, which every sandbox sees below /usr, and our worker, compiled once for it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from functools import cache
from pathlib import Path

from invocations.engine.runtime import Runtime
from invocations.engine.storage import make_once

MONO = Path("/usr/bin/mono-sgen")
LIBRARY = Path("/usr/lib/mono/4.5")
COMPILER = LIBRARY / "mcs.exe"
PACKAGES = "mono-runtime mono-mcs"
"""Debian's packages that the runtime needs."""
SUPPORT = "Aliyun.Serverless.Core.dll"
OURS = frozenset(
    {
        "Aliyun.Serverless.Core",
        "Aliyun.Serverless.Core.Http",
        "Microsoft.Extensions.Logging.Abstractions",
        "Microsoft.Extensions.Primitives",
        "Microsoft.AspNetCore.Hosting.Abstractions",
        "Microsoft.AspNetCore.Http.Abstractions",
        "Microsoft.AspNetCore.Http.Features",
    }
)
"""Assemblies that the support assembly stands in for, whatever a package brings along; see Loader.cs."""

_WORKERS = Path(__file__).with_name("workers")
_SUPPORT_SOURCES = ("Serverless.cs", "Logging.cs", "Http.cs")
_SETTINGS = Path("/etc/mono")


def missing() -> str:
    """Why C# cannot run here, in a sentence that says how to get it; empty when it can."""
    if all(path.exists() for path in (MONO, COMPILER, LIBRARY / "mscorlib.dll")):
        return ""
    return f"mono is not installed. On Debian: apt install {PACKAGES}"


def _install(runtimes: Path) -> Path:
    return make_once(runtimes / f"dotnet-{_key()}", _build)


@cache
def _key() -> str:
    """Names the copy's content: mono, its library, our sources and this recipe."""
    digest = hashlib.sha256()
    for path in (MONO, LIBRARY / "mscorlib.dll", COMPILER):
        status = path.stat()
        digest.update(f"{path} {status.st_size} {status.st_mtime_ns}".encode())
    for path in (*_sources(), Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources() -> list[Path]:
    return [_WORKERS / "Worker.cs", *sorted((_WORKERS / "dotnet").glob("*.cs"))]


def _build(folder: Path) -> None:
    # The sandbox has an /etc of its own.
    (folder / "etc" / "mono" / "4.5").mkdir(parents=True)
    for name in ("config", "4.5/machine.config"):
        shutil.copy(_SETTINGS / name, folder / "etc" / "mono" / name)
    support = [path for path in _sources() if path.name in _SUPPORT_SOURCES]
    worker = [path for path in _sources() if path.name not in _SUPPORT_SOURCES]
    _compile(folder / SUPPORT, support, "-target:library")
    _compile(folder / "Worker.exe", worker, "-unsafe", f"-r:{folder / SUPPORT}")
    if shutil.which("as") and shutil.which("ld"):
        for name in (SUPPORT, "Worker.exe"):
            _run([str(MONO), "--aot", str(folder / name)])


def _compile(target: Path, sources: list[Path], *options: str) -> None:
    _run([str(MONO), str(COMPILER), "-optimize", *options, f"-out:{target}", *map(str, sources)])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a fixed command, and no shell


DOTNET = Runtime(
    name="dotnet",
    install=_install,
    # --debug: stack traces with file and line, where the package has symbols.
    command=(str(MONO), "--debug", "{runtime}/Worker.exe"),
    environment=(
        ("MONO_CFG_DIR", "{runtime}/etc"),
        ("LC_ALL", "C.UTF-8"),
        # No files in /dev/shm, no signal handling of a console.
        ("MONO_DISABLE_SHARED_AREA", "1"),
        ("TERM", "dumb"),
    ),
)
