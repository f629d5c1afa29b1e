"""Proposing changes and reviewing them.

Every rule is asked again under the lock (`releases.core.approvals`), and what was written meanwhile counts.
"""

from __future__ import annotations

from functools import partial
from typing import Final

from django.db import transaction

from releases.core import change_events, merging, policies, protection_document
from releases.core.approvals import Review, Status, Verdict
from releases.core.notices import Kind as Told
from releases.core.rights import Action
from releases.models import (
    Alias,
    ChangeComment,
    ChangeRequest,
    ChangeReview,
)
from releases.queries import aliases as alias_query
from releases.queries import changes as query
from releases.queries import teams

from . import aliases
from .audit import Act
from .change_notes import ask_reviewers, involved, path_of, record, tell_of, words_of
from .change_rows import (
    Conflict,
    NotNow,
    Proposed,
    asked,
    check,
    end,
    give,
    locked,
    move,
    must_be_allowed,
    must_have_seen,
    protecting_payload,
    replace_payload,
    submitted,
)
from .notices import settle

MAX_COMMENT: Final = 4096


@transaction.atomic
def propose(
    act: Act, alias: Alias, proposed: Proposed, *, base_revision: int, draft: bool = False
) -> ChangeRequest:
    """A request for review, or a draft that only its author sees. Raises NotNow, ChangedMeanwhile, ..."""
    alias = aliases.locked(alias, base_revision)
    check(act, alias, proposed)
    protection = query.protection_of(alias)
    request = ChangeRequest.objects.create(
        alias=alias,
        kind=proposed.kind,
        title=proposed.title.strip()[:256] or f"Change {alias.name}",
        status=Status.DRAFT,
        snapshot=protection_document.document(protection),
        author=act.by,
        created_at=act.at,
        expires_at=act.at + protection.expiry,
        next_look_at=act.at + protection.expiry,
    )
    document = proposed.document(alias)
    give(act, request, document, alias_query.current(alias))
    record(act, request, "change.propose", after=document)
    if not draft:
        move(act, request, "change.submit", submitted(request))
        ask_reviewers(act, request)
    return request


@transaction.atomic
def submit(act: Act, request: ChangeRequest) -> ChangeRequest:
    """Show a draft to its reviewers."""
    row = locked(request)
    move(act, row, "change.submit", submitted(row))
    ask_reviewers(act, row)
    return row


@transaction.atomic
def edit(
    act: Act, request: ChangeRequest, proposed: Proposed, *, seen: str, base_revision: int
) -> ChangeRequest:
    """Another payload, and its title; every verdict is void. `seen` is the digest that the form had."""
    row = locked(request)
    must_have_seen(row, seen)
    row.title = proposed.title.strip()[:256] or row.title
    alias = aliases.locked(row.alias, None)
    check(act, alias, proposed)
    base = row.alias.revisions.get(number=base_revision)
    return replace_payload(act, row, proposed.document(alias), base, "change.edit")


@transaction.atomic
def rebase(act: Act, request: ChangeRequest, *, seen: str) -> ChangeRequest:
    """The same change on top of what is in force now; every verdict is void. Raises Conflict."""
    row = locked(request)
    must_have_seen(row, seen)
    alias = aliases.locked(row.alias, None)
    live = alias_query.current(alias)
    document = dict(query.payload_of(row).document)
    wanted = query.proposal(row)
    if row.kind == ChangeRequest.Kind.PROTECTION:
        document = protecting_payload(alias, wanted.protection)
    if wanted.policy is not None:
        base = policies.parse(query.payload_of(row).base.policy)
        merged = merging.rebased(base=base, live=policies.parse(live.policy), mine=wanted.policy)
        if merged is None:
            raise Conflict("both the request and the alias changed the same field: edit the request")
        document["policy"] = policies.document(merged)
    return replace_payload(act, row, document, live, "change.rebase")


@transaction.atomic
def review(
    act: Act, request: ChangeRequest, *, verdict: Verdict, seen: str, comment: str = ""
) -> ChangeRequest:
    """Give a verdict on the payload whose digest is `seen`, or take one's own back."""
    row = locked(request)
    given = Review(act.by.username, verdict, seen, comment[:MAX_COMMENT])
    reviewers = teams.reviewers(row.alias.service.team)
    reviewer = next((each for each in reviewers if each.name == act.by.username), None)
    if reviewer is None:
        raise NotNow("you are not in the team that owns this alias")
    before = query.as_rules_see(row)
    after = asked(
        lambda: change_events.review(
            before, given, reviewer=reviewer, protection=query.demanded(row), reviewers=reviewers
        )
    )
    ChangeReview.objects.create(
        payload=query.payload_of(row),
        reviewer=act.by,
        verdict=verdict,
        comment=given.comment,
        created_at=act.at,
    )
    settle(path_of(row), of=act.by)
    move(act, row, f"change.{verdict.value}", after, reason=given.comment)
    tell_of(act, row, Told.REVIEWED, [row.author], f"{act.by.username}: {words_of(verdict)}")
    return row


def reject(act: Act, request: ChangeRequest, *, reason: str) -> ChangeRequest:
    """Final; by somebody who may approve."""
    must_be_allowed(act.by, Action.APPROVE, request.alias)
    return end(act, request, "change.reject", reason, partial(change_events.reject, reason=reason))


def cancel(act: Act, request: ChangeRequest, *, reason: str = "") -> ChangeRequest:
    """Final; by its author, or by an admin with a reason."""
    if act.by.pk != request.author_id:
        must_be_allowed(act.by, Action.ADMINISTER, request.alias)
    event = partial(change_events.cancel, by=act.by.username, reason=reason)
    return end(act, request, "change.cancel", reason, event)


@transaction.atomic
def comment(act: Act, request: ChangeRequest, *, text: str) -> None:
    """A word in the conversation."""
    text = text.strip()
    if not text or len(text) > MAX_COMMENT:
        raise NotNow(f"a comment has from 1 to {MAX_COMMENT:,} characters")
    row = locked(request)
    ChangeComment.objects.create(request=row, author=act.by, text=text, created_at=act.at)
    record(act, row, "change.comment", after={"text": text})
    tell_of(act, row, Told.COMMENTED, involved(row), f"{act.by.username} commented")
