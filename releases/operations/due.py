"""What time does to change requests: scheduled ones are applied, others expire, broken glass raises alarm.

The tick acts in the name of a person, as an audit entry must: of the one who scheduled it, else of the
author. Its source is `worker`.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Final

from django.db import transaction

from invocations.refusals import Refused
from releases.core.approvals import Status
from releases.models import ChangeRequest
from releases.queries import changes as query

from .applying import LOOK, apply_due, expire
from .audit import Act
from .break_glass import not_ratified

MOST: Final = 100
"""Requests that one tick sees to; the next one goes on."""


def look_after_changes(*, at: datetime) -> None:
    """See to every request whose time has come.

    Requests are claimed by their `next_look_at` with SKIP LOCKED, so two beats at once do no harm; and what
    is done to one is a transaction of its own, under its lock, which looks at everything again.
    """
    for _ in range(MOST):
        row = _claim_due(at)
        if row is None:
            return
        with suppress(Refused):  # somebody was quicker, and has left it another next look or none
            _see_to(row, at)


@transaction.atomic
def _claim_due(at: datetime) -> ChangeRequest | None:
    due = ChangeRequest.objects.filter(next_look_at__lte=at).order_by("next_look_at", "pk")
    row = due.select_for_update(skip_locked=True).first()
    if row is None:
        return None
    row.next_look_at = at + LOOK
    row.save(update_fields=["next_look_at"])
    return query.loaded().select_related("scheduled_by").get(pk=row.pk)


def _see_to(row: ChangeRequest, at: datetime) -> None:
    if row.status == Status.APPLIED:
        not_ratified(_in_the_name_of(row, at), row)
    elif at >= row.expires_at:
        expire(_in_the_name_of(row, at), row)
    elif row.status == Status.SCHEDULED:
        apply_due(_in_the_name_of(row, at), row)


def _in_the_name_of(row: ChangeRequest, at: datetime) -> Act:
    return Act(by=row.scheduled_by or row.author, at=at, source="worker")
