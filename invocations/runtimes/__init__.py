"""The languages that functions may be written in."""

from __future__ import annotations

from collections.abc import Mapping

from invocations.engine.runtime import Runtime
from invocations.runtimes.dotnet import DOTNET, missing
from invocations.runtimes.python3 import PYTHON3

RUNTIMES: Mapping[str, Runtime] = {
    runtime.name: runtime for runtime in (PYTHON3, *(() if missing() else (DOTNET,)))
}
