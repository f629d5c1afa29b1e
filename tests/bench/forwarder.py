"""The bare limit: an ASGI app that only forwards each call to one of two warm children, one call at a time.

No signature, no routing, no sandbox, no record, no time-out. `uvicorn tests.bench.forwarder:app`.
"""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections import deque
from typing import Any

CHILD = """
import os, socket, struct
s = socket.socket(fileno=int(os.environ["FD"]))
buffer = bytearray()
while True:
    data = s.recv(65536)
    if not data:
        break
    buffer += data
    while len(buffer) >= 4:
        size = struct.unpack_from("<I", buffer)[0]
        if len(buffer) < 4 + size:
            break
        del buffer[:4 + size]
        s.sendall(struct.pack("<I", 5) + b"hello")
"""


class Link(asyncio.Protocol):
    """One child; frames of a length and that many bytes."""

    def __init__(self) -> None:
        self.buffer = bytearray()
        self.answer: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def call(self, payload: bytes) -> asyncio.Future[bytes]:
        self.answer = asyncio.get_running_loop().create_future()
        self.transport.write(struct.pack("<I", len(payload)) + payload)
        return self.answer

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if len(self.buffer) < 4:
            return
        size = struct.unpack_from("<I", self.buffer)[0]
        if len(self.buffer) >= 4 + size and self.answer is not None:
            self.answer.set_result(bytes(self.buffer[4 : 4 + size]))
            del self.buffer[: 4 + size]


class Forwarder:
    """Two children; who finds none idle waits its turn."""

    def __init__(self) -> None:
        self.idle: deque[Link] = deque()
        self.waiting: deque[asyncio.Future[Link]] = deque()

    async def start(self) -> None:
        for _ in range(2):
            ours, theirs = socket.socketpair()
            theirs.set_inheritable(True)
            await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-S", "-c", CHILD,
                env={"FD": str(theirs.fileno())}, pass_fds=[theirs.fileno()],
            )  # fmt: skip
            theirs.close()
            _, link = await asyncio.get_running_loop().create_connection(Link, sock=ours)
            self.idle.append(link)

    async def forward(self, payload: bytes) -> bytes:
        link = self.idle.popleft() if self.idle else await self._turn()
        try:
            return await link.call(payload)
        finally:
            if self.waiting:
                self.waiting.popleft().set_result(link)
            else:
                self.idle.append(link)

    def _turn(self) -> asyncio.Future[Link]:
        turn: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        self.waiting.append(turn)
        return turn


forwarder = Forwarder()


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await forwarder.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body = (await receive())["body"]
    answer = await forwarder.forward(body)
    headers = [(b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": answer})
