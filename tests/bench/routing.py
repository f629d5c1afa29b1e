"""Routing decisions on one core, beside the fastest flag SDKs and beside the same written by hand."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from itertools import cycle, islice
from typing import Any

from flag_engine import engine as flagsmith
from growthbook import GrowthBook

from releases.core.evenness import sequence
from releases.core.parameters import Attributes, Parameter, Source
from releases.core.policies import Canary, Policy, Sticky
from releases.core.routing import compile_policy
from releases.core.rules import Combiner, Rules, make_rule

from .figures import Figure
from .load import in_turn

SECONDS = 0.5
USERS = [f"user-{number}" for number in range(1000)]
WEIGHT_BP = 3000
NAMES = ("x-plan", "x-country", "x-client")
WANTED = {"x-plan": "pro", "x-country": "cn", "x-client": "app"}


def decisions() -> list[Figure]:
    """Decisions per second: 70/30 by user key over 1,000 users, and three header rules that are all met.

    Requests are parsed, and the peers' contexts made, beforehand.
    """
    by_key = in_turn({name: _rate(work, USERS) for name, work in _by_key().items()})
    rules = in_turn({name: _rate(work, [WANTED]) for name, work in _by_rules().items()})
    return [*_figures("70/30 by user key", by_key), *_figures("three header rules", rules)]


def evenness() -> list[Figure]:
    """The largest deviation from 30% within n calls, over many starts, beside the die's."""
    return [
        Figure(
            f"even spread at 30%, largest deviation after {n:,} calls",
            max(_off(sequence(start / 50), n) for start in range(50)),
            "calls",
            "a die, largest of as many tries",
            max(_off(_die(start), n) for start in range(50)),
            "<= 0.5",
        )
        for n in (100, 1_000, 10_000)
    ]


def _figures(what: str, rates: Mapping[str, float]) -> list[Figure]:
    peers = {name: rates[name] for name in ("growthbook", "flagsmith-flag-engine")}
    fastest = max(peers, key=lambda name: peers[name])
    name = f"decisions, {what}"
    figures = [
        Figure(name, rates["ours"] / 1000, "k/s", fastest, peers[fastest] / 1000, ">= 10"),
        Figure(
            name, rates["ours"] / 1000, "k/s", "the expression by hand", rates["by hand"] / 1000, ">= 0.3"
        ),
    ]
    if "ours, each key new" in rates:
        new = rates["ours, each key new"] / 1000
        figures.append(Figure(f"{name}, each new", new, "k/s", fastest, peers[fastest] / 1000))
    return figures


def _rate(work: Callable[[Any], object], subjects: list[Any]) -> Callable[[], float]:
    """A measurement: calls of `work` per second, over the subjects in turn."""
    batch = list(islice(cycle(subjects), 5000))

    def measure() -> float:
        done = 0
        started = time.perf_counter()
        while time.perf_counter() - started < SECONDS:
            for subject in batch:
                work(subject)
            done += len(batch)
        return done / (time.perf_counter() - started)

    return measure


def _by_key() -> dict[str, Callable[[Any], object]]:
    policy = Policy(1, Canary(2, WEIGHT_BP), Sticky(Parameter(Source.HEADER, "x-user")))
    decide = compile_policy(policy, salt="alias1", draw=random.random)
    headers = {user: {b"host": b"localhost", b"x-user": user.encode()} for user in USERS}
    calls = {user: Attributes(headers[user]) for user in USERS}
    fresh = iter(range(10**12))

    def each_key_new(user: str) -> object:
        return decide(Attributes({b"host": b"localhost", b"x-user": b"%d" % next(fresh)}))

    def by_hand(user: str) -> object:
        key = headers[user].get(b"x-user", b"")
        digest = sha256(b"alias1:" + key).digest()
        return 2 if int.from_bytes(digest[:8], "big") % 10_000 < WEIGHT_BP else 1

    growthbook = GrowthBook(
        features={"f": {"defaultValue": 1, "rules": [{"force": 2, "coverage": 0.3, "hashAttribute": "id"}]}}
    )

    def by_growthbook(user: str) -> object:
        growthbook.set_attributes({"id": user})
        return growthbook.eval_feature("f").value

    variants = [{"key": "2", "value": 2, "weight": 30, "priority": 1}]
    contexts = {user: _flagsmith({"identifier": user, "key": user}, variants=variants) for user in USERS}
    return {
        "ours": lambda user: decide(calls[user]),
        "ours, each key new": each_key_new,
        "by hand": by_hand,
        "growthbook": by_growthbook,
        "flagsmith-flag-engine": lambda user: flagsmith.get_evaluation_result(contexts[user]),
    }


def _by_rules() -> dict[str, Callable[[Any], object]]:
    items = tuple(make_rule("Header", name, "=", WANTED[name]) for name in NAMES)
    decide = compile_policy(
        Policy(1, Canary(2, 100), Rules(Combiner.ALL, items)), salt="alias1", draw=random.random
    )
    headers = {b"host": b"localhost"} | {name.encode(): value.encode() for name, value in WANTED.items()}
    call = Attributes(headers)

    def by_hand(_: object) -> object:
        met = (
            headers.get(b"x-plan") == b"pro"
            and headers.get(b"x-country") == b"cn"
            and headers.get(b"x-client") == b"app"
        )
        return 2 if met else 1

    growthbook = GrowthBook(features={"f": {"defaultValue": 1, "rules": [{"condition": WANTED, "force": 2}]}})

    def by_growthbook(attributes: dict[str, str]) -> object:
        growthbook.set_attributes(attributes)
        return growthbook.eval_feature("f").value

    conditions = [{"property": name, "operator": "EQUAL", "value": value} for name, value in WANTED.items()]
    segment = {
        "key": "s",
        "name": "s",
        "rules": [{"type": "ALL", "conditions": conditions}],
        "overrides": [{"key": "f", "name": "f", "enabled": True, "value": 2, "priority": 1}],
    }
    context = _flagsmith({"identifier": "u", "key": "u", "traits": WANTED}, segments={"s": segment})
    return {
        "ours": lambda _: decide(call),
        "by hand": by_hand,
        "growthbook": by_growthbook,
        "flagsmith-flag-engine": lambda _: flagsmith.get_evaluation_result(context),
    }


def _flagsmith(identity: dict[str, Any], *, variants: Any = (), segments: Any = None) -> Any:
    feature = {"key": "f", "name": "f", "enabled": True, "value": 1, "variants": list(variants)}
    context = {"environment": {"key": "e", "name": "e"}, "identity": identity, "features": {"f": feature}}
    return context | ({"segments": segments} if segments else {})


def _die(seed: int) -> Callable[[], int]:
    chance = random.Random(seed)
    return lambda: chance.randrange(1_000_000)


def _off(point: Callable[[], int], n: int) -> float:
    """The largest distance of the canary's calls from 30% of the calls so far, from a tenth of n on."""
    below, furthest = 0, 0.0
    for place in range(1, n + 1):
        below += point() < WEIGHT_BP * 100
        if place * 10 >= n:
            furthest = max(furthest, abs(below - 0.3 * place))
    return furthest
