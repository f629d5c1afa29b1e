from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from releases.core.fields import Field
from releases.core.version_diff import Snapshot, State, Variable, compare

SECRET = "s3cret"
NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.dictionaries(NAMES, st.sampled_from(["1", "2"]), max_size=3)
SNAPSHOTS = st.builds(
    Snapshot, name=NAMES, settings=TEXTS, environment=TEXTS, code=st.sampled_from(["x", "y"])
)
SERVICES = st.lists(SNAPSHOTS, max_size=3, unique_by=lambda function: function.name)
MIRROR = {State.ADDED: State.REMOVED, State.REMOVED: State.ADDED}


def function(name: str = "checkout", **changes: object) -> Snapshot:
    was = {"settings": {"Memory": "128 MB"}, "environment": {"KEY": SECRET}, "code": "1"}
    return Snapshot(name=name, **was | changes)


def test_compare__each_part__is_told_apart() -> None:
    new = function(settings={"Memory": "256 MB"}, environment={"KEY": "other", "NEW": "x"}, code="2")
    (change,) = compare([function()], [new])
    assert (change.state, change.code) == (State.CHANGED, State.CHANGED)
    assert change.settings == (Field("Memory", "128 MB", "256 MB"),)
    assert change.environment == (Variable("KEY", State.CHANGED), Variable("NEW", State.ADDED))


def test_compare__added_and_removed_functions__are_so() -> None:
    changes = compare([function("old")], [function("new")])
    assert [(change.name, change.state, change.code) for change in changes] == [
        ("new", State.ADDED, State.ADDED),
        ("old", State.REMOVED, State.REMOVED),
    ]


def test_compare__environment__never_gives_a_value_away() -> None:
    told = repr(compare([function()], [function(environment={"KEY": SECRET + "2"})]))
    assert SECRET not in told


@given(SERVICES)
def test_compare__with_itself__is_the_same(functions: list[Snapshot]) -> None:
    assert {change.state for change in compare(functions, functions)} <= {State.SAME}


@given(SERVICES, SERVICES)
def test_compare__the_other_way_round__is_the_mirror_image(old: list[Snapshot], new: list[Snapshot]) -> None:
    forth = [(change.name, change.state) for change in compare(old, new)]
    back = [(change.name, MIRROR.get(change.state, change.state)) for change in compare(new, old)]
    assert forth == back
