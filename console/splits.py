"""How an observed split is shown: its chart, the table under it, its CSV and its explanation.

One list of rows (`releases.core.funnels`) serves all of them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse

from releases.core.funnels import Row, funnel
from releases.core.policies import WHOLE_BP, Policy
from releases.queries.traffic import Split, VersionCount

COLUMNS: Final = ("revision", "n", "k", "share", "wilson_lo", "wilson_hi", "band_lo", "band_hi")
EXAMPLES: Final = (100, 1_000, 10_000, 100_000)


@dataclass(frozen=True, slots=True)
class Line:
    """What one version did, with its part in the policy and its share of all calls."""

    version: str
    role: str
    invocations: int
    share: float
    errors: int
    error_share: float | None


@dataclass(frozen=True, slots=True)
class Why:
    """What chance alone does to a weight: `now` after as many calls as there were, `examples` after more."""

    weight_bp: int
    canary: int
    n: int
    exact: bool
    off: float
    needed_n: int
    now: Row | None
    examples: list[Row]


def shown(split: Split) -> dict[str, Any]:
    """What the templates show of one split."""
    return {"split": split, "lines": lines(split.versions, split.policy), "why": why(split)}


def lines(counts: Iterable[VersionCount], policy: Policy | None = None) -> list[Line]:
    counted = list(counts)
    n = sum(count.invocations for count in counted)
    return [
        Line(
            version=count.version,
            role=role(count.version, policy),
            invocations=count.invocations,
            share=count.invocations / n if n else 0.0,
            errors=count.errors,
            error_share=count.errors / count.invocations if count.invocations else None,
        )
        for count in counted
    ]


def role(version: str, policy: Policy | None) -> str:
    """ "primary", "canary", or nothing for a version that the policy does not name."""
    if policy is None:
        return ""
    if policy.canary and version == str(policy.canary.version):
        return "canary"
    return "primary" if version == str(policy.primary) else ""


def why(split: Split) -> Why | None:
    """Why the share differs from the weight, in this split's own numbers; None where nothing is split."""
    canary = split.policy.canary
    if canary is None:
        return None
    n = split.verdict.n
    weight = canary.weight
    return Why(
        weight_bp=canary.weight_bp,
        canary=canary.version,
        n=n,
        exact=canary.weight_bp in (0, WHOLE_BP),
        off=abs(split.verdict.share - weight) if split.verdict.share is not None else 0.0,
        needed_n=split.verdict.needed_n or 0,
        now=_expected(weight, [n])[0] if n else None,
        examples=_expected(weight, EXAMPLES),
    )


def _expected(weight: float, counts: Iterable[int]) -> list[Row]:
    """The interval and the band where the share is what was configured."""
    return funnel([(n, round(n * weight)) for n in counts], weight)


def csv_of(splits: Iterable[Split], *, filename: str) -> HttpResponse:
    """The rows of the charts as a file; shares are fractions of one."""
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{filename}"'},
    )
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for split in splits:
        writer.writerows(_cells(split.revision.number, row) for row in split.rows)
    return response


def _cells(revision: int, row: Row) -> list[str]:
    fractions = (row.share, row.lo, row.hi, row.band_lo, row.band_hi)
    return [str(revision), str(row.n), str(row.k), *(f"{value:.6f}" for value in fractions)]
