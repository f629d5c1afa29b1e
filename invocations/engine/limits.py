"""How much one engine may use."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    per_function: int = 8
    """Instances of one function, over all its versions."""
    total: int = 64
    """Instances of all functions together."""
    queue: int = 512
    """Invocations of one function of one version that may wait for an instance."""
    wait_s: float = 60.0
    """An invocation that has waited so long for an instance is refused."""
    idle_s: float = 300.0
    """After so long without an invocation an instance is ended."""
    drain_s: float = 10.0
    """How long `close` lets running invocations finish."""
    log_bytes: int = 256 * 1024
    """Log kept of one invocation; what comes after is dropped, and the log says so."""
    payload_bytes: int = 32 * MIB
    """Largest result of a handler. Function Compute's own limit for synchronous calls."""
