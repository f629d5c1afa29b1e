from __future__ import annotations

import io
import zipfile

import pytest

from console import editing
from invocations.engine.packages import pack


@pytest.mark.parametrize(
    ("handler", "file"),
    [
        ("index.handler", "index.py"),
        ("pkg/mod.run", "pkg/mod.py"),
        ("pkg.mod.run", "pkg/mod.py"),
        ("handler", ""),
    ],
)
def test_handler_file__handler__names_its_module(handler: str, file: str) -> None:
    assert editing.handler_file(handler) == file


def test_list_files__mixed__tells_text_from_the_rest() -> None:
    package = pack(
        {
            "b.py": b"x = 1\n",
            "a.bin": b"\0\1",
            "latin.txt": "\xe4 = 1".encode("latin-1"),
            # The beginning that is looked at ends within a character.
            "long.txt": b"x" + "\xe4".encode() * 2000,
            "empty": b"",
            "large.txt": b"x" * (editing.MAX_TEXT + 1),
        }
    )
    assert [(file.name, file.is_text) for file in editing.list_files(package)] == [
        ("a.bin", False),
        ("b.py", True),
        ("empty", True),
        ("large.txt", False),
        ("latin.txt", False),
        ("long.txt", True),
    ]


def test_list_files__many__lists_the_first() -> None:
    package = pack({f"f{number:04}": b"" for number in range(editing.MAX_LISTED + 5)})
    assert len(editing.list_files(package)) == editing.MAX_LISTED


def test_read_text__absent__is_none() -> None:
    assert editing.read_text(pack({"a": b""}), "b") is None


@pytest.mark.parametrize("content", [b"\0", b"\xff\xfe", b"x" * (editing.MAX_TEXT + 1)])
def test_read_text__binary_or_large__is_not_editable(content: bytes) -> None:
    with pytest.raises(editing.NotEditable, match="data"):
        editing.read_text(pack({"data": content}), "data")


def test_open__package_too_large__says_what_to_do_instead() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("data", b"x" * editing.MAX_PACKAGE)
    with pytest.raises(editing.NotEditable, match="Download it, change it and upload it"):
        editing.list_files(buffer.getvalue())


def test_open__unpacks_to_too_much__says_what_to_do_instead() -> None:
    package = pack({"zeros": bytes(editing.MAX_UNPACKED + 1)})
    with pytest.raises(editing.NotEditable, match="unpacks to more than the 64 MB"):
        editing.read_text(package, "index.py")


def test_replace_text__one_file__leaves_the_others() -> None:
    package = pack({"a.py": b"a = 1\n", "b.bin": b"\0"})
    assert editing.replace_text(package, "a.py", "a = 2\n") == pack({"a.py": b"a = 2\n", "b.bin": b"\0"})


def test_replace_text__new_file__is_as_if_packed_with_the_others() -> None:
    package = editing.replace_text(pack({"a.py": b""}), "b.py", "b = 1\n")
    assert package == pack({"a.py": b"", "b.py": b"b = 1\n"})


def test_check_python__module__passes_even_with_warnings() -> None:
    editing.check_python('x = "\\d"\n')


@pytest.mark.parametrize(
    ("text", "line"), [("x = 1\ny = = 2\n", 2), ("def f():\nreturn 1\n", 2), ("'''", 1), ("x = (", 1)]
)
def test_check_python__syntax_error__names_its_line(text: str, line: int) -> None:
    with pytest.raises(editing.DoesNotParse, match=f"^Line {line}: ") as caught:
        editing.check_python(text)
    assert caught.value.line == line


@pytest.mark.parametrize("text", ["(" * 100_000, "-" * 200_000 + "1", "a" + ".b" * 200_000])
def test_check_python__nested_without_end__is_refused(text: str) -> None:
    with pytest.raises(editing.DoesNotParse):
        editing.check_python(text)
