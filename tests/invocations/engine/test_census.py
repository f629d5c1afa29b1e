from __future__ import annotations

import subprocess
import sys

from invocations.engine.census import tree_memory_kb

# Takes 40 MB itself and 30 MB in a forked child, says so, and waits for the end of its input.
HUNGRY = """
import os, sys
kept = bytearray(40 << 20)
if os.fork() == 0:
    more = bytearray(30 << 20)
    os.write(1, b"fed\\n")
    sys.stdin.read()
    os._exit(0)
sys.stdin.read()
os.wait()
"""


def test_tree_memory__process_with_a_child__counts_both() -> None:
    command = [sys.executable, "-I", "-S", "-c", HUNGRY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"fed\n"

        # The child's copy of the first 40 MB is its own in the kernel's figures, though still shared.
        assert 70 * 1024 < tree_memory_kb(process.pid) < 140 * 1024
        process.communicate()


def test_tree_memory__process_is_gone__is_nothing() -> None:
    with subprocess.Popen([sys.executable, "-I", "-S", "-c", ""]) as process:
        process.wait()

    assert tree_memory_kb(process.pid) == 0
