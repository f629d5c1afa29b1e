"""Fixtures of the engine's, the runtimes' and the recorder's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from console.gateway.database import conninfo
from invocations.recorder import Recorder
from tests.invocations.engine.rooms import Theatre, temporary_home


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    with temporary_home() as home:
        theatre = Theatre(home)
        yield theatre
        theatre.close()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder(conninfo())
    recorder.start()
    yield recorder
    recorder.close()
