"""python -m console.gateway: serve invocations on SERIN_GATEWAY_PORT, on the address SERIN_BIND."""

from __future__ import annotations

import os
import resource
import socket
import sys

import django
import uvicorn
from django.conf import settings

from .protocol import HttpProtocol

BACKLOG = 2048
DESCRIPTORS = 65_536

DRAIN_S = 8
"""What was accepted has so long to finish when the gateway is told to stop."""


class Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.loaded_app.stopping(DRAIN_S)
        await super().shutdown(sockets)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "console.settings")
    raise_descriptor_limit()
    django.setup()  # for settings and for loading tables; no call passes through Django
    try:
        listener = _listen(settings.BIND, settings.GATEWAY_PORT)
    except OSError as error:
        sys.exit(f"SERIN_GATEWAY_PORT: cannot listen on port {settings.GATEWAY_PORT}: {error.strerror}")
    config = uvicorn.Config(
        "console.gateway.app:application",
        loop="uvloop",
        http=HttpProtocol,
        ws="none",
        interface="asgi3",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        # Calls are answered before that; this is for callers who do not take their answers.
        timeout_graceful_shutdown=DRAIN_S + 2,
    )
    server = Server(config)
    server.run(sockets=[listener])
    if not server.started:
        sys.exit(1)


def raise_descriptor_limit() -> None:
    """Each connection and each instance takes descriptors, and the usual 1024 are soon used up."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


if __name__ == "__main__":
    main()
