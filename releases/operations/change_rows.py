"""The rows of a change request: locked, moved by the rules, and given a payload.

Locks are taken in one order: the request, then its alias, then the end of the audit log.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction

from invocations.refusals import Refused
from releases.core import approvals, change_events, policies, protection_document, rights
from releases.core.approvals import NotAllowed, Outdated, Request, Status
from releases.core.notices import Kind as Told
from releases.core.protections import Protection
from releases.core.rights import Action
from releases.models import (
    Alias,
    AliasRevision,
    ChangePayload,
    ChangeRequest,
    User,
)
from releases.queries import changes as query
from releases.queries import teams

from . import aliases
from .aliases import Setting
from .audit import Act
from .change_notes import ask_reviewers, involved, path_of, record, say, tell_of
from .notices import settle

Kind = ChangeRequest.Kind

_TOLD: Final = {
    "change.submit": "asked for review",
    "change.edit": "edited it",
    "change.rebase": "rebased it",
    "change.approve": "approved it",
    "change.request_changes": "asked for changes",
    "change.withdrawn": "took the verdict back",
    "change.reject": "rejected it",
    "change.cancel": "cancelled it",
    "change.schedule": "scheduled it",
    "change.unschedule": "took it off the schedule",
    "change.suspend": "could not be applied",
    "change.apply": "applied it",
    "change.expire": "expired",
}
"""What the conversation says of each event."""


class NotNow(Refused):
    """The request cannot take this event as it is; the text says why."""


class EditedMeanwhile(NotNow):
    """The page showed a payload that is no longer the request's; nothing was counted."""


class Conflict(NotNow):
    """Both sides changed the same field: somebody must choose."""


@dataclass(frozen=True, slots=True)
class Proposed:
    """What is asked for: of `kind` policy a setting, of `kind` protection a protection or None for the
    team's. `seen` is the digest of the protection in force that such a proposal was made on.
    """

    kind: str
    title: str
    setting: Setting | None = None
    protection: Protection | None = None
    seen: str = ""

    def document(self, alias: Alias) -> dict[str, Any]:
        """The payload, on what is in force for the alias."""
        if self.setting is not None:
            return {
                "policy": policies.document(self.setting.policy),
                "description": self.setting.description,
                "reason": self.setting.reason,
            }
        if self.kind == Kind.PROTECTION:
            return protecting_payload(alias, self.protection)
        return {}


def protecting_payload(alias: Alias, wanted: Protection | None) -> dict[str, Any]:
    """The payload of a change of the protection. What is agreed to is all of it: where it leads, and from
    what.
    """
    before, after = query.bases(alias, wanted)
    return {
        "protection": protection_document.document(wanted) if wanted is not None else None,
        "before": protection_document.document(before),
        "after": protection_document.document(after),
    }


def carry_out(act: Act, row: ChangeRequest, *, agreed: bool) -> AliasRevision | None:
    """Do what the payload says, under the alias's lock."""
    alias = aliases.locked(row.alias, None)
    wanted = query.proposal(row)
    if row.kind == Kind.DELETE:
        aliases.retire(act, alias)
        return None
    if row.kind == Kind.PROTECTION:
        aliases.protect(act, alias, wanted.protection)
        return None
    if wanted.policy is None:
        raise AssertionError(f"change request {row.pk} of kind policy has none")
    reason = wanted.reason or row.title
    setting = Setting(policy=wanted.policy, description=wanted.description, reason=reason[:256])
    return aliases.revise(act, alias, setting, agreed=agreed)


def locked(request: ChangeRequest) -> ChangeRequest:
    """The request under its lock, as it is now."""
    ChangeRequest.objects.select_for_update().get(pk=request.pk)
    return query.loaded().get(pk=request.pk)


def submitted(row: ChangeRequest) -> Request:
    protection = query.demanded(row)
    reviewers = teams.reviewers(row.alias.service.team)
    return asked(lambda: change_events.submit(query.as_rules_see(row), protection, reviewers))


def end(
    act: Act, request: ChangeRequest, action: str, reason: str, event: Callable[[Request], Request]
) -> ChangeRequest:
    with transaction.atomic():
        row = locked(request)
        finish(act, row, action, asked(lambda: event(query.as_rules_see(row))), reason)
        tell_of(act, row, Told.ENDED, involved(row), f"{approvals.words(Status(row.status))}: {reason}")
        return row


def finish(act: Act, row: ChangeRequest, action: str, after: Request, reason: str) -> None:
    row.scheduled_at = None
    row.ended_reason = reason[:256]
    move(act, row, action, after, reason=reason)


def asked(event: Callable[[], Request]) -> Request:
    """The request after an event, with the rules' refusals as pages and the API know them."""
    try:
        return event()
    except Outdated as outdated:
        raise EditedMeanwhile(str(outdated)) from outdated
    except NotAllowed as refusal:
        raise NotNow(str(refusal)) from refusal


def move(act: Act, row: ChangeRequest, action: str, after: Request, *, reason: str = "") -> None:
    """Save the row as the rules left it; an ended one is looked at no more."""
    before = row.status
    row.status = after.status
    row.suspended = after.suspended
    row.snapshot = protection_document.document(after.snapshot)
    if after.status not in approvals.OPEN:
        row.ended_at, row.ended_by, row.next_look_at = act.at, act.by, None
    if after.status not in {Status.IN_REVIEW, Status.CHANGES_REQUESTED}:
        settle(path_of(row))
    row.save()
    say(act, row, f"{_TOLD[action]}{f': {reason}' if reason else ''}")
    record(act, row, action, before={"status": before}, after={"status": row.status}, reason=reason)


def give(act: Act, row: ChangeRequest, document: dict[str, Any], base: AliasRevision) -> None:
    """The next payload."""
    number = row.payloads.count() + 1
    target = {"alias": row.alias_id, "kind": row.kind}
    row.payload = ChangePayload.objects.create(
        request=row,
        number=number,
        base=base,
        document=document,
        digest=approvals.payload_hash(target=target, base=base.pk, payload=document | {"number": number}),
        author=act.by,
        created_at=act.at,
    )
    row.save(update_fields=["payload"])


def replace_payload(
    act: Act, row: ChangeRequest, document: dict[str, Any], base: AliasRevision, action: str
) -> ChangeRequest:
    before = query.as_rules_see(row)
    voided = [each.reviewer for each in row.payload.reviews.select_related("reviewer")] if row.payload else []
    if document == query.payload_of(row).document and base.pk == query.payload_of(row).base_id:
        raise NotNow("nothing would change")
    give(act, row, document, base)
    now = query.as_rules_see(row)
    after = asked(
        lambda: change_events.edit(
            before,
            by=act.by.username,
            payload_hash=now.payload_hash,
            base=now.base,
            basis=now.basis,
            publishers=now.publishers,
            protection=query.demanded(row),
            reviewers=teams.reviewers(row.alias.service.team),
        )
    )
    move(act, row, action, after, reason=f"payload {row.payload.number if row.payload else 0}")
    tell_of(act, row, Told.EDITED, voided, f"edited by {act.by.username}: your verdict is void")
    if after.status is not Status.DRAFT:
        ask_reviewers(act, row)
    return row


def check(act: Act, alias: Alias, proposed: Proposed) -> None:
    """What can be known to be wrong before anybody reviews it."""
    if proposed.kind == Kind.POLICY and proposed.setting is not None:
        aliases.check_setting(alias, proposed.setting)
    if proposed.kind != Kind.PROTECTION:
        return
    if proposed.seen != protection_document.digest(query.protection_of(alias)):
        raise aliases.ChangedMeanwhile(f"the protection of alias '{alias.name}' was changed meanwhile")
    if proposed.protection == query.own_protection(alias):
        raise aliases.NothingToChange(f"alias '{alias.name}' is already protected so")


def must_have_seen(row: ChangeRequest, seen: str) -> None:
    if seen != query.payload_of(row).digest:
        raise EditedMeanwhile("the request was edited since you opened it: look at what it says now")


def must_be_allowed(user: User, action: Action, alias: Alias) -> None:
    answer = rights.can(teams.person(user), action, teams.owned(alias.service))
    if not answer:
        raise NotNow(answer.reason)


def may_release(user: User, row: ChangeRequest) -> str:
    """Why this person may not apply it; empty when he may."""
    answer = rights.can(teams.person(user), Action.RELEASE, teams.owned(row.alias.service))
    return "" if answer else answer.reason
