"""Starting instances: from a bundle and its unpacked code to a process that says hello."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path

from invocations.engine.bundle import Bundle
from invocations.engine.call import Call
from invocations.engine.instance import BOOT_S, Instance, Owner
from invocations.engine.limits import Limits
from invocations.engine.log import LogPipe
from invocations.engine.runtime import Runtime
from invocations.engine.sandbox import Sandbox, SandboxUnavailable
from invocations.engine.storage import make_once


class Launcher:
    def __init__(self, sandbox: Sandbox, *, runtimes: Mapping[str, Runtime], limits: Limits) -> None:
        self._sandbox = sandbox
        self._runtimes = runtimes
        self._limits = limits

    def spawn(self, bundle: Bundle, code: Path, *, owner: Owner) -> tuple[Instance, socket.socket]:
        """Start the process. The caller connects `instance.channel` to the socket, and from then on it talks.

        Raises `SandboxUnavailable`.
        """
        runtime = self._runtimes.get(bundle.runtime)
        if runtime is None:
            raise SandboxUnavailable(f"the runtime {bundle.runtime} is not here")
        ours, theirs = socket.socketpair()
        log_out, log_in = os.pipe()
        try:
            process = self._sandbox.spawn(runtime, code=code, channel=theirs.fileno(), log=log_in)
        except OSError as error:
            ours.close()
            os.close(log_out)
            raise SandboxUnavailable(f"no process could be started: {error.strerror or error}") from error
        finally:
            theirs.close()
            os.close(log_in)
        ours.setblocking(False)
        instance = Instance(
            owner=owner,
            bundle=bundle,
            limits=self._limits,
            instance_id=f"c-{secrets.token_hex(4)}-{secrets.token_hex(10)}",
            code_path=self._sandbox.code_path(code),
            process=process,
            log_pipe=LogPipe(log_out, limit=self._limits.log_bytes),
        )
        return instance, ours

    async def probe(self, folder: Path) -> None:
        """Boot and end an instance of every runtime; `folder` is for their empty code.

        Raises `SandboxUnavailable` with the reason in one line.
        """
        code = make_once(folder / "empty", lambda _: None)
        for name in self._runtimes:
            nothing = Bundle(
                account_id="",
                region="",
                service="",
                function="",
                version="LATEST",
                runtime=name,
                handler="",
                code_digest="",
            )
            probe = _Probe()
            instance, channel = self.spawn(nothing, code, owner=probe)
            await asyncio.get_running_loop().create_unix_connection(instance.channel, sock=channel)
            try:
                await asyncio.wait_for(asyncio.shield(probe.up), BOOT_S)
            finally:
                instance.end()
                await probe.gone


class _Probe:
    """Owns an instance that is only to show that it boots."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.up: asyncio.Future[None] = loop.create_future()
        self.gone: asyncio.Future[None] = loop.create_future()

    def booted(self, _instance: Instance) -> Call | None:
        self.up.set_result(None)
        return None

    def not_booted(self, _instance: Instance, reason: str) -> None:
        self.up.set_exception(SandboxUnavailable(reason))

    def freed(self, instance: Instance) -> None:
        """It has no function, so it never is."""

    def ended(self, instance: Instance) -> None:
        """Its burial is waited for."""

    def buried(self, _instance: Instance) -> None:
        self.gone.set_result(None)
