"""Two protections side by side, field by field."""

from __future__ import annotations

from collections.abc import Iterable

from . import protection_words as words
from .fields import Field
from .protections import Barred, Evidence, Protection


def fields(old: Protection, new: Protection) -> list[Field]:
    """Every field that either of them has, in the order of the form. What never applies has but one."""
    before, after = _fields(old), _fields(new)
    both = [Field(name, before.get(name, ""), after.get(name, "")) for name in before | after]
    return [field for field in both if field.old or field.new]


def _fields(protection: Protection) -> dict[str, str]:
    if not protection.when:
        return {"It applies when": "never: nothing is asked"}
    return {
        "It applies when": _list(words.conditions(protection)),
        "Approvals needed": str(protection.approvals),
        "Groups that must all agree": _list(sorted(protection.groups)),
        "Who cannot approve": _list(
            f"who {words.barred(each)}" for each in Barred if each in protection.barred
        ),
        "Evidence that must be there": _list(
            words.evidence(each) for each in Evidence if each in protection.evidence
        ),
        "A request expires after": words.duration(protection.expiry),
        "Applied only within": _list((" or ".join(map(str, each)) for each in protection.windows), " and "),
        "Freezes": _list(map(words.freeze, sorted(protection.freezes, key=lambda each: each.start)), "; "),
        "Broken glass must be agreed to within": words.duration(protection.ratify),
        "Otherwise": "the alias goes back" if protection.revert else "an alarm is raised",
    }


def _list(told: Iterable[str], between: str = ", ") -> str:
    return between.join(told)
