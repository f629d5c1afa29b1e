"""What code in an instance can reach, tried by code that tries it."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from invocations.engine.storage import SANDBOX_ID
from tests.invocations.engine.rooms import Room, Theatre, sandboxes_of

TRY = """
    import json
    from index import attempt

    def handler(event, context):
        try:
            return {"value": attempt(json.loads(event))}
        except Exception as error:
            return {"error": type(error).__name__}
"""


async def tried(room: Room, source: str, argument: Any = None, **fields: Any) -> Any:
    """What `attempt(argument)` of the source returned in an instance, or the name of its exception."""
    bundle = room.deploy(source, files={"tried.py": TRY}, handler="tried.handler", timeout_s=30, **fields)
    outcome = await room.invoke(bundle, json.dumps(argument).encode())
    answer = json.loads(outcome.payload)
    return answer["value"] if "value" in answer else answer["error"]


OF_THE_HOST = ("/etc/shadow", "/etc/ssl", "/var", "/sys", "/root", "/home")
NOT_WRITABLE = (
    "/code/index.py",
    "/code/new",
    "/runtime/new",
    "/usr/bin/new",
    "/etc/passwd",
    "/new",
    "/dev/new",
)


def owners(pids: list[int]) -> set[int]:
    """The users, on the host, whose processes these are."""
    return {Path(f"/proc/{pid}").stat().st_uid for pid in pids}


READ = """
    def attempt(path):
        with open(path, "rb") as file:
            return len(file.read())
"""
LIST = """
    import os

    def attempt(path):
        return sorted(os.listdir(path))
"""
WRITE = """
    def attempt(path):
        with open(path, "w") as file:
            return file.write("mine")
"""


def test_sandbox__root_folder__holds_only_what_every_function_sees(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        seen = await tried(room, LIST, "/")
        public = {name for name in ("bin", "lib", "lib64") if os.access(f"/{name}", os.F_OK)}
        assert set(seen) == public | {"code", "dev", "etc", "proc", "runtime", "tmp", "usr"}
        assert await tried(room, LIST, "/code") == ["index.py", "tried.py"]
        assert await tried(room, LIST, "/etc") == ["group", "hosts", "nsswitch.conf", "passwd"]
        assert set(await tried(room, LIST, "/usr")) <= {"bin", "lib", "lib64", "share"}

    theatre.play(scenario)


def test_sandbox__files_of_the_host__are_not_there(theatre: Theatre, tmp_path: Path) -> None:
    async def scenario(room: Room) -> None:
        secret = tmp_path / "secret"
        secret.write_text("hidden")
        secret.chmod(0o644)
        for path in (
            secret,
            __file__,
            room.home,
            *OF_THE_HOST,
        ):
            assert await tried(room, READ, str(path)) == "FileNotFoundError"

    theatre.play(scenario)


def test_sandbox__code_and_system__cannot_be_written(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        for path in [
            "/code/index.py",
            "/code/new",
            "/runtime/new",
            "/usr/bin/new",
            "/etc/passwd",
            "/new",
            "/dev/new",
        ]:
            assert await tried(room, WRITE, path) in {"OSError", "PermissionError"}, path
        assert await tried(room, WRITE, "/tmp/new") == 4

    theatre.play(scenario)


def test_sandbox__tmp__is_private_to_the_instance(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        assert await tried(room, WRITE, "/tmp/mine", version="1") == 4
        assert await tried(room, LIST, "/tmp", version="2") == []

    theatre.play(scenario)
    assert not Path("/tmp/mine").exists()


def test_sandbox__environment__holds_nothing_of_the_engines(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_PASSWORD", "hunter2")

    async def scenario(room: Room) -> None:
        source = """
            import glob, os

            def attempt(_):
                texts = [repr(sorted(os.environ.items()))]
                for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
                    try:
                        texts.append(open(path).read())
                    except OSError:
                        pass
                return texts
        """
        mine = await tried(room, source, environment=(("COLOUR", "red"),))
        others = await tried(room, source, function="other")

        assert "('COLOUR', 'red')" in mine[0]
        assert len(mine) > 2
        for text in mine + others:
            assert "hunter2" not in text
        assert not any("red" in text for text in others)

    theatre.play(scenario)


def test_sandbox__network__reaches_nothing(theatre: Theatre) -> None:
    source = """
        import socket

        def attempt(address):
            kind = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
            with socket.socket(kind) as connection:
                connection.settimeout(5)
                connection.connect(address if isinstance(address, str) else tuple(address))
            return "connected"
    """
    interfaces = "import socket\ndef attempt(_): return [name for _, name in socket.if_nameindex()]"

    async def scenario(room: Room) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
            abstract.bind("\0serin-test-abstract")
            abstract.listen()
            assert await tried(room, source, server.getsockname()) == "ConnectionRefusedError"
            assert await tried(room, source, "\0serin-test-abstract") == "ConnectionRefusedError"
        assert await tried(room, source, ["169.254.169.254", 80]) == "OSError"
        assert await tried(room, source, ["8.8.8.8", 53]) == "OSError"
        assert await tried(room, interfaces) == ["lo"]

    theatre.play(scenario)


def test_sandbox__processes_of_the_host__cannot_be_seen_or_signalled(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        kill = "import os\ndef attempt(pid): os.kill(pid, 0)"
        pids = "import os\ndef attempt(_): return [n for n in os.listdir('/proc') if n.isdigit()]"
        assert await tried(room, kill, os.getpid()) == "ProcessLookupError"
        assert len(await tried(room, pids)) <= 3

    theatre.play(scenario)


@pytest.mark.parametrize(
    "call", ["unshare(0x10000000)", "unshare(0x00020000)", "mount(0, b'/tmp', b'tmpfs', 0, 0)"]
)
def test_sandbox__new_namespaces_and_mounts__are_refused(call: str, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        source = f"import ctypes\ndef attempt(_): return ctypes.CDLL(None).{call}"
        assert await tried(room, source) == -1

    theatre.play(scenario)


def test_sandbox__rights__are_none_inside_and_those_of_nobody_outside(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        source = """
            import os, resource

            def attempt(_):
                lines = open("/proc/self/status").read().splitlines()
                status = dict(line.split(":", 1) for line in lines)
                found = {name: status[name].strip() for name in ("CapEff", "CapBnd", "NoNewPrivs")}
                found["uid"] = os.getuid()
                found["nproc"] = resource.getrlimit(resource.RLIMIT_NPROC)
                found["core"] = resource.getrlimit(resource.RLIMIT_CORE)
                found["oom"] = open("/proc/self/oom_score_adj").read().strip()
                return found
        """
        found = await tried(room, source)

        assert found == {
            "CapEff": "0" * 16,
            "CapBnd": "0" * 16,
            "NoNewPrivs": "1",
            "uid": 1000,
            "nproc": [256, 256],
            "core": [0, 0],
            "oom": "1000",
        }
        assert owners(sandboxes_of(room.home)) == {SANDBOX_ID if os.geteuid() == 0 else os.geteuid()}

    theatre.play(scenario)


def test_sandbox__descriptors__are_the_outputs_and_one_socket(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        source = """
            import os

            def attempt(_):
                kinds = []
                for name in os.listdir("/proc/self/fd"):
                    try:
                        kinds.append(os.readlink(f"/proc/self/fd/{name}").split(":")[0])
                    except OSError:  # the listing's own
                        pass
                return sorted(kinds)
        """
        assert await tried(room, source) == ["/dev/null", "pipe", "pipe", "socket"]

    theatre.play(scenario)
