"""Breaking the glass: a protected alias is changed at once, and somebody must agree afterwards."""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction

from releases.core import approvals, policies, protection_document, protections
from releases.core.approvals import Status
from releases.core.notices import Kind as Told
from releases.core.rights import Action
from releases.models import (
    Alias,
    ChangeRequest,
    User,
)
from releases.queries import aliases as alias_query
from releases.queries import changes as query
from releases.queries import teams

from . import aliases
from .aliases import Setting
from .audit import Act
from .change_notes import path_of, record, say, tell_of
from .change_rows import (
    Kind,
    NotNow,
    Proposed,
    carry_out,
    check,
    give,
    locked,
    must_be_allowed,
    must_have_seen,
)
from .notices import settle


@transaction.atomic
def break_glass(
    act: Act, alias: Alias, setting: Setting, *, base_revision: int, reason: str
) -> ChangeRequest:
    """Change a protected alias before anybody agreed. It opens its own review, with a time to ratify it."""
    if len(reason.strip()) < approvals.MIN_REASON:
        raise NotNow(f"give a reason of at least {approvals.MIN_REASON} characters")
    act = replace(act, source="break-glass")
    alias = aliases.locked(alias, base_revision)
    must_be_allowed(act.by, Action.BREAK_GLASS, alias)
    protection = query.protection_of(alias)
    now = policies.parse(alias_query.current(alias).policy)
    if not protections.applies(protection, now, setting.policy):
        raise NotNow("nothing asks for approval here: change the alias itself")
    proposed = Proposed(Kind.POLICY, f"Break glass: {reason}"[:256], setting)
    check(act, alias, proposed)
    request = ChangeRequest.objects.create(
        alias=alias,
        kind=Kind.POLICY,
        title=proposed.title,
        status=Status.DRAFT,
        snapshot=protection_document.document(protection),
        author=act.by,
        created_at=act.at,
        expires_at=act.at + protection.ratify,
        ratify_by=act.at + protection.ratify,
        next_look_at=act.at + protection.ratify,
    )
    document = proposed.document(alias)
    give(act, request, document, alias_query.current(alias))
    request.revision = carry_out(act, request, agreed=False)
    request.status = Status.APPLIED
    request.ended_at, request.ended_by, request.ended_reason = act.at, act.by, reason[:256]
    request.save()
    say(act, request, f"broke the glass: {reason}")
    record(act, request, "change.break_glass", after=document, reason=reason)
    told = f"{act.by.username} asks you to ratify it"
    tell_of(act, request, Told.GLASS_BROKEN, told_of(alias), told)
    return request


def told_of(alias: Alias) -> list[User]:
    """Who is told when the glass of this alias is broken: all who may approve or administer."""
    team = alias.service.team
    found = teams.members(team, Action.APPROVE) + teams.members(team, Action.ADMINISTER)
    return list({user.pk: user for user in found}.values())


@transaction.atomic
def ratify(act: Act, request: ChangeRequest, *, seen: str) -> ChangeRequest:
    """Agree afterwards to what was done by breaking the glass; late is better than never."""
    row = locked(request)
    if row.ratify_by is None or row.ratified_at is not None:
        raise NotNow("there is nothing to ratify")
    must_have_seen(row, seen)
    must_be_allowed(act.by, Action.APPROVE, row.alias)
    reason = approvals.barred(query.as_rules_see(row), query.demanded(row), act.by.username)
    if reason or act.by.pk == row.author_id:
        raise NotNow(f"you cannot ratify it: {reason or 'you broke the glass'}")
    row.ratified_at = act.at
    row.next_look_at = None
    row.save(update_fields=["ratified_at", "next_look_at"])
    say(act, row, "ratified it")
    record(act, row, "change.ratify")
    settle(path_of(row))
    tell_of(act, row, Told.APPLIED, [row.author], f"ratified by {act.by.username}")
    return row


@transaction.atomic
def not_ratified(act: Act, request: ChangeRequest) -> ChangeRequest:
    """Its time is over: alarm, and go back if the protection says so and nobody has changed it since."""
    row = locked(request)
    if row.ratified_at is not None or row.alarmed_at is not None:
        return row
    row.alarmed_at, row.next_look_at = act.at, None
    row.save(update_fields=["alarmed_at", "next_look_at"])
    reverted = query.demanded(row).revert and _revert(act, row)
    told = "was not ratified in time" + (" and was reverted" if reverted else "")
    say(act, row, told)
    record(act, row, "change.not_ratified", reason=told)
    tell_of(act, row, Told.NOT_RATIFIED, [row.author, *told_of(row.alias)], told)
    return row


def _revert(act: Act, row: ChangeRequest) -> bool:
    """Back to the revision that the glass was broken on, unless the alias has moved since."""
    alias = aliases.locked(row.alias, None)
    if alias.revision_id != row.revision_id:
        return False
    base = query.payload_of(row).base
    reason = f"Change request {row.pk} was not ratified in time"
    setting = Setting(policy=policies.parse(base.policy), description=base.description, reason=reason)
    aliases.revise(act, alias, setting, agreed=base.is_agreed)
    return True
