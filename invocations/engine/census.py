"""How much memory an instance holds, as `/proc` tells."""

from __future__ import annotations

import os
from collections.abc import Iterator

_PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024
_FILE_KB = 1
_MEMORY_FOLDERS = ("tmp", "dev/shm")


def tree_memory_kb(pid: int) -> int:
    """Memory of a process and all its descendants: what each has for itself, and the largest shared part.

    Shared pages are the program and its libraries, the same for all; counting them once per process would
    end functions that merely fork.
    """
    own = shared = 0
    for member in _tree(pid):
        try:
            with open(f"/proc/{member}/statm", "rb") as file:  # noqa: PTH123 - twenty times a second
                fields = file.read().split()
        except OSError:
            continue
        own += int(fields[1]) - int(fields[2])
        shared = max(shared, int(fields[2]))
    return (own + shared) * _PAGE_KB


def files_kb(pid: int) -> int:
    """Memory that the kernel spends on the names of the files in the process's own memory file systems.

    Their content is bounded by the file systems' size, but their number is not.
    """
    total = 0
    for folder in _MEMORY_FOLDERS:
        try:
            status = os.statvfs(f"/proc/{pid}/root/{folder}")
        except OSError:
            continue
        total += (status.f_files - status.f_ffree) * _FILE_KB
    return total


def _tree(pid: int) -> Iterator[int]:
    todo = [pid]
    while todo:
        member = todo.pop()
        yield member
        try:
            threads = os.listdir(f"/proc/{member}/task")  # noqa: PTH208 - as often
            for thread in threads:
                with open(f"/proc/{member}/task/{thread}/children", "rb") as file:  # noqa: PTH123 - as often
                    todo += map(int, file.read().split())
        except OSError:
            continue
