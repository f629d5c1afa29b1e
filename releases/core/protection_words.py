"""Protections in words: "Two of three approvers must agree before the weight rises above 30%." """

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from .approvals import Reviewer
from .protections import Barred, Evidence, Freeze, Protection, When

_NUMBERS: Final = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"
)  # fmt: skip
_BARRED: Final = {
    Barred.AUTHOR: "proposed the change",
    Barred.CONTRIBUTORS: "edited it",
    Barred.PUBLISHER: "published its versions",
}
_EVIDENCE: Final = {
    Evidence.TEST_RUN: "a test run of the canary version that finished without an error",
    Evidence.LINT: "a clean lint",
}
_FIXED: Final = {
    When.PRIMARY: "the primary version changes",
    When.RULES: "the rules change",
    When.DELETE: "the alias is deleted",
}


def sentence(protection: Protection, *, approvers: int | None = None) -> str:
    """What is asked, and of what. `approvers` is how many people could agree today, if one knows."""
    if not protection.when:
        return "Nothing is asked of a change: it takes effect at once."
    return f"{_who(protection, approvers)} before {_joined(conditions(protection), 'or')}."


def conditions(protection: Protection) -> list[str]:
    """When it applies: "the primary version changes", "the weight rises above 30%"."""
    if When.ANY in protection.when:
        return ["anything changes"]
    told = {
        When.WEIGHT_ABOVE: f"the weight rises above {protection.weight_above_bp / 100:g}%",
        When.WEIGHT_RISES: f"the weight rises by more than {protection.weight_rises_bp / 100:g} points",
    } | _FIXED
    return [told[when] for when in When if when in protection.when]


def details(protection: Protection) -> list[str]:
    """Everything else that holds, each a sentence; nothing where nothing is asked."""
    if not protection.when:
        return []
    told = []
    if protection.barred and (protection.approvals or protection.groups):
        those = [_BARRED[each] for each in Barred if each in protection.barred]
        told.append(f"Whoever {_joined(those, 'or')} cannot approve it.")
    if protection.evidence:
        asked = [evidence(each) for each in Evidence if each in protection.evidence]
        told.append(f"It takes {_joined(asked, 'and')}.")
    told += [
        f"It is applied within {_joined(list(map(str, each)), 'or')} only." for each in protection.windows
    ]
    told.append(f"A request expires after {duration(protection.expiry)}.")
    told.append(ratification(protection))
    if not {When.ANY, When.DELETE} & protection.when:
        told.append("Deleting the alias takes the same.")
    return told


def shortages(protection: Protection, reviewers: Collection[Reviewer]) -> list[str]:
    """What nobody could ever give, as people and groups are today."""
    if not protection.when:
        return []
    able = [reviewer for reviewer in reviewers if reviewer.may_approve]
    told = []
    if protection.approvals > len(able):
        people = "1 person" if len(able) == 1 else f"{len(able)} people"
        told.append(f"It asks for {protection.approvals} approvals, and {people} may give them.")
    for group in protection.groups:
        if not any(group in reviewer.groups for reviewer in able):
            told.append(f"Nobody in group {group} may approve.")
    return told


def ratification(protection: Protection) -> str:
    """What becomes of a change that broke the glass."""
    end = "or the alias goes back" if protection.revert else "or an alarm is raised"
    return f"Whoever breaks the glass needs somebody's agreement within {duration(protection.ratify)}, {end}."


def barred(kind: Barred) -> str:
    return _BARRED[kind]


def evidence(kind: Evidence) -> str:
    return _EVIDENCE[kind]


def freeze(held: Freeze) -> str:
    """ "2026-12-24 18:00 UTC to 2026-12-27 08:00 UTC: holidays"."""
    return f"{moment(held.start)} to {moment(held.end)}: {held.reason}"


def coming(protection: Protection, at: datetime) -> list[Freeze]:
    """The freezes that are not over, the next one first."""
    return sorted((held for held in protection.freezes if held.end > at), key=lambda held: held.start)


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M %Z}".strip()


def duration(span: timedelta) -> str:
    """ "14 days", "36 hours", "1 hour"."""
    hours = int(span / timedelta(hours=1))
    count, unit = (hours // 24, "day") if hours % 24 == 0 and hours > 24 else (hours, "hour")
    return f"{count} {unit}{'' if count == 1 else 's'}"


def _who(protection: Protection, approvers: int | None) -> str:
    n = protection.approvals
    groups = [f"one of group {group}" for group in protection.groups]
    if not n and not groups:
        return "Nobody has to agree"
    if not n:
        return f"{_joined(groups, 'and').capitalize()} must agree"
    some = f"{_number(n)} of {_number(approvers)}" if approvers is not None else _number(n)
    noun = "approver" if (n if approvers is None else approvers) == 1 else "approvers"
    among = f", {_joined(groups, 'and')} among them," if groups else ""
    return f"{some.capitalize()} {noun}{among} must agree"


def _number(n: int) -> str:
    return _NUMBERS[n] if n < len(_NUMBERS) else str(n)


def _joined(words: Iterable[str], last: str) -> str:
    *rest, end = words
    return f"{', '.join(rest)} {last} {end}" if rest else end
