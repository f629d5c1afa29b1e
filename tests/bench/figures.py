"""One figure, and how all of them are printed and kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """A measured value; beside a peer's, with the ratio of the two and what it should be ("" for no goal).

    `goal` reads ">= 0.6" or "<= 1.5" and speaks of the ratio.
    """

    name: str
    value: float
    unit: str
    peer: str = ""
    peer_value: float | None = None
    goal: str = ""

    @property
    def ratio(self) -> float | None:
        return self.value / self.peer_value if self.peer_value else None

    @property
    def holds(self) -> bool | None:
        if not self.goal or self.ratio is None:
            return None
        relation, bound = self.goal.split()
        return self.ratio >= float(bound) if relation == ">=" else self.ratio <= float(bound)


def write(figures: Sequence[Figure], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(figure) | {"ratio": figure.ratio, "holds": figure.holds} for figure in figures]
    path.write_text(json.dumps(rows, indent=1) + "\n")


def table(figures: Sequence[Figure]) -> str:
    lines = [f"{'figure':<58}{'value':>12}  {'beside':<42}{'value':>10}{'ratio':>8}  {'goal':<8}"]
    for figure in figures:
        beside = f"{figure.peer_value:>10,.1f}{figure.ratio:>8.2f}" if figure.ratio else " " * 18
        verdict = {True: "holds", False: "FALLS SHORT", None: ""}[figure.holds]
        value = f"{figure.value:,.1f} {figure.unit}"
        lines.append(f"{figure.name:<58}{value:>12}  {figure.peer:<42}{beside}  {figure.goal:<8}{verdict}")
    return "\n".join(lines)
