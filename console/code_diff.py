"""Two code packages side by side, file by file and line by line.

Everything is bounded, for the packages are what users uploaded: what is too much is only said to differ.
"""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Final

MAX_PACKAGE: Final = 10 * 2**20  # bytes of a zip that is opened
MAX_UNPACKED: Final = 64 * 2**20  # bytes that the files of one zip unpack to
MAX_FILE: Final = 200 * 2**10  # bytes of a file that is compared by line
MAX_LINES: Final = 4000  # before and after, of one file, between its first and its last change
MAX_ALL_LINES: Final = 8000  # of all files together: comparing lines can take their square
MAX_WIDTH: Final = 400  # characters of a line that are shown
MAX_FILES: Final = 20  # files that are shown
CONTEXT: Final = 3  # lines around a change


_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")


class Kind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    SAME = "same"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its number before and after; a gap stands for the lines that are left out."""

    kind: Kind
    old: int | None
    new: int | None
    text: str


_GAP: Final = Line(Kind.GAP, None, None, "")


@dataclass(frozen=True, slots=True)
class FileDiff:
    """What became of one file: "added", "removed" or "changed". `note` says why there are no lines.

    `compared` is how many lines it took.
    """

    name: str
    state: str
    lines: list[Line] = field(default_factory=list)
    note: str = ""
    compared: int = 0


@dataclass(frozen=True, slots=True)
class CodeDiff:
    """The files that differ, the first MAX_FILES of them; `left_out` more are not shown."""

    files: list[FileDiff] = field(default_factory=list)
    unchanged: int = 0
    left_out: int = 0
    note: str = ""


TOO_LARGE: Final = CodeDiff(note=f"Not compared: a package is larger than {MAX_PACKAGE // 2**20} MB.")


def compare(old: bytes, new: bytes) -> CodeDiff:
    """Two packages. An empty one stands for a function that is not there."""
    if max(len(old), len(new)) > MAX_PACKAGE:
        return TOO_LARGE
    before, after = _files(old), _files(new)
    if before is None or after is None:
        return CodeDiff(note=f"Not compared: a package unpacks to more than {MAX_UNPACKED // 2**20} MB.")
    names = sorted(before.keys() | after.keys())
    differing = [name for name in names if before.get(name) != after.get(name)]
    left = MAX_ALL_LINES
    shown = []
    for name in differing[:MAX_FILES]:
        made = _file(name, before.get(name), after.get(name), most=min(MAX_LINES, left))
        left -= made.compared
        shown.append(made)
    unchanged = len(names) - len(differing)
    return CodeDiff(shown, unchanged, left_out=max(0, len(differing) - MAX_FILES))


def _files(package: bytes) -> dict[str, bytes] | None:
    """Every file's content, in memory and never on a disk; None for more than is looked at.

    A zip gives no more of a file than it states, and the packages were read through when they were kept.
    """
    if not package:
        return {}
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
            return None
        return {entry.filename: archive.read(entry) for entry in entries}


def _file(name: str, old: bytes | None, new: bytes | None, *, most: int) -> FileDiff:
    state = "added" if old is None else "removed" if new is None else "changed"
    if max(len(old or b""), len(new or b"")) > MAX_FILE:
        return FileDiff(name, state, note=f"Differs; larger than {MAX_FILE // 2**10} KB.")
    before, after = _text(old or b""), _text(new or b"")
    if before is None or after is None:
        return FileDiff(name, state, note="Differs; not a text file.")
    head, tail = _common(before, after)
    compared = len(before) + len(after) - 2 * (head + tail)
    if compared > most:
        return FileDiff(name, state, note="Differs; in more lines than are compared.")
    lines = _lines(before, after, head=head, tail=tail)
    return FileDiff(name, state, lines, note="" if lines else "It is empty.", compared=compared)


def _text(content: bytes) -> list[str] | None:
    """Its lines with their ends; None for what is no text. Only a line feed ends a line, as in an editor."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else _LINE.findall(text)


def _lines(old: list[str], new: list[str], *, head: int, tail: int) -> list[Line]:
    """The changes with CONTEXT lines around. `head` and `tail` lines are common, at the beginning and end."""
    before, after = old[head : len(old) - tail], new[head : len(new) - tail]
    found: list[Line] = []
    start = max(0, head - CONTEXT)
    if start:
        found.append(_GAP)
    found += _same(old[start:head], start, start)
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=True).get_opcodes():
        if tag == "equal":
            found += _between(before[a:b], head + a, head + c)
            continue
        found += [Line(Kind.REMOVED, head + n + 1, None, _shown(before[n])) for n in range(a, b)]
        found += [Line(Kind.ADDED, None, head + n + 1, _shown(after[n])) for n in range(c, d)]
    end = len(old) - tail
    found += _same(old[end : end + CONTEXT], end, len(new) - tail)
    return found + ([_GAP] if tail > CONTEXT else [])


def _common(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many lines both begin with, and end with."""
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def _same(lines: list[str], old: int, new: int) -> list[Line]:
    return [Line(Kind.SAME, old + n + 1, new + n + 1, _shown(text)) for n, text in enumerate(lines)]


def _between(lines: list[str], old: int, new: int) -> list[Line]:
    """Equal lines between two changes; of many, those beside the changes."""
    if len(lines) <= 2 * CONTEXT + 1:
        return _same(lines, old, new)
    rest = len(lines) - CONTEXT
    return [*_same(lines[:CONTEXT], old, new), _GAP, *_same(lines[rest:], old + rest, new + rest)]


def _shown(text: str) -> str:
    """A line without its end; what cannot be seen and may be the whole difference is written out."""
    ended = text.endswith("\n")
    line = text.removesuffix("\n").replace("\r", "\N{SYMBOL FOR CARRIAGE RETURN}")
    if len(line) > MAX_WIDTH:
        line = f"{line[:MAX_WIDTH]} \N{HORIZONTAL ELLIPSIS} ({len(line):,} characters)"
    return line if ended else f"{line} \N{SYMBOL FOR NEWLINE} no line feed at the end"
