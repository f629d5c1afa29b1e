"""What a change still needs before it may be applied, and who can give it. Pure.

Approvals count as in `releases.core.approvals.assess`, told so that a page can name the people.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .approvals import Request, Reviewer, Verdict, assess, barred, standing
from .protections import Protection, stricter


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that is asked for: by whom it was given, and who else can give it today."""

    label: str
    given: tuple[str, ...]
    able: tuple[str, ...]
    met: bool


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who may approve for the team. `barred` says why his approval does not count here."""

    name: str
    groups: tuple[str, ...]
    verdict: Verdict | None
    barred: str


def needs(request: Request, protection: Protection, reviewers: Collection[Reviewer]) -> list[Need]:
    """The approvals, and then each group that must agree."""
    demanded = stricter(request.snapshot, protection)
    given = assess(request, protection, reviewers).approvals
    able = [each for each in _able(request, demanded, reviewers) if each.name not in given]
    found = []
    if demanded.approvals:
        plural = "" if demanded.approvals == 1 else "s"
        names = tuple(each.name for each in able)
        met = len(given) >= demanded.approvals
        found.append(Need(f"{demanded.approvals} approval{plural}", given, names, met))
    for group in demanded.groups:
        having = tuple(each.name for each in reviewers if group in each.groups and each.name in given)
        others = tuple(each.name for each in able if group in each.groups)
        found.append(Need(f"An approval of group {group}", having, others, bool(having)))
    return found


def members(request: Request, protection: Protection, reviewers: Collection[Reviewer]) -> list[Member]:
    """Everybody who may approve for the team, by name, with what he said of this payload."""
    demanded = stricter(request.snapshot, protection)
    said = standing(request)
    return [
        Member(
            each.name,
            tuple(sorted(each.groups)),
            said[each.name].verdict if each.name in said else None,
            barred(request, demanded, each.name).removeprefix("you "),
        )
        for each in sorted(reviewers, key=lambda each: each.name)
        if each.may_approve
    ]


def _able(request: Request, demanded: Protection, reviewers: Collection[Reviewer]) -> list[Reviewer]:
    return [each for each in reviewers if each.may_approve and not barred(request, demanded, each.name)]
