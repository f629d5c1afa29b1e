"""Code packages as the editor sees them: which files, one of them as text, and back into the zip.

Pure. Packages beyond these bounds run as well as any other; they are only not edited in a browser.
"""

from __future__ import annotations

import ast
import copy
import io
import stat
import warnings
import zipfile
from dataclasses import dataclass

MAX_PACKAGE = 10 * 2**20  # bytes of a zip that the editor opens
MAX_UNPACKED = 64 * 2**20
MAX_TEXT = 2**20  # bytes of one file that it shows
MAX_LISTED = 200
_SNIFF = 1024
# A file that is new gets the date that the engine's own packing gives, so equal files make equal packages.
_EPOCH = (1980, 1, 1, 0, 0, 0)


class NotEditable(ValueError):
    """The editor cannot open or save this; the text is for the person."""


class DoesNotParse(ValueError):
    """The code is no Python. `line` counts from 1."""

    def __init__(self, text: str, line: int) -> None:
        super().__init__(text)
        self.line = line


@dataclass(frozen=True, slots=True)
class PackagedFile:
    name: str
    size: int
    is_text: bool


def handler_file(handler: str) -> str:
    """The file that a handler is in: "index.handler" -> "index.py", "pkg/mod.run" -> "pkg/mod.py".

    A C# class may be in any file; by custom "Shop::Shop.Orders::Handle" is in "Orders.cs".
    """
    if "::" in handler:
        name = handler.split("::")[1].rpartition(".")[2]
        return f"{name}.cs" if name else ""
    module, _, _ = handler.rpartition(".")
    return f"{module.replace('.', '/')}.py" if module else ""


def list_files(package: bytes) -> list[PackagedFile]:
    """The files of the zip by name, the first MAX_LISTED of them. Raises NotEditable."""
    with _open(package) as archive:
        entries = sorted((entry.filename, entry) for entry in archive.infolist() if not entry.is_dir())
        return [
            PackagedFile(name, entry.file_size, _looks_like_text(archive, entry))
            for name, entry in entries[:MAX_LISTED]
        ]


def read_text(package: bytes, name: str) -> str | None:
    """The text of a file, or None when the zip has no file of that name. Raises NotEditable."""
    with _open(package) as archive:
        try:
            entry = archive.getinfo(name)
        except KeyError:
            return None
        if entry.file_size > MAX_TEXT:
            raise NotEditable(f"{name} is too large for the editor ({entry.file_size:,} bytes).")
        try:
            text = archive.read(entry).decode()
        except UnicodeDecodeError:
            text = "\0"
        if "\0" in text:
            raise NotEditable(f"{name} is not a text file.")
        return text


def replace_text(package: bytes, name: str, text: str) -> bytes:
    """The zip with this one file written anew and all others, with their modes, as they were.

    The very same bytes when the text is what the file has already. Raises NotEditable.
    """
    if read_text(package, name) == text:
        return package
    buffer = io.BytesIO()
    with _open(package) as archive, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as rewritten:
        for entry in archive.infolist():
            content = text.encode() if entry.filename == name else archive.read(entry)
            rewritten.writestr(copy.copy(entry), content)
        if name not in archive.namelist():
            rewritten.writestr(_new_entry(name), text)
    return buffer.getvalue()


def check_python(text: str) -> None:
    """Raise DoesNotParse unless the text is a Python module, by the interpreter that runs the functions."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except SyntaxError as error:
        line = error.lineno or 1
        raise DoesNotParse(f"Line {line}: {error.msg}.", line) from None
    except (RecursionError, MemoryError):
        raise DoesNotParse("The code is nested too deeply to be parsed.", 1) from None


def _open(package: bytes) -> zipfile.ZipFile:
    if len(package) > MAX_PACKAGE:
        raise NotEditable(
            f"The package is too large for the editor ({len(package):,} of {MAX_PACKAGE:,} bytes). "
            "Download it, change it and upload it."
        )
    archive = zipfile.ZipFile(io.BytesIO(package))
    if sum(entry.file_size for entry in archive.infolist()) > MAX_UNPACKED:
        archive.close()
        raise NotEditable(
            f"The package unpacks to more than the {MAX_UNPACKED // 2**20} MB that the editor opens. "
            "Download it, change it and upload it."
        )
    return archive


def _looks_like_text(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    """By its beginning alone, which may end within a character."""
    if entry.file_size > MAX_TEXT:
        return False
    with archive.open(entry) as file:
        start = file.read(_SNIFF)
    if b"\0" in start:
        return False
    try:
        start.decode()
    except UnicodeDecodeError as error:
        return error.start > len(start) - 4 and len(start) == _SNIFF
    return True


def _new_entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry
