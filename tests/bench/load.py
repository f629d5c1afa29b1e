"""Load from one wrk process, and rounds of several subjects in turn."""

from __future__ import annotations

import re
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

EVENT = '{"order": 4711, "items": ["a", "b", "c"], "customer": "somebody", "note": "about a hundred bytes"}'
ROUNDS = 3
SECONDS = 4

_SCRIPT = "wrk.method = 'POST'\nwrk.body = [==[%s]==]\n%s\n"


@dataclass(frozen=True)
class Subject:
    """What is put under load: a URL, and the headers of each call."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


def require_wrk() -> None:
    if shutil.which("wrk") is None:
        raise SystemExit("bench: wrk is missing: on Debian, apt install wrk")


def requests_per_second(subject: Subject, *, connections: int, seconds: int = SECONDS) -> float:
    """Answers per second; any answer that is not 2xx, and any socket error, ends the benchmark."""
    headers = "\n".join(f"wrk.headers[{k!r}] = [==[{v}]==]" for k, v in subject.headers.items())
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT % (EVENT, headers))
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script.name, subject.url]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise SystemExit(f"bench: {subject.url} answered with errors:\n{output}")
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    if found is None:
        raise SystemExit(f"bench: wrk said nothing of use:\n{output}")
    return float(found[1])


def in_turn(subjects: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, float]:
    """The median of each subject over interleaved rounds, after one that only warms up."""
    seen: dict[str, list[float]] = {name: [] for name in subjects}
    for number in range(rounds + 1):
        for name, measure in subjects.items():
            value = measure()
            if number:
                seen[name].append(value)
    return {name: statistics.median(values) for name, values in seen.items()}
