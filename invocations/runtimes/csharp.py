"""Compiling C#: a package with sources becomes the same package with their assembly.

The compiler runs no code of the function, but it reads what anybody may have written: so it runs in the
sandbox that instances run in, and under limits of its own.
"""

from __future__ import annotations

import hashlib
import io
import re
import secrets
import shutil
import struct
import subprocess
import tarfile
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from invocations.engine.packages import BadPackage, check_package, unpack, with_files
from invocations.engine.sandbox import Sandbox, SandboxUnavailable
from invocations.runtimes.dotnet import COMPILER, DOTNET, LIBRARY, MONO, OURS, SUPPORT, missing

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPILE_S = 60.0
MAX_SHOWN = 20
"""Messages of the compiler that are kept: what comes after the first few is mostly their consequence."""

# Memory in kB, processor seconds, blocks of 512 bytes in a file, processes.
_LIMITS = "ulimit -d 2097152 -t 60 -f 1048576 -u 256"
# The output goes out as an archive, for nothing that the sandbox writes outlives it.
_SCRIPT = f'{_LIMITS}; out=$1; shift; mkdir /tmp/out && "$@" >&2 && exec tar -C /tmp/out -c "$out" "$out.mdb"'
_MESSAGE = re.compile(r"(?:(.+?)\((\d+),(\d+)[^)]*\): )?(error|warning) (CS\d+): (.*)")
_ASSEMBLY = re.compile(r"[\w][\w.-]*")
# What a build elsewhere leaves behind beside the sources.
_BUILT = frozenset({"bin", "obj"})
_REFERENCES = (
    "Microsoft.CSharp",
    "System.Core",
    "System.Data",
    "System.IO.Compression",
    "System.Net.Http",
    "System.Numerics",
    "System.Runtime.Serialization",
    "System.Xml",
    "System.Xml.Linq",
)
_MANAGED = b"BSJB"
"""The signature of an assembly's metadata; other libraries are not the compiler's business."""


@dataclass(frozen=True, slots=True)
class Message:
    """What the compiler says; `line` and `column` count from 1, and are 0 for the package as a whole."""

    file: str
    line: int
    column: int
    code: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}({self.line},{self.column}): " if self.file else ""
        return f"{place}{self.code}: {self.text}"


class DoesNotCompile(BadPackage):
    """The sources are no C#, or cannot be compiled here."""

    def __init__(self, messages: Iterable[Message | str]) -> None:
        self.messages = tuple(messages)
        super().__init__("\n".join(self.sentences))

    @property
    def sentences(self) -> tuple[str, ...]:
        return tuple(map(str, self.messages))


def assembly_of(handler: str) -> str:
    """The assembly that a handler names: "Shop::Shop.Orders::Handle" -> "Shop". Empty when it names none."""
    name, separator, _ = handler.partition("::")
    return name if separator and _ASSEMBLY.fullmatch(name) else ""


def compiled(package: bytes, handler: str, *, sandbox: Sandbox) -> bytes:
    """The package with the assembly of its sources in it; the package itself when it holds no sources.

    Equal sources give equal packages. Raises `DoesNotCompile` and `BadPackage`.
    """
    check_package(package)
    with _unpacked(package, sandbox) as folder:
        sources = _sources(folder)
        if not sources:
            return package
        assembly = assembly_of(handler)
        if not assembly:
            raise DoesNotCompile(
                [f"Handler '{handler}' is not of the form Assembly::Namespace.Class::Method."]
            )
        if reason := missing():
            raise DoesNotCompile([f"C# cannot be compiled here: {reason}"])
        output = f"{assembly}.dll"
        built = _compile(sandbox, folder, output, sources)
    return with_files(package, _reproducible(built[output], built[f"{output}.mdb"], output))


@contextmanager
def _unpacked(package: bytes, sandbox: Sandbox) -> Iterator[Path]:
    """The package in a folder that a sandbox may read. A leading dot: it is no code that an instance runs."""
    folder = sandbox.storage.code / f".compile-{secrets.token_hex(8)}"
    folder.mkdir(mode=0o755)
    try:
        unpack(package, folder)
        yield folder
    finally:
        shutil.rmtree(folder)


def _sources(folder: Path) -> list[str]:
    names = (path.relative_to(folder) for path in folder.rglob("*.cs") if path.is_file())
    return sorted(str(name) for name in names if not _BUILT & set(PurePosixPath(name).parts))


def _compile(sandbox: Sandbox, folder: Path, output: str, sources: list[str]) -> dict[str, bytes]:
    libraries = [path.name for path in sorted(folder.glob("*.dll")) if _is_reference(path, output)]
    system = [name for name in _REFERENCES if (LIBRARY / f"{name}.dll").exists()]
    references = [f"{{runtime}}/{SUPPORT}", *(f"{name}.dll" for name in system)]
    references += [f"{{code}}/{_literal(name)}" for name in libraries]
    compiler = [
        str(MONO),
        str(COMPILER),
        "-target:library",
        "-optimize",
        "-unsafe",
        "-debug",
        "-nologo",
        "-utf8output",
    ]
    compiler += [f"-out:/tmp/out/{output}", *(f"-r:{name}" for name in references)]
    compiler += [f"{{code}}/{_literal(name)}" for name in sources]
    try:
        done = sandbox.run(
            DOTNET, ["/bin/sh", "-c", _SCRIPT, "sh", output, *compiler], code=folder, timeout_s=COMPILE_S
        )
    except subprocess.TimeoutExpired:
        raise DoesNotCompile([f"The compiler took longer than {COMPILE_S:.0f} seconds."]) from None
    except (OSError, SandboxUnavailable) as error:
        raise DoesNotCompile([f"C# cannot be compiled here: {error}"]) from error
    if done.returncode:
        raise DoesNotCompile(_messages(done.stderr.decode("utf-8", "replace"), sandbox.code_path(folder)))
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        files = ((member.name, archive.extractfile(member)) for member in archive)
        return {name: file.read() for name, file in files if file is not None}


def _is_reference(path: Path, output: str) -> bool:
    return path.name != output and path.stem not in OURS and _MANAGED in path.read_bytes()


def _literal(name: str) -> str:
    """The name in a command that is formatted."""
    return name.replace("{", "{{").replace("}", "}}")


def _messages(text: str, code: str) -> list[Message | str]:
    """The errors among what the compiler wrote; its last line when there is none."""
    found: list[Message | str] = []
    for line in text.splitlines():
        match = _MESSAGE.fullmatch(line)
        if match is None or match[4] == "warning" or len(found) == MAX_SHOWN:
            continue
        file = (match[1] or "").removeprefix(f"{code}/")
        found.append(Message(file, int(match[2] or 0), int(match[3] or 0), match[5], _plain(match[6])))
    last = next((line for line in reversed(text.splitlines()) if line.strip()), "it said nothing")
    return found or [f"The compiler failed: {last[:500]}"]


def _plain(text: str) -> str:
    """Newer parts of the language end the compiler's parser with an error that is not meant for people."""
    _, unknown, what = text.partition("NotImplementedException: ")
    return f"The compiler does not know this part of the language: {what}" if unknown else text[:500]


def _reproducible(assembly: bytes, symbols: bytes, name: str) -> dict[str, bytes]:
    """Equal bytes for equal sources: the compiler's random identity and the time are replaced.

    The symbols begin with a magic number, two version numbers and the identity of their assembly.
    """
    identity = symbols[16:32]
    (header,) = struct.unpack_from("<I", assembly, 0x3C)
    timeless = assembly[: header + 8] + bytes(4) + assembly[header + 12 :]
    fixed = hashlib.sha256(timeless.replace(identity, bytes(16)) + symbols[32:]).digest()[:16]
    return {name: timeless.replace(identity, fixed), f"{name}.mdb": symbols.replace(identity, fixed)}
