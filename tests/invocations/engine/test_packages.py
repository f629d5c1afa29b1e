from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from invocations.engine.packages import BadPackage, check_package, pack, unpack


def zipped(*entries: tuple[str, bytes], mode: int = 0o100644, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip that says what it is told to, sensible or not."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in entries:
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            entry.external_attr = mode << 16
            entry.compress_type = method
            archive.writestr(entry, content)
    return buffer.getvalue()


def encrypted() -> bytes:
    """A zip whose only entry is marked as encrypted, in both of its headers."""
    content = bytearray(zipped(("a.py", b"x")))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<H", content, content.index(signature) + offset, 1)
    return bytes(content)


def damaged(name: str = "a.py", method: int = zipfile.ZIP_STORED) -> bytes:
    content = bytearray(zipped((name, bytes(range(256)) * 4), method=method))
    content[100] ^= 0xFF
    return bytes(content)


REFUSED = {
    "no zip": (b"\x7fELF not a zip", "not a zip file"),
    "nothing": (b"", "not a zip file"),
    "half a zip": (zipped(("a.py", b"x" * 100))[:60], "not a zip file"),
    "parent": (zipped(("../a.py", b"x")), "leaves its folder"),
    "parent inside": (zipped(("a/../../b.py", b"x")), "leaves its folder"),
    "absolute": (zipped(("/etc/a.py", b"x")), "leaves its folder"),
    "backslash": (zipped(("a\\..\\b.py", b"x")), "unusable name"),
    "control character": (zipped(("a\n.py", b"x")), "unusable name"),
    "long name": (zipped(("a" * 300, b"x")), "too long"),
    "deep path": (zipped(("a/" * 600 + "b", b"x")), "too long"),
    "symbolic link": (zipped(("a", b"/etc/passwd"), mode=0o120777), "symbolic link"),
    "device": (zipped(("a", b""), mode=0o020644), "special file"),
    "encrypted": (encrypted(), "encrypted"),
    "no name": (zipped(("", b"x")), "leaves its folder"),
    "damaged": (damaged(), "damaged"),
    "damaged, by bzip2": (damaged(method=zipfile.ZIP_BZIP2), "damaged"),
    "damaged, by LZMA": (damaged(method=zipfile.ZIP_LZMA), "damaged"),
    "damaged folder": (damaged("folder/"), "damaged"),
    "file and folder": (zipped(("a", b"x"), ("a/b", b"x")), "both a file and a folder"),
    "too many files": (zipped(*[(f"{n}.py", b"") for n in range(11)]), "more than 10 files"),
    "bomb": (zipped(("zeros", bytes(5_000_000))), "unpacks to more than 1,000,000 bytes"),
    "bomb in parts": (zipped(*[(str(n), bytes(400_000)) for n in range(3)]), "unpacks to more than"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_check_package__bad_package__is_refused_with_a_sentence(name: str) -> None:
    content, reason = REFUSED[name]

    with pytest.raises(BadPackage, match=reason) as refusal:
        check_package(content, max_files=10, max_unpacked=1_000_000)

    text = str(refusal.value)
    assert text.startswith(("The package", "“"))
    assert text.endswith(".")
    assert text.isprintable()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_check_package__two_files_of_one_name__is_refused() -> None:
    with pytest.raises(BadPackage, match="same name"):
        check_package(zipped(("a.py", b"1"), ("a.py", b"2")))


def test_check_package__size_that_the_zip_states_is_a_lie__is_counted_anyway() -> None:
    content = bytearray(zipped(("zeros", bytes(5_000_000))))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(signature) + offset, 10)

    with pytest.raises(BadPackage):
        check_package(bytes(content), max_unpacked=1_000_000)


def test_check_package__ordinary_package__is_accepted() -> None:
    check_package(pack({"index.py": b"x", "deep/er/module.py": b"y"}))
    check_package(zipped(("folder/", b""), ("folder/a.py", b"x")))
    check_package(zipped(("a.py", b"x"), method=zipfile.ZIP_LZMA))


def test_pack__same_files_in_another_order__give_the_same_bytes() -> None:
    assert pack({"b.py": b"2", "a.py": b"1"}) == pack({"a.py": b"1", "b.py": b"2"})
    assert pack({"a.py": b"1"}) != pack({"a.py": b"2"})


def test_unpack__package__has_its_files_readable_and_its_programs_executable(tmp_path: Path) -> None:
    unpack(zipped(("bin/run", b"#!/bin/sh"), mode=0o100700), tmp_path)
    unpack(pack({"deep/er/module.py": b"text"}), tmp_path)

    assert (tmp_path / "deep/er/module.py").read_bytes() == b"text"
    assert (tmp_path / "deep/er/module.py").stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "bin/run").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("name", ["parent", "absolute", "symbolic link", "damaged"])
def test_unpack__bad_package__writes_nothing_outside(name: str, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()

    with pytest.raises(BadPackage):
        unpack(REFUSED[name][0], inside)

    assert list(tmp_path.iterdir()) == [inside]
