from __future__ import annotations

import random
import time
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.core import recording, replay_words
from releases.core.parameters import Attributes, Parameter, Source
from releases.core.policies import Canary, Die, Even, Policy, Split, Sticky
from releases.core.replay import Call, Replay, replay
from releases.core.routing import compile_policy
from releases.core.rules import Combiner, Operator, Rule, Rules
from tests.releases.core.strategies import CALLS, POLICIES, call

SALT = "alias1"
UID = Parameter(Source.HEADER, "X-Uid")
DEBUG = Parameter(Source.QUERY, "debug")
SESSION = Parameter(Source.COOKIE, "session")
IS_DEBUG = Rule(DEBUG, Operator.EQUAL, "1")


def weighted(weight_bp: int, split: Split = Die()) -> Policy:  # noqa: B008 - it is frozen
    return Policy(1, Canary(2, weight_bp), split)


def by_rules(*items: Rule, combiner: Combiner = Combiner.ALL) -> Policy:
    return Policy(1, Canary(2, 100), Rules(combiner, items))


def recorded(policy: Policy, sent: list[Attributes], *parameters: Parameter) -> list[Call]:
    """These calls, routed by the policy and recorded with these parameters."""
    chance = random.Random(1)
    decide = compile_policy(policy, salt=SALT, draw=chance.random)
    read = recording.compile_labels(parameters)
    found = []
    for attributes in sent:
        decision = decide(attributes)
        made = uuid.UUID(int=chance.getrandbits(128))
        found.append(Call(str(made), policy, decision.version, decision.reason, read(attributes)))
    return found


def users(n: int, calls_each: int = 1) -> list[Attributes]:
    return [call(headers={"x-uid": f"user-{user}"}) for user in range(n) for _ in range(calls_each)]


def moves(calls: list[Call], draft: Policy) -> Replay:
    return replay(calls, now=calls[0].policy, draft=draft, salt=SALT)


def test_replay__higher_weight_of_a_die__moves_what_lies_between_and_to_the_canary_alone() -> None:
    calls = recorded(weighted(3000), [call()] * 4000)
    found = moves(calls, weighted(4000))
    assert 0.08 < found.share < 0.12
    assert found.to.keys() == {2}
    assert found.keys is None
    assert moves(calls, weighted(3000, Even())).moved == 0  # the same points


def test_replay__nothing_drawn_before__draws_by_the_calls_id() -> None:
    found = moves(recorded(Policy(1), [call()] * 4000), weighted(3000))
    assert 0.27 < found.share < 0.33


def test_replay__sticky_and_a_higher_weight__moves_the_keys_between_and_all_their_calls() -> None:
    calls = recorded(weighted(3000, Sticky(UID)), users(500, 4), UID)
    found = moves(calls, weighted(4000, Sticky(UID)))
    assert found.keys is not None
    assert found.moved == 4 * found.keys
    assert 25 < found.keys < 80
    assert found.to.keys() == {2}


def test_replay__die_becomes_sticky__needs_the_key() -> None:
    calls = recorded(weighted(3000), users(50))
    found = moves(calls, weighted(3000, Sticky(UID)))
    assert (found.calls, found.left_out, found.missing) == (0, 50, (UID,))
    assert replay_words.sentence(found) == "This cannot be replayed: header X-Uid is not recorded."


def test_replay__split_by_a_cookie__is_replayed_from_its_buckets_alone() -> None:
    sent = [call(cookies={"session": f"s{number}"}) for number in range(500)]
    calls = recorded(weighted(3000, Sticky(SESSION)), sent)
    found = moves(calls, weighted(4000, Sticky(SESSION)))
    assert (found.calls, found.keys) == (500, None)
    assert 25 < found.moved < 80
    elsewhere = moves(recorded(weighted(3000), sent), weighted(4000, Sticky(SESSION)))
    assert replay_words.sentence(elsewhere) == (
        "This cannot be replayed: cookie session is not recorded, for values of cookies never are."
    )


def test_replay__by_rules__moves_those_that_meet_them() -> None:
    sent = [call(query="debug=1"), call(query="debug=0"), call()] * 10
    found = moves(recorded(Policy(1), sent, DEBUG), by_rules(IS_DEBUG))
    assert (found.calls, found.moved, found.keys, dict(found.to)) == (30, 10, 1, {2: 10})


def test_replay__rules_on_event_calls__do_nothing() -> None:
    sent = [Attributes({}, b"debug=1", http=False)] * 10
    assert moves(recorded(Policy(1), sent, DEBUG), by_rules(IS_DEBUG)).moved == 0


def test_replay__one_more_rule_than_was_recorded__leaves_out_only_what_hangs_on_it() -> None:
    is_user = Rule(UID, Operator.EQUAL, "user-1")
    calls = recorded(Policy(1), [call(query="debug=1")] * 5 + [call()] * 7, DEBUG)
    both = moves(calls, by_rules(IS_DEBUG, is_user))
    assert (both.calls, both.left_out, both.missing) == (7, 5, (UID,))
    either = moves(calls, by_rules(IS_DEBUG, is_user, combiner=Combiner.ANY))
    assert (either.calls, either.moved, either.left_out) == (5, 5, 7)
    assert replay_words.sentence(either) == (
        "100% (56.6-100%) of 5 recorded calls, 1 key, would move: 5 to version 2. "
        "7 more could not be replayed: header X-Uid is not recorded."
    )


def test_replay__rule_that_was_there_before__is_as_true_as_it_was() -> None:
    calls = recorded(by_rules(IS_DEBUG), [call(query="debug=1")] * 5 + [call()] * 5)
    found = moves(calls, Policy(3, Canary(4, 100), by_rules(IS_DEBUG).split))
    assert (found.calls, dict(found.to)) == (10, {3: 5, 4: 5})


def test_replay__value_that_was_cut__is_left_out() -> None:
    calls = recorded(weighted(3000), [call(headers={"x-uid": "u" * 300})], UID)
    assert moves(calls, weighted(3000, Sticky(UID))).left_out == 1


def test_replay__calls_of_an_earlier_revision__are_held_against_the_policy_in_force() -> None:
    calls = recorded(weighted(1000), [call()] * 2000)
    found = replay(calls, now=weighted(3000), draft=weighted(3000), salt=SALT)
    assert (found.calls, found.moved) == (2000, 0)
    assert 150 < replay(calls, now=weighted(3000), draft=weighted(4000), salt=SALT).moved < 250


@given(POLICIES, st.lists(CALLS, min_size=1, max_size=5))
def test_replay__the_policy_in_force_as_the_draft__moves_nothing(
    policy: Policy, sent: list[Attributes]
) -> None:
    calls = recorded(policy, sent, *policy.parameters)
    found = moves(calls, policy)
    assert (found.calls, found.moved, found.left_out) == (len(sent), 0, 0)


@given(POLICIES, POLICIES, st.lists(CALLS, min_size=1, max_size=5), st.floats(0, 1, exclude_max=True))
def test_replay__everything_recorded__sends_each_call_where_the_gateway_would(
    now: Policy, draft: Policy, sent: list[Attributes], draw: float
) -> None:
    calls = recorded(now, sent, *draft.parameters, *now.parameters)
    found = moves(calls, draft)
    assert found.calls == len(sent)
    decide = compile_policy(draft, salt=SALT, draw=lambda: draw)
    decisions = [decide(attributes) for attributes in sent]
    if not any(decision.reason.startswith(("die", "even", "keyless")) for decision in decisions):
        moved = [
            decision.version
            for one, decision in zip(calls, decisions, strict=True)
            if one.version != decision.version
        ]
        assert sorted(found.to.elements()) == sorted(moved)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({}, "No recorded calls yet."),
        ({"calls": 5000}, "None of 5,000 recorded calls would move (at most 0.08%)."),
        (
            {"calls": 5000, "moved": 360, "to": {2: 300, 1: 60}, "keys": 61},
            (
                "7.2% (6.5-7.9%) of 5,000 recorded calls, 61 keys, would move: "
                "60 to version 1, 300 to version 2."
            ),
        ),
        ({"left_out": 3}, "This cannot be replayed: too little was recorded of them."),
        (
            {"left_out": 3, "missing": (UID, DEBUG, SESSION)},
            (
                "This cannot be replayed: header X-Uid and query debug are not recorded. "
                "cookie session is not recorded, for values of cookies never are."
            ),
        ),
    ],
)
def test_sentence__each_outcome__is_told(made: dict[str, object], told: str) -> None:
    nothing = {"calls": 0, "moved": 0, "to": {}, "keys": None, "left_out": 0, "missing": ()}
    assert replay_words.sentence(Replay(**(nothing | made))) == told


def test_replay__five_thousand_calls_and_twenty_rules__takes_a_moment() -> None:
    rules = [Rule(UID, Operator.IN, f"user-{number},x") for number in range(20)]
    calls = recorded(weighted(3000, Sticky(UID)), users(5000), UID)
    draft = by_rules(*rules, combiner=Combiner.ANY)
    began = time.perf_counter()
    assert moves(calls, draft).calls == 5000
    assert time.perf_counter() - began < 1
