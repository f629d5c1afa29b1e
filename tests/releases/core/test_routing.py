from __future__ import annotations

import math
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.core.policies import Canary, Policy
from releases.core.routing import Decision, compile_policy

DRAWS = st.floats(0, 1, exclude_max=True)
JUST_BELOW_ONE = math.nextafter(1, 0)


def never() -> float:
    raise AssertionError("this policy needs no draw")


def test_decide__no_canary__primary_without_a_draw() -> None:
    assert compile_policy(Policy(7), never)() == Decision(7, "primary")


@pytest.mark.parametrize(("weight_bp", "version"), [(0, 1), (10_000, 2)])
def test_decide__weight_none_or_all__exact_without_a_draw(weight_bp: int, version: int) -> None:
    decide = compile_policy(Policy(1, Canary(2, weight_bp)), never)
    assert decide() == Decision(version, f"random:{version}")


@pytest.mark.parametrize(
    ("draw", "version"), [(0.0, 2), (math.nextafter(0.3, 0), 2), (0.3, 1), (JUST_BELOW_ONE, 1)]
)
def test_decide__draw_around_the_weight__canary_strictly_below(draw: float, version: int) -> None:
    decide = compile_policy(Policy(1, Canary(2, 3000)), lambda: draw)
    assert decide() == Decision(version, f"random:{version}")


@given(st.integers(0, 10_000), DRAWS)
def test_decide__any_weight_and_draw__canary_if_and_only_if_below(weight_bp: int, draw: float) -> None:
    decide = compile_policy(Policy(1, Canary(2, weight_bp)), lambda: draw)
    assert (decide().version == 2) == (draw < weight_bp / 10_000)


@given(st.integers(0, 10_000), st.integers(0, 10_000), DRAWS)
def test_decide__weight_raised__no_call_leaves_the_canary(one: int, other: int, draw: float) -> None:
    low, high = sorted((one, other))
    before = compile_policy(Policy(1, Canary(2, low)), lambda: draw)()
    after = compile_policy(Policy(1, Canary(2, high)), lambda: draw)()
    assert before.version <= after.version


def test_decide__seeded_die__share_near_the_weight() -> None:
    decide = compile_policy(Policy(1, Canary(2, 3000)), random.Random(1).random)
    canary_calls = sum(decide().version == 2 for _ in range(20_000))
    assert abs(canary_calls - 6000) < 5 * math.sqrt(20_000 * 0.3 * 0.7)


def test_routing__imported_by_the_gateway__brings_neither_scipy_nor_django() -> None:
    program = "import sys, releases.core.routing as r; print(sorted({'scipy', 'django'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
