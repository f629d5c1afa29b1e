"""Fixtures of the engine's and the runtimes' tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.invocations.engine.rooms import Theatre, temporary_home


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    with temporary_home() as home:
        theatre = Theatre(home)
        yield theatre
        theatre.close()
