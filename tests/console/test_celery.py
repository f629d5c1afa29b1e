from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from celery import Celery
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone
from kombu.exceptions import OperationalError

from console.celery import app
from console.tasks import clear_sessions


def test_schedule__every_entry__names_a_task_that_exists_and_never_piles_up() -> None:
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    ours = {name for name in app.tasks if not name.startswith("celery.")}
    assert scheduled == ours - {"invocations.drive"}
    for entry in app.conf.beat_schedule.values():
        assert entry["options"]["expires"] <= entry["schedule"]


def test_routes__ticks__wait_behind_no_other_task() -> None:
    queues = {name: app.amqp.router.route({}, name)["queue"].name for name in app.tasks if "." in name}
    assert queues["invocations.tick"] == queues["releases.tick"] == "ticks"
    assert queues["invocations.drive"] == queues["invocations.retention"] == "celery"


def test_app__embedded_valkey__is_reached_through_its_socket() -> None:
    assert app.conf.broker_url.startswith("redis+socket:///")
    with app.connection_for_write() as connection:
        connection.ensure_connection(max_retries=1, timeout=5)


def test_app__silent_broker__keeps_nobody_waiting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, Celery() as other:
        address = "redis://{}:{}/0".format(*silent.getsockname())
        other.conf.update(settings.CELERY | {"broker_url": address})
        started = time.monotonic()
        with pytest.raises(OperationalError):
            other.send_task("invocations.tick", retry=False)
        assert time.monotonic() - started < 8


def test_app__worker_lost__task_is_given_to_another() -> None:
    assert app.conf.task_acks_late
    assert app.conf.task_reject_on_worker_lost


def test_app__all_tasks_imported__leaves_scipy_to_the_console() -> None:
    code = (
        "import sys; from console.celery import app; app.loader.import_default_modules();"
        "sys.exit('scipy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("module", ["console.gateway.app", "console.celery"])
def test_program__that_shows_no_page__imports_no_views_of_the_log_in(module: str) -> None:
    code = (
        f"import sys, django; django.setup(); import {module};"
        "sys.exit(bool({'allauth.account.views', 'allauth.account.forms'} & set(sys.modules)))"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "console.settings"}
    assert subprocess.run([sys.executable, "-c", code], check=False, env=environment).returncode == 0


@pytest.mark.django_db
def test_clear_sessions__one_expired__deletes_it_alone() -> None:
    now = timezone.now()
    for key, days in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(days=days))
    clear_sessions()
    assert [session.session_key for session in Session.objects.all()] == ["new"]
