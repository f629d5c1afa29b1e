"""The gateway's ways to the database: jobs on threads of their own, never on the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import Error, close_old_connections, connection, connections
from psycopg.conninfo import make_conninfo

T = TypeVar("T")


class Jobs:
    """Runs functions that use the ORM on `threads` threads, each with a connection that it keeps."""

    def __init__(self, name: str, threads: int) -> None:
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, job: Callable[[], T]) -> T:
        """The job's result. Raises `django.db.Error` when the database is away."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, _run, job)

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)


def _run(job: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return job()
    except Error:
        connection.close()
        raise


def conninfo() -> str:
    """The default database for libpq, for connections that Django has no part in."""
    database = connections["default"].settings_dict
    return make_conninfo(
        "",
        host=database["HOST"] or None,
        port=database["PORT"] or None,
        dbname=database["NAME"],
        user=database["USER"] or None,
        password=database["PASSWORD"] or None,
        **database["OPTIONS"] | {"application_name": "serin-gateway"},
    )
