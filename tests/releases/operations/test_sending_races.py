"""Workers that send at once, and one that is killed in the middle, each on a connection of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from datetime import timedelta
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings as configured
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from releases.core.notices import Kind
from releases.core.targets import parse_allowed
from releases.models import Outgoing
from releases.operations import notices, webhooks
from releases.operations.sending import LEASE, send_next
from tests import make
from tests.releases.operations.test_races import at_once
from tests.releases.receivers import http_receiver

pytestmark = pytest.mark.django_db(transaction=True)

WORKER = """\
import django; django.setup()
from releases.tasks import send
send()
"""


@pytest.fixture(autouse=True)
def loopback(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW = parse_allowed(["127.0.0.1"])


def tell() -> None:
    notices.tell(make.act(), Kind.APPLIED, [], team=make.team(), text="applied", path="/x/")


def worker() -> subprocess.Popen[bytes]:
    """A process of its own that empties the outbox of this test's database."""
    database = connection.settings_dict
    query = urlencode({"host": database["HOST"]})
    port = f":{database['PORT']}" if database["PORT"] else ""
    url = f"postgresql://{quote(database['USER'])}@{port}/{database['NAME']}?{query}"
    environment = os.environ | {
        "DATABASE_URL": url,
        "DJANGO_SETTINGS_MODULE": "console.settings",
        "SERIN_WEBHOOK_ALLOW": "127.0.0.1",
        "SERIN_HOME": str(configured.HOME),
    }
    return subprocess.Popen([sys.executable, "-c", WORKER], env=environment)


def test_send__four_at_once__send_each_row_once() -> None:
    with http_receiver() as receiver:
        webhooks.add_webhook(make.act(), make.team(), url=receiver.url)
        for _ in range(12):
            tell()

        def empty() -> None:
            while send_next(at=make.NOW):
                pass

        at_once(empty, empty, empty, empty)
        counted = Counter(call.headers["X-Serin-Delivery"] for call in receiver.calls)
    rows = Outgoing.objects.all()
    assert counted == {str(row.pk): 1 for row in rows}
    assert {(row.sent_at, row.tries) for row in rows} == {(make.NOW, 1)}


def test_send__worker_killed_in_the_middle__row_is_sent_by_the_next() -> None:
    arrived, go_on = threading.Event(), threading.Event()
    with http_receiver() as receiver:
        receiver.before_answer = lambda: (arrived.set(), go_on.wait(30))
        webhooks.add_webhook(make.act(), make.team(), url=receiver.url)
        tell()
        with worker() as process:
            assert arrived.wait(30)
            process.kill()
        go_on.set()
        row = Outgoing.objects.get()
        assert (row.tries, row.sent_at) == (1, None)
        now = timezone.now()
        assert not send_next(at=now)
        assert send_next(at=now + LEASE + timedelta(seconds=1))
        deliveries = [call.headers["X-Serin-Delivery"] for call in receiver.calls]
    row.refresh_from_db()
    assert row.sent_at is not None
    assert deliveries == [str(row.pk)] * 2  # at least once, and the receiver can tell
