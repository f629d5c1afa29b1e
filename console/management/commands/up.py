"""`manage.py up`: everything that Serin is made of, in the foreground, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import sys
import time
from contextlib import suppress
from typing import Any

import redis
from django.conf import settings
from django.core.management import BaseCommand, call_command
from django.db import OperationalError, connections, transaction
from django.utils import timezone

from console.stack import CannotStart
from console.stack.announce import say
from console.stack.places import Places
from console.stack.ports import claim
from console.stack.programs import programs
from console.stack.sample import make_sample
from console.stack.servers import Managed, embedded, make_folders, owned, started
from console.stack.supervisor import Child, Supervisor, stop_signals
from releases.models import Service, Team, User
from releases.operations.audit import Act
from releases.operations.teams import ALL_ROLES, create_team, set_roles

ADMIN = "admin"
TEAM = "default"


class Command(BaseCommand):
    help = "Start everything: servers, migrations, console, gateway, workers, beat. Ctrl-C stops it."
    # They would import every page, which the console process does anyway.
    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        since = time.monotonic()
        # A stop before the supervisor listens to signals unwinds like a Ctrl-C, and stops the servers.
        for number in (stops := stop_signals()):
            signal.signal(number, signal.default_int_handler)
        places = Places(settings.HOME)
        with suppress(KeyboardInterrupt):
            _check_assets()
            make_folders(places)
            with owned(places):
                _check_ports()
                _check_redis()
                with started(places, embedded(places)) as servers:
                    password = _prepare()
                    _supervise(servers, password, since)
                    # Nothing is left but to stop the servers, and that cleanly.
                    for number in stops:
                        signal.signal(number, signal.SIG_IGN)
        say("serin", "stopped")


def _check_assets() -> None:
    if not (settings.BASE_DIR / "static" / "dist").is_dir():
        raise CannotStart("static/dist is missing: start with make up, or run make assets first")


def _check_ports() -> None:
    if settings.CONSOLE_PORT == settings.GATEWAY_PORT:
        raise CannotStart("SERIN_CONSOLE_PORT and SERIN_GATEWAY_PORT must differ")
    loopback = {"127.0.0.1", "::1", settings.BIND}
    addresses = loopback if settings.BIND in {"127.0.0.1", "::1"} else [settings.BIND]
    claim("SERIN_CONSOLE_PORT", settings.CONSOLE_PORT, addresses)
    claim("SERIN_GATEWAY_PORT", settings.GATEWAY_PORT, addresses)


def _check_redis() -> None:
    if not os.environ.get("REDIS_URL"):
        return
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5) as client:
            client.ping()
    except (ValueError, redis.RedisError) as error:
        raise CannotStart(f"the server of REDIS_URL cannot be used: {error}") from error


def _prepare() -> str:
    """The database as the programs expect it; returns the password of a user made just now, or nothing."""
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except OperationalError as error:
        reason = str(error).strip().partition("\n")[0]
        raise CannotStart(f"the database of DATABASE_URL cannot be used: {reason}") from error
    password = ""
    if not User.objects.exists():
        password = settings.ADMIN_PASSWORD or secrets.token_urlsafe(12)
        _first_user(password)
    if not Service.objects.exists():
        by = User.objects.order_by("pk")[0]
        make_sample(by, Team.objects.order_by("pk")[0])
    call_command("collectstatic", verbosity=0, interactive=False)
    # The supervisor itself has no more questions.
    connections.close_all()
    return password


@transaction.atomic
def _first_user(password: str) -> None:
    """An administrator, and a team in which he has every role: one person can do the whole job."""
    user = User.objects.create_superuser(ADMIN, password=password)
    act = Act(by=user, at=timezone.now(), source="command")
    act.record("account.create", on=None, path=ADMIN, after={"administrator": True})
    set_roles(act, create_team(act, name=TEAM), user, ALL_ROLES)


def _supervise(servers: list[Managed], password: str, since: float) -> None:
    def on_ready() -> None:
        say("serin", f"ready after {time.monotonic() - since:.1f} s; Ctrl-C stops it")
        say("serin", f"console  {settings.CONSOLE_URL}")
        say("serin", f"gateway  {settings.GATEWAY_URL}")
        say("serin", f"log in as {ADMIN} with {password or 'the password you have'}")
        if not password:
            say("serin", f"a new one: {sys.executable} manage.py changepassword {ADMIN}")

    async def run() -> None:
        made = programs(settings.BIND, settings.CONSOLE_PORT, settings.GATEWAY_PORT)
        children = [Child(program, settings.HOME, settings.BASE_DIR, say) for program in made]
        await Supervisor(children, servers, say).run(on_ready)

    asyncio.run(run())
