"""One change request as its page shows it: how it stands, what it changes, and what speaks for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from invocations import queries as counted
from releases.core import (
    approvals,
    lint,
    merging,
    policies,
    policy_diff,
    protection_document,
    protection_words,
)
from releases.core.approvals import OPEN, Circumstances, Request, Status, Verdict
from releases.core.deeds import Deed, barriers
from releases.core.fields import Field
from releases.core.lint import Finding
from releases.core.policies import Policy
from releases.core.protections import Evidence, Protection, stricter
from releases.core.replay import Replay
from releases.core.rights import Person
from releases.models import ChangePayload, ChangeRequest, ChangeReview

from . import aliases, change_needs, changes, replay, teams, traffic
from . import lint as lint_query
from .change_needs import Needed
from .traffic import RunLine

_SIGNS: Final = {Evidence.TEST_RUN: "test run", Evidence.LINT: "lint"}
"""What the sentences of missing evidence say of each kind."""

RUNS: Final = 5  # test runs of the canary version that a page shows


@dataclass(frozen=True, slots=True)
class Standing:
    """How a request stands. `blockers` are sentences; `barred` says of each deed why not, or nothing."""

    request: ChangeRequest
    rules: Request
    now: Circumstances
    demanded: Protection
    blockers: list[str]
    needed: Needed
    barred: dict[Deed, str]
    own_verdict: str
    ratify: str

    @property
    def is_open(self) -> bool:
        return self.rules.status in OPEN

    @property
    def is_stale(self) -> bool:
        return self.is_open and approvals.is_stale(self.rules, self.now)

    @property
    def is_deleted(self) -> bool:
        """Whether the alias was deleted, by this request or by somebody."""
        return self.request.alias.retired_at is not None

    @property
    def waits_for_ratification(self) -> bool:
        return self.request.ratify_by is not None and self.request.ratified_at is None

    @property
    def waits_for(self) -> list[str]:
        """Who can unblock it by a verdict: those who can give what is missing, and those who object."""
        if not self.blockers:
            return []
        able = {name for need in self.needed.needs if not need.met for name in need.able}
        objecting = {each.name for each in self.needed.members if each.verdict is Verdict.REQUEST_CHANGES}
        return sorted(able | objecting)

    @property
    def evidence(self) -> list[tuple[str, bool]]:
        """What evidence is asked for, in words, and whether it is there."""
        missing = " ".join(self.now.missing_evidence)
        return [
            (protection_words.evidence(kind), _SIGNS[kind] not in missing)
            for kind in sorted(self.demanded.evidence)
        ]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a payload does to the policy it was made on. `brought` are versions it brings in."""

    before: Policy
    after: Policy
    fields: list[Field]
    rules: list[policy_diff.RuleLine]
    compared: list[tuple[int, int]]
    """Pairs of versions whose code is worth comparing."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """What speaks for a change, or against it: test runs of its version, lint, recorded calls."""

    version: int
    runs: list[RunLine]
    findings: list[Finding]
    blast: Replay | None
    wanted: frozenset[Evidence]
    missing: Sequence[str]


@dataclass(frozen=True, slots=True)
class Past:
    """One payload, what it proposed, and the verdicts on it, which count only while it is the last."""

    payload: ChangePayload
    policy: Policy | None
    reviews: list[ChangeReview]
    is_current: bool


def standing(request: ChangeRequest, *, by: Person, at: datetime) -> Standing:
    """How the request stands for somebody who looks at it."""
    rules = changes.as_rules_see(request)
    now = changes.circumstances(request, at=at)
    blockers = approvals.blockers(rules, now) if rules.status in OPEN - {Status.DRAFT} else []
    barred = barriers(rules, now, by=by, thing=teams.owned(request.alias.service))
    if request.alias.retired_at is not None and rules.status in OPEN:
        gone = f"alias {request.alias.name} was deleted: cancel the request"
        blockers = [gone, *blockers]
        barred |= dict.fromkeys((Deed.EDIT, Deed.REBASE, Deed.APPLY, Deed.SCHEDULE), gone)
    if not barred[Deed.REBASE] and any(field.conflict for field in columns_of(request)):
        barred[Deed.REBASE] = "both sides changed the same field: edit the request and choose"
    own = approvals.standing(rules).get(by.name)
    return Standing(
        request=request,
        rules=rules,
        now=now,
        demanded=stricter(rules.snapshot, now.protection),
        blockers=blockers,
        needed=change_needs.needs_of(rules, now.protection, list(now.reviewers)),
        barred=barred,
        own_verdict=own.verdict if own else "",
        ratify=_cannot_ratify(rules, now, by),
    )


def stamp(request: ChangeRequest) -> str:
    """Changes with all that happens to the request, its alias, protection and evidence. Two queries."""
    last = request.comments.order_by("-pk").values_list("pk", flat=True).first()
    protection = protection_document.digest(changes.protection_of(request.alias))[:16]
    return f"{last or 0}-{request.alias.revision_id}-{request.status}-{protection}-{_runs_mark(request)}"


def _runs_mark(request: ChangeRequest) -> str:
    policy = changes.proposal(request).policy
    if policy is None or request.status not in OPEN:
        return ""
    service = request.alias.service
    return counted.test_runs_mark(service.region, service.name, str(changes.version_at_stake(policy)))


def difference(request: ChangeRequest) -> Difference | None:
    """Between the base and the payload; None where no routing is proposed."""
    after = changes.proposal(request).policy
    if after is None:
        return None
    before = policies.parse(changes.payload_of(request).base.policy)
    fields, rules = policy_diff.fields(before, after), policy_diff.rules(before, after)
    others = sorted((before.versions | after.versions) - {before.primary})
    return Difference(before, after, fields, rules, [(before.primary, other) for other in others])


def columns_of(request: ChangeRequest) -> list[merging.Field]:
    """Base, live and mine of every field that either side changed; empty while the base is in force."""
    mine, base = changes.proposal(request).policy, changes.payload_of(request).base
    live = aliases.current(request.alias)
    if mine is None or live.pk == base.pk:
        return []
    return merging.columns(base=policies.parse(base.policy), live=policies.parse(live.policy), mine=mine)


def grounds(standing: Standing) -> Grounds | None:
    """The evidence for the version that a payload sends more calls to; None where it proposes no routing."""
    request = standing.request
    policy = changes.proposal(request).policy
    if policy is None:
        return None
    service = request.alias.service
    version = changes.version_at_stake(policy)
    runs = counted.test_runs(service.region, services=[service.name]).filter(qualifier=str(version))
    found = (
        replay.blast_radius(request.alias, policy) if standing.is_open and not standing.is_deleted else None
    )
    return Grounds(
        version=version,
        runs=traffic.run_verdicts(runs[:RUNS]),
        findings=lint.lint(policy, lint_query.facts(service, policy)),
        blast=found if found and found.calls else None,
        wanted=standing.demanded.evidence,
        missing=standing.now.missing_evidence,
    )


def payloads(request: ChangeRequest) -> list[Past]:
    """All of them, the newest first. Two queries."""
    rows = list(request.payloads.select_related("author", "base").order_by("-number"))
    reviews: dict[int, list[ChangeReview]] = {row.pk: [] for row in rows}
    given = ChangeReview.objects.filter(payload__in=rows).select_related("reviewer").order_by("pk")
    for review in given:
        reviews[review.payload_id].append(review)
    return [Past(row, _policy(row), reviews[row.pk], is_current=row.pk == request.payload_id) for row in rows]


def _policy(payload: ChangePayload) -> Policy | None:
    document = payload.document.get("policy")
    return policies.parse(document) if document is not None else None


def _cannot_ratify(rules: Request, now: Circumstances, by: Person) -> str:
    """Why this person cannot agree afterwards; empty when he can."""
    if not any(each.name == by.name and each.may_approve for each in now.reviewers):
        return "you may not approve for this team"
    if by.name == rules.author:
        return "you broke the glass"
    return approvals.barred(rules, stricter(rules.snapshot, now.protection), by.name)
