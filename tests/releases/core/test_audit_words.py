from __future__ import annotations

import pytest

from releases.core import audit_words, policies
from releases.core.audit_words import Difference, Told, tell
from releases.core.policies import Canary, Policy

ONE = policies.document(Policy(1))
SPLIT = policies.document(Policy(1, Canary(2, 3000)))


def test_tell__policy_before_and_after__says_what_became_of_it() -> None:
    assert tell(ONE, SPLIT) == Told(["There is now a canary: version 2 at 30%."], [])


def test_tell__policy_on_one_side__says_what_it_does() -> None:
    assert tell(None, SPLIT).sentences == ["70% of calls go to version 1, 30% to version 2."]
    assert tell(ONE, None).sentences == ["It was: All calls go to version 1."]


def test_tell__same_policy__says_so() -> None:
    assert tell(ONE, ONE).sentences == ["The routing is the same."]


def test_tell__policy_within_a_payload__is_told_beside_the_rest() -> None:
    told = tell(None, {"policy": SPLIT, "description": "try it"})
    assert told.sentences == ["70% of calls go to version 1, 30% to version 2."]
    assert told.differences == [Difference("description", None, "try it")]


def test_tell__members__only_those_that_changed_by_their_path() -> None:
    before = {"memory_mb": 128, "handler": "index.handler", "protection": {"approvals": 1, "groups": []}}
    after = {"memory_mb": 256, "handler": "index.handler", "protection": {"approvals": 2, "groups": ["qa"]}}
    assert tell(before, after).differences == [
        Difference("memory_mb", "128", "256"),
        Difference("protection.approvals", "1", "2"),
        Difference("protection.groups", "", "qa"),
    ]


def test_tell__member_that_came_or_went__has_one_side() -> None:
    assert tell({"a": "x"}, {"b": True}).differences == [
        Difference("a", "x", None),
        Difference("b", None, "yes"),
    ]


@pytest.mark.parametrize("document", [None, {}])
def test_tell__nothing_kept__says_nothing(document: dict[str, object] | None) -> None:
    assert tell(document, document) == Told([], [])


@pytest.mark.parametrize("document", [{"versionId": "x"}, {"policy": "yes"}, {"policy": [1]}])
def test_tell__policy_that_cannot_be_read__is_told_member_by_member(document: dict[str, object]) -> None:
    told = tell(None, document)
    assert told.sentences == []
    assert len(told.differences) == 1


def test_tell__empty_on_one_side_and_not_there_on_the_other__is_no_difference() -> None:
    after = {"description": "", "groups": [], "policy": None, "environment": {}}
    assert tell(None, after) == Told([], [])
    assert tell({"description": "x"}, {"description": ""}).differences == [Difference("description", "x", "")]


def test_tell__long_value__is_cut() -> None:
    (difference,) = tell(None, {"text": "x" * 5000}).differences
    assert difference.new == "x" * (audit_words.MAX_VALUE - 1) + "…"


def test_done__unknown_action__is_shown_as_it_is() -> None:
    assert audit_words.done("alias.change") == "changed alias"
    assert audit_words.done("moon.land") == "moon.land"
