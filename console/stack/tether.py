"""Run a command that the kernel kills when the process that started it dies, however it dies.

    python tether.py PARENT_PID COMMAND [ARGUMENT ...]

A script of its own and not a `preexec_fn`, which is unsafe once the parent has threads.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def tethered(command: list[str]) -> list[str]:
    """The command line that runs `command` tethered to the calling process."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *command]


def die_with_parent() -> None:
    """Have the kernel kill the calling process when the thread that started it ends."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)


def main(parent: int, command: list[str]) -> None:
    die_with_parent()
    # The parent may have died before the line above, and then no signal will ever come.
    if os.getppid() != parent:
        sys.exit("the parent process is gone")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
