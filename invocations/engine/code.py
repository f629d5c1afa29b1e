"""Unpacked code packages, one folder per digest."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

from invocations.engine.packages import BadPackage, unpack
from invocations.engine.storage import in_use, make_once

FetchCode = Callable[[str], Awaitable[bytes]]
"""Given a SHA-256 in hex, the zip of that digest."""


class CodeCache:
    """Fetches and unpacks each digest once; concurrent askers share the work."""

    def __init__(self, folder: Path, fetch: FetchCode) -> None:
        self._folder = folder
        self._fetch = fetch
        self._under_way: dict[str, asyncio.Task[Path]] = {}

    async def folder(self, digest: str) -> Path:
        """The code's folder. Raises `BadPackage`, or whatever fetching raises."""
        target = self._folder / digest
        if in_use(target):
            return target
        task = self._under_way.get(digest)
        if task is None:
            task = asyncio.ensure_future(self._make(digest, target))
            self._under_way[digest] = task
            task.add_done_callback(lambda _: self._under_way.pop(digest, None))
        return await asyncio.shield(task)

    async def _make(self, digest: str, target: Path) -> Path:
        content = await self._fetch(digest)
        await asyncio.to_thread(_unpack_checked, content, digest, target)
        return target


def _unpack_checked(content: bytes, digest: str, target: Path) -> None:
    if hashlib.sha256(content).hexdigest() != digest:
        raise BadPackage("The code package is not the one that was asked for: its digest differs.")
    make_once(target, lambda folder: unpack(content, folder))
