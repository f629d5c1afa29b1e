"""C# functions for tests: sources compiled as *Deploy code* compiles them, each source once."""

from __future__ import annotations

import hashlib
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from invocations.engine.bundle import Bundle
from invocations.engine.packages import pack
from invocations.engine.sandbox import Sandbox
from invocations.engine.storage import Storage
from invocations.runtimes.csharp import compiled
from tests.invocations.engine.rooms import Room

_FOLDER = Path(__file__).with_name("csharp")


@cache
def sandbox() -> Sandbox:
    return Sandbox(Storage.open(Path(tempfile.gettempdir(), "serin-test-compiler")))


@cache
def package(name: str) -> bytes:
    """A file of the folder csharp and the assembly Shop made of it."""
    return compiled(pack({"Shop.cs": (_FOLDER / f"{name}.cs").read_bytes()}), "Shop::", sandbox=sandbox())


def deploy(room: Room, name: str, method: str, /, **fields: Any) -> Bundle:
    """A bundle whose handler is a method of that file's class Orders."""
    return deploy_package(room, package(name), f"Shop::Shop.Orders::{method}", **fields)


def deploy_package(room: Room, content: bytes, handler: str, /, **fields: Any) -> Bundle:
    digest = hashlib.sha256(content).hexdigest()
    room.keep(digest, content)
    return room.deploy("", runtime="dotnet", handler=handler, code_digest=digest, **fields)
