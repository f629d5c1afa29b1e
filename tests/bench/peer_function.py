"""The same hello for functions-framework, in its ASGI mode."""

from __future__ import annotations

from starlette.requests import Request


async def hello(request: Request) -> str:
    await request.body()
    return "hello"
