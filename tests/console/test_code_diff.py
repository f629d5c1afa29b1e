from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console import code_diff
from console.code_diff import CodeDiff, FileDiff, Kind
from invocations.engine.packages import pack

LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\r\n", "ü\n", "\x0c\n"]), max_size=30).map("".join)


def one(old: str | bytes | None, new: str | bytes | None) -> FileDiff:
    (file,) = both(old, new).files
    return file


def both(old: str | bytes | None, new: str | bytes | None) -> CodeDiff:
    packages = (
        b"" if text is None else pack({"index.py": text.encode() if isinstance(text, str) else text})
        for text in (old, new)
    )
    return code_diff.compare(*packages)


def told(file: FileDiff) -> list[str]:
    signs = {Kind.ADDED: "+", Kind.REMOVED: "-", Kind.SAME: " ", Kind.GAP: "..."}
    return [signs[line.kind] + line.text for line in file.lines]


def test_compare__one_line_among_many__stands_in_its_surroundings() -> None:
    old = "".join(f"line {n}\n" for n in range(1, 21))
    file = one(old, old.replace("line 10\n", "line ten\n"))
    assert told(file) == [
        "...",
        " line 7",
        " line 8",
        " line 9",
        "-line 10",
        "+line ten",
        " line 11",
        " line 12",
        " line 13",
        "...",
    ]
    assert [(line.old, line.new) for line in file.lines[3:6]] == [(9, 9), (10, None), (None, 10)]


def test_compare__files__are_added_removed_and_changed() -> None:
    old = pack({"a.py": b"1\n", "b.py": b"2\n", "same.py": b"3\n"})
    new = pack({"b.py": b"4\n", "c.py": b"5\n", "same.py": b"3\n"})
    diff = code_diff.compare(old, new)
    assert [(file.name, file.state) for file in diff.files] == [
        ("a.py", "removed"),
        ("b.py", "changed"),
        ("c.py", "added"),
    ]
    assert diff.unchanged == 1


def test_compare__function_that_is_not_there__adds_every_file() -> None:
    assert told(one(None, "a\n")) == ["+a"]
    assert told(one("a\n", None)) == ["-a"]
    assert both(None, None) == CodeDiff()


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("a\n", "a", ["-a", "+a \N{SYMBOL FOR NEWLINE} no line feed at the end"]),
        ("a\n", "a\r\n", ["-a", "+a\N{SYMBOL FOR CARRIAGE RETURN}"]),
        ("a\n", "", ["-a"]),
    ],
)
def test_compare__difference_that_cannot_be_seen__is_written_out(
    old: str, new: str, shown: list[str]
) -> None:
    assert told(one(old, new)) == shown


@pytest.mark.parametrize("content", [b"\0\1", "\xe4".encode("latin-1"), os.urandom(2000)])
def test_compare__binary__is_only_said_to_differ(content: bytes) -> None:
    file = one("a\n", content)
    assert (file.lines, file.note) == ([], "Differs; not a text file.")


def test_compare__large_file__is_only_said_to_differ() -> None:
    file = one("a\n", "x" * (code_diff.MAX_FILE + 1))
    assert (file.lines, file.note) == ([], "Differs; larger than 200 KB.")


def test_compare__many_lines__are_only_said_to_differ() -> None:
    file = one("a\n", "".join(f"{n}\n" for n in range(code_diff.MAX_LINES + 1)))
    assert (file.lines, file.note) == ([], "Differs; in more lines than are compared.")


def test_compare__many_lines_over_all_files__end_the_comparing() -> None:
    lines = "".join(f"{n}\n" for n in range(code_diff.MAX_LINES)).encode()
    diff = code_diff.compare(b"", pack({f"{n}.py": lines for n in range(4)}))
    assert [bool(file.lines) for file in diff.files] == [True, True, False, False]


def test_compare__many_files__shows_the_first_and_says_so() -> None:
    diff = code_diff.compare(b"", pack({f"{n:03}.py": b"x\n" for n in range(code_diff.MAX_FILES + 7)}))
    assert (len(diff.files), diff.left_out) == (code_diff.MAX_FILES, 7)


def test_compare__long_line__is_cut() -> None:
    (line,) = one(None, "x" * 5000 + "\n").lines
    assert line.text == "x" * code_diff.MAX_WIDTH + " … (5,000 characters)"


def test_compare__package_beyond_the_limits__is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(code_diff, "MAX_UNPACKED", 10)
    assert "unpacks to more than" in both("a\n", "x" * 11).note
    monkeypatch.setattr(code_diff, "MAX_PACKAGE", 10)
    assert both("a\n", "b\n") == code_diff.TOO_LARGE


@settings(deadline=None, max_examples=60, derandomize=True, database=None)
@given(LINES, LINES)
def test_compare__any_two_texts__lines_lead_from_one_to_the_other(old: str, new: str) -> None:
    diff = both(old, new)
    if old == new:
        assert diff.files == []
        return
    (file,) = diff.files
    assert [line.text for line in file.lines if line.kind is Kind.REMOVED] or [
        line for line in file.lines if line.kind is Kind.ADDED
    ]
    numbers = [line.new for line in file.lines if line.new is not None]
    assert numbers == sorted(set(numbers))
    for line in file.lines:
        if line.kind is Kind.ADDED:
            assert new.split("\n")[line.new - 1].replace("\r", "␍") == line.text
        if line.old is not None:
            assert old.split("\n")[line.old - 1].replace("\r", "␍") == line.text
