"""The connection to the database is lost before each statement in turn: all of an act is done, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection

from releases.core.approvals import Status, Verdict
from releases.models import AuditEntry, ChangeRequest, ChangeReview, Notice, Outgoing
from releases.operations import applying, changes, webhooks
from releases.queries import audit
from releases.queries import changes as query
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def lost_before(number: int, work: Callable[[], object]) -> bool:
    """Do the work while the server ends its connection before that statement. False when it has no such."""
    sent = 0

    def count(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal sent
        sent += 1
        if sent == number:
            _end_connection()
        return execute(*arguments)

    try:
        with connection.execute_wrapper(count):
            work()
    except OperationalError:
        connection.close()
        return True
    return False


def _end_connection() -> None:
    """As a server that is killed does, seen from here."""
    settings = connection.get_connection_params()
    known = {
        name: settings[name] for name in ("host", "port", "user", "password", "dbname") if settings.get(name)
    }
    with psycopg.connect(**known, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])


def kept(request: ChangeRequest) -> dict[str, object]:
    """All that an act on a request writes."""
    row = query.loaded().get(pk=request.pk)
    return {
        "status": row.status,
        "revision": row.alias.revision.number,
        "made": row.revision_id,
        "reviews": ChangeReview.objects.count(),
        "entries": AuditEntry.objects.count(),
        "notices": Notice.objects.count(),
        "outgoing": Outgoing.objects.count(),
    }


def whole_or_nothing(request: ChangeRequest, act: Callable[[], object]) -> int:
    """Lose the connection before every statement of an act, and then let it through; how many there were."""
    before = kept(request)
    number = 1
    while lost_before(number, act):
        assert kept(request) == before, f"half of it was kept at statement {number}"
        number += 1
    assert audit.verify()[0].broken is None
    after = kept(request)
    assert after["outgoing"] != before["outgoing"]
    assert after["entries"] != before["entries"]
    return number - 1


def test_approve_and_apply__connection_lost_at_any_statement__all_or_nothing() -> None:
    alias = make.protected_alias()
    bob = make.act(make.user("bob"))
    webhooks.add_webhook(make.act(), alias.service.team, url="https://93.184.215.14/")
    request = make.change(alias)
    seen = request.payload.digest

    def approve() -> None:
        changes.review(bob, request, verdict=Verdict.APPROVE, seen=seen)

    assert whole_or_nothing(request, approve) > 5
    assert kept(request)["status"] == Status.APPROVED
    assert whole_or_nothing(request, lambda: applying.apply(make.act(), request, seen=seen)) > 10
    assert (kept(request)["status"], kept(request)["revision"]) == (Status.APPLIED, 2)
