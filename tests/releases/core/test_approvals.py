from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from releases.core import approvals, change_events
from releases.core.approvals import NotAllowed, Status
from releases.core.protections import Freeze, Protection

from .requested import NOW, PEOPLE, TWO, circumstances, submitted, verdict


def test_apply__approver_demoted_since__lacks_an_approval() -> None:
    approved = verdict(verdict(submitted(), "bob"), "carol")
    demoted = [replace(p, may_approve=p.name != "bob") for p in PEOPLE]
    with pytest.raises(NotAllowed, match="1 more approval"):
        change_events.apply(approved, circumstances(reviewers=demoted))


def test_apply__protection_made_stricter_since__todays_counts() -> None:
    approved = verdict(verdict(submitted(), "bob"), "carol")
    with pytest.raises(NotAllowed, match="1 more approval"):
        change_events.apply(approved, circumstances(protection=Protection(approvals=3)))


def test_apply__protection_made_looser_since__that_of_the_submission_counts() -> None:
    once = verdict(submitted(), "bob")
    with pytest.raises(NotAllowed, match="1 more approval"):
        change_events.apply(once, circumstances(protection=Protection(approvals=0)))


def test_apply__group_emptied__says_that_nobody_can_give_it() -> None:
    protection = Protection(approvals=1, groups=("sre",))
    approved = verdict(submitted(protection), "bob", protection=protection)
    assert approved.status is Status.IN_REVIEW
    with pytest.raises(NotAllowed, match="group sre, in which nobody can give it"):
        change_events.apply(approved, circumstances(protection=protection))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"base": 2}, "at revision 2 and not at 1"),
        ({"basis": "another"}, "no longer the one that this was proposed on"),
        ({"missing_evidence": ("a passing test run",)}, "lacks a passing test run"),
        ({"missing_versions": (2,)}, "version 2 was deleted"),
        ({"denied": "alice may not apply"}, "alice may not apply"),
        ({"at": NOW + timedelta(days=15)}, "expired"),
        (
            {"protection": replace(TWO, freezes=(Freeze(NOW, NOW + timedelta(days=1), "freeze"),))},
            "frozen until",
        ),
    ],
)
def test_apply__each_circumstance__in_the_way_and_named(values: dict[str, object], told: str) -> None:
    approved = verdict(verdict(submitted(), "bob"), "carol")
    with pytest.raises(NotAllowed, match=told):
        change_events.apply(approved, circumstances(**values))


def test_payload_hash__order_of_members__does_not_matter_and_content_does() -> None:
    one = approvals.payload_hash(target={"alias": 1}, base=1, payload={"a": 1, "b": 2})
    assert one == approvals.payload_hash(target={"alias": 1}, base=1, payload={"b": 2, "a": 1})
    assert one != approvals.payload_hash(target={"alias": 1}, base=2, payload={"a": 1, "b": 2})
