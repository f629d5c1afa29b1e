"""What is said of a change request: in its conversation, in the audit log, to people."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from releases.core.approvals import Status, Verdict
from releases.core.notices import Kind as Told
from releases.core.rights import Action
from releases.models import ChangeComment, ChangeRequest, ChangeReview, User
from releases.queries import teams

from .audit import Act
from .notices import tell


def path_of(request: ChangeRequest) -> str:
    """The page of a request."""
    return f"/{request.alias.service.region}/changes/{request.pk}/"


def ask_reviewers(act: Act, row: ChangeRequest) -> None:
    if row.status != Status.IN_REVIEW:
        return
    reviewers = teams.members(row.alias.service.team, Action.APPROVE)
    tell_of(act, row, Told.REVIEW_WANTED, reviewers, f"{act.by.username} asks for your review")


def involved(row: ChangeRequest) -> list[User]:
    """The author, whoever scheduled it, and everybody who gave a verdict."""
    reviewed = ChangeReview.objects.filter(payload__request=row).values("reviewer")
    people = list(User.objects.filter(pk__in=reviewed))
    return [row.author, *([row.scheduled_by] if row.scheduled_by else []), *people]


def tell_of(act: Act, row: ChangeRequest, kind: Told, people: Iterable[User], what: str) -> None:
    service = row.alias.service
    text = f"{service.name}/{row.alias.name}: {row.title} - {what}"
    tell(act, kind, people, team=service.team, text=text, path=path_of(row))


def say(act: Act, row: ChangeRequest, text: str) -> None:
    ChangeComment.objects.create(request=row, author=act.by, text=text, is_event=True, created_at=act.at)


def record(
    act: Act,
    row: ChangeRequest,
    action: str,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
) -> None:
    service = row.alias.service
    act.record(
        action,
        on=service,
        path=f"{service.name}/{row.alias.name}#{row.pk}",
        before=before,
        after=after,
        reason=reason[:512],
    )


def words_of(verdict: Verdict) -> str:
    return {
        Verdict.APPROVE: "approved",
        Verdict.REQUEST_CHANGES: "asked for changes",
        Verdict.WITHDRAWN: "took the verdict back",
    }[verdict]
