"""Applying what was approved: now, or by the tick when its time has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from invocations.refusals import Refused
from releases.core import change_events
from releases.core.approvals import Status
from releases.core.notices import Kind as Told
from releases.models import (
    ChangeRequest,
)
from releases.queries import changes as query

from . import aliases
from .audit import Act
from .change_notes import involved, tell_of
from .change_rows import asked, carry_out, finish, locked, may_release, move, must_have_seen
from .protections import hold_default

LOOK: Final = timedelta(minutes=1)


@transaction.atomic
def schedule(act: Act, request: ChangeRequest, *, when: datetime, seen: str | None = None) -> ChangeRequest:
    """Have the tick apply it at a time to come. `seen` is the digest of the payload that a page showed."""
    row = locked(request)
    if seen is not None:
        must_have_seen(row, seen)
    after = asked(
        lambda: change_events.schedule(
            query.as_rules_see(row), at=when, now=act.at, protection=query.demanded(row)
        )
    )
    row.scheduled_at, row.scheduled_by, row.next_look_at = when, act.by, when
    move(act, row, "change.schedule", after, reason=f"for {when:%Y-%m-%d %H:%M %Z}")
    return row


@transaction.atomic
def unschedule(act: Act, request: ChangeRequest) -> ChangeRequest:
    row = locked(request)
    after = asked(lambda: change_events.unschedule(query.as_rules_see(row)))
    row.scheduled_at, row.scheduled_by, row.suspended = None, None, ""
    row.next_look_at = row.expires_at
    move(act, row, "change.unschedule", after)
    return row


@transaction.atomic
def apply(act: Act, request: ChangeRequest, *, seen: str | None = None) -> ChangeRequest:
    """Do what was approved. Applying it again changes nothing: it raises NotNow."""
    row = locked(request)
    if seen is not None:
        must_have_seen(row, seen)
    if row.kind == ChangeRequest.Kind.PROTECTION:
        hold_default(row.alias)
    row.alias = aliases.locked(row.alias, None)
    denied = may_release(act.by, row)
    now = query.circumstances(row, at=act.at, denied=denied)
    after = asked(lambda: change_events.apply(query.as_rules_see(row), now))
    row.revision = carry_out(act, row, agreed=True)
    move(act, row, "change.apply", after)
    tell_of(act, row, Told.APPLIED, involved(row), f"applied by {act.by.username}")
    return row


def apply_due(act: Act, request: ChangeRequest) -> ChangeRequest:
    """What the tick does with a scheduled request: apply it, or say loudly why it could not be."""
    try:
        return apply(act, request)
    except Refused as refusal:
        return _suspend(act, request, str(refusal))


@transaction.atomic
def _suspend(act: Act, request: ChangeRequest, reason: str) -> ChangeRequest:
    row = locked(request)
    if row.status != Status.SCHEDULED:  # somebody was quicker
        return row
    row.next_look_at = act.at + LOOK
    if row.suspended == reason:
        row.save(update_fields=["next_look_at"])
        return row
    row.suspended = reason
    move(
        act,
        row,
        "change.suspend",
        change_events.suspend(query.as_rules_see(row), reason=reason),
        reason=reason,
    )
    tell_of(act, row, Told.SUSPENDED, involved(row), f"could not be applied: {reason}")
    return row


@transaction.atomic
def expire(act: Act, request: ChangeRequest) -> ChangeRequest:
    row = locked(request)
    after = asked(lambda: change_events.expire(query.as_rules_see(row), at=act.at))
    finish(act, row, "change.expire", after, "")
    tell_of(act, row, Told.ENDED, involved(row), "expired")
    return row
