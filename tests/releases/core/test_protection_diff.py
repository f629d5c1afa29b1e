from __future__ import annotations

from datetime import time, timedelta

from hypothesis import given

from releases.core.protection_diff import fields
from releases.core.protections import NONE, Barred, Evidence, Protection, When, Window
from tests.releases.core.test_protections import PROTECTIONS

ONE = Protection(when=frozenset({When.ANY}))
FULL = Protection(
    when=frozenset({When.WEIGHT_ABOVE}),
    weight_above_bp=3000,
    approvals=2,
    groups=("sre", "db"),
    barred=frozenset(Barred),
    evidence=frozenset({Evidence.LINT}),
    windows=((Window((0, 4), time(9), time(17), "Asia/Shanghai"),),),
    expiry=timedelta(days=7),
    revert=True,
)


def test_fields__of_two__before_and_after_in_words() -> None:
    found = {field.name: (field.old, field.new) for field in fields(ONE, FULL) if field.changed}
    assert found == {
        "It applies when": ("anything changes", "the weight rises above 30%"),
        "Approvals needed": ("1", "2"),
        "Groups that must all agree": ("", "db, sre"),
        "Who cannot approve": (
            "who proposed the change",
            "who proposed the change, who edited it, who published its versions",
        ),
        "Evidence that must be there": ("", "a clean lint"),
        "A request expires after": ("14 days", "7 days"),
        "Applied only within": ("", "Monday, Friday 09:00-17:00 Asia/Shanghai"),
        "Otherwise": ("an alarm is raised", "the alias goes back"),
    }


def test_fields__to_nothing__says_that_nothing_is_asked() -> None:
    first, *rest = fields(ONE, NONE)
    assert (first.old, first.new) == ("anything changes", "never: nothing is asked")
    assert {field.new for field in rest} == {""}


@given(PROTECTIONS)
def test_fields__of_one_with_itself__nothing_changed(protection: Protection) -> None:
    assert not any(field.changed for field in fields(protection, protection))
