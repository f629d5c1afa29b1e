"""C#: Debian's mono, which every sandbox sees below /usr, and our worker, compiled once for it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from invocations.engine.runtime import Runtime
from invocations.engine.storage import make_once

MONO = Path("/usr/bin/mono-sgen")
LIBRARY = Path("/usr/lib/mono/4.5")
COMPILER = LIBRARY / "mcs.exe"
PACKAGES = "mono-runtime mono-mcs binutils"
"""Debian's packages for the runtime. Without the last one it runs too, but starts 5 ms later."""
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

FACADE = "Facade.dll"
"""Stands in for the assemblies that .NET Standard and .NET Core have their types in."""

_FORWARDED = ("mscorlib", "System", "System.Core", "System.Xml", "System.Numerics")
_REFERENCES = (*_FORWARDED[1:], "System.Configuration", "System.Security", "Mono.Security")
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
    digest.update(bytes([_can_assemble()]))
    return digest.hexdigest()[:16]


def _sources() -> list[Path]:
    return [_WORKERS / "Worker.cs", *sorted((_WORKERS / "dotnet").rglob("*.cs"))]


def _build(folder: Path) -> None:
    # The sandbox has an /etc of its own.
    (folder / "etc" / "mono" / "4.5").mkdir(parents=True)
    for name in ("config", "4.5/machine.config"):
        shutil.copy(_SETTINGS / name, folder / "etc" / "mono" / name)
    forwards, support, worker = _parts()
    _compile(folder / SUPPORT, support, "-target:library")
    _compile(folder / "Worker.exe", worker, "-unsafe", f"-r:{folder / SUPPORT}")
    _build_facade(folder, forwards)
    if _can_assemble():
        for name in (SUPPORT, "Worker.exe"):
            _run([str(MONO), "--aot", str(folder / name)])


def _parts() -> tuple[list[Path], list[Path], list[Path]]:
    """The sources of the program that writes the facade, of the support assembly and of the worker."""
    sources = _sources()
    forwards = [path for path in sources if path.parent.name == "setup"]
    support = [path for path in sources if path.name in _SUPPORT_SOURCES]
    return forwards, support, [path for path in sources if path not in (*forwards, *support)]


def _build_facade(folder: Path, forwards: list[Path]) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        program, source = Path(scratch, "Forwards.exe"), Path(scratch, "Facade.cs")
        _compile(program, forwards)
        source.write_bytes(
            _run([str(MONO), str(program), *(str(LIBRARY / f"{name}.dll") for name in _FORWARDED)])
        )
        references = [f"-r:{name}" for name in _REFERENCES]
        _compile(folder / FACADE, [source], "-target:library", "-nowarn:612,618", *references)


def _can_assemble() -> bool:
    """Whether code can be compiled ahead of time: mono leaves the last steps to binutils."""
    return all(map(shutil.which, ("as", "ld")))


def _compile(target: Path, sources: list[Path], *options: str) -> None:
    _run([str(MONO), str(COMPILER), "-optimize", *options, f"-out:{target}", *map(str, sources)])


def _run(command: list[str]) -> bytes:
    """What a program of ours writes."""
    done = subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - a fixed command, and no shell
    return done.stdout


DOTNET = Runtime(
    name="dotnet",
    install=_install,
    # --debug: stack traces with file and line, where the package has symbols.
    command=(str(MONO), "--debug", "{runtime}/Worker.exe"),
    environment=(
        ("MONO_CFG_DIR", "{runtime}/etc"),
        ("LC_ALL", "C.UTF-8"),
        # No file in /dev/shm, and no search for a debugger by a process that crashes, which takes a second.
        ("MONO_DISABLE_SHARED_AREA", "1"),
        ("MONO_DEBUG", "no-gdb-backtrace"),
    ),
)
