from __future__ import annotations

from tests.live import live_stack  # noqa: F401 - a fixture
