"""Code packages: what a zip may hold, and how one is packed and unpacked."""

from __future__ import annotations

import copy
import io
import lzma
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from invocations.engine.checksums import crc64

__all__ = ["BadPackage", "check_package", "crc64", "pack", "unpack", "with_files"]

MAX_FILES = 10_000
MAX_UNPACKED = 500 * 1024 * 1024
_CHUNK = 256 * 1024
_NAME_BYTES = 255
_PATH_BYTES = 1024
_READABLE = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
# A package packed twice from the same files must be the same bytes, and so the same version of the code.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class BadPackage(Exception):
    """The package cannot be accepted; the text is a sentence for its owner."""

    @property
    def sentences(self) -> tuple[str, ...]:
        """The same, when it is several."""
        return (str(self),)


def check_package(content: bytes, *, max_files: int = MAX_FILES, max_unpacked: int = MAX_UNPACKED) -> None:
    """Raise `BadPackage` unless the zip can be unpacked into a folder of its own.

    Sizes are counted by unpacking, for the sizes a zip states are whatever its maker wrote into it.
    """
    with _open(content) as archive:
        _checked_members(archive, max_files=max_files)
        left = max_unpacked
        # Folders too: whoever rewrites the package reads them.
        for entry in archive.infolist():
            for chunk in _chunks(archive, entry):
                left -= len(chunk)
                if left < 0:
                    raise BadPackage(f"The package unpacks to more than {max_unpacked:,} bytes.")


def unpack(content: bytes, folder: Path) -> None:
    """Write the package's files below the existing `folder`. Raises `BadPackage` like `check_package`."""
    with _open(content) as archive:
        left = MAX_UNPACKED
        for member in _checked_members(archive, max_files=MAX_FILES):
            target = folder / member.filename
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as out:
                for chunk in _chunks(archive, member):
                    left -= len(chunk)
                    if left < 0:
                        raise BadPackage(f"The package unpacks to more than {MAX_UNPACKED:,} bytes.")
                    out.write(chunk)
            executable = (member.external_attr >> 16) & 0o100
            target.chmod(0o755 if executable else 0o644)


def pack(files: Mapping[str, bytes]) -> bytes:
    """A zip of these files (path -> content); the same files always give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(_new_entry(name), files[name])
    return buffer.getvalue()


def with_files(package: bytes, files: Mapping[str, bytes]) -> bytes:
    """The zip with these files in place of those it has of their names, and all others as they were.

    The very same bytes when it holds them already. The package must have passed `check_package`.
    """
    with _open(package) as archive:
        names = set(archive.namelist())
        if all(name in names and archive.read(name) == content for name, content in files.items()):
            return package
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as rewritten:
            for entry in archive.infolist():
                if entry.filename not in files:
                    rewritten.writestr(copy.copy(entry), archive.read(entry))
            for name in sorted(files):
                rewritten.writestr(_new_entry(name), files[name])
    return buffer.getvalue()


def _new_entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system = 3
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _open(content: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(content))
    except _FAULTS as error:
        raise BadPackage("The package is not a zip file.") from error


def _checked_members(archive: zipfile.ZipFile, *, max_files: int) -> list[zipfile.ZipInfo]:
    """The files to unpack, every name checked."""
    entries = archive.infolist()
    if len(entries) > max_files:
        raise BadPackage(f"The package holds more than {max_files:,} files.")
    for entry in entries:
        _check_entry(entry)
    members = [entry for entry in entries if not entry.is_dir()]
    names = {PurePosixPath(member.filename) for member in members}
    if len(names) < len(members):
        raise BadPackage("The package holds two files of the same name.")
    folders = {parent for entry in entries for parent in PurePosixPath(entry.filename).parents}
    folders |= {PurePosixPath(entry.filename) for entry in entries if entry.is_dir()}
    clash = next(iter(names & folders), None)
    if clash is not None:
        raise BadPackage(f"“{_shown(str(clash))}” is both a file and a folder in the package.")
    return members


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    # zipfile cuts a name at NUL; what it cut would be checked by nobody.
    if name != entry.orig_filename or "\\" in name or not name.isprintable():
        raise BadPackage(f"The package holds a file with an unusable name: “{_shown(entry.orig_filename)}”.")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise BadPackage(f"The package holds a path that leaves its folder: “{_shown(name)}”.")
    encoded = [part.encode("utf-8", "surrogatepass") for part in path.parts]
    if max(map(len, encoded)) > _NAME_BYTES or len(name) > _PATH_BYTES:
        raise BadPackage(f"The package holds a path that is too long: “{_shown(name)}”.")
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind == stat.S_IFLNK:
        raise BadPackage(f"The package holds a symbolic link, which is not allowed: “{_shown(name)}”.")
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise BadPackage(f"The package holds a special file, which is not allowed: “{_shown(name)}”.")
    if entry.flag_bits & 0x1:
        raise BadPackage("The package is encrypted.")
    if entry.compress_type not in _READABLE:
        raise BadPackage(f"The package uses a compression that cannot be read: “{_shown(name)}”.")


def _chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(member) as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except _FAULTS as error:
        raise BadPackage(f"The package is damaged at “{_shown(member.filename)}”.") from error


def _shown(name: str) -> str:
    cleaned = "".join(character if character.isprintable() else "?" for character in name)
    return cleaned if len(cleaned) <= 80 else cleaned[:77] + "..."
