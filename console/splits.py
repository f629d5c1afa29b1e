"""How an observed split is shown: its chart, the table under it, its CSV and its explanation.

One list of rows (`releases.core.funnels`) serves all of them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse

from invocations.units import MAX_PER_REVISION
from releases.core.funnels import Row, funnel
from releases.core.measures import Measure
from releases.core.policies import WHOLE_BP, Policy
from releases.queries.traffic import Split, VersionCount

COLUMNS: Final = ("revision", "n", "k", "share", "wilson_lo", "wilson_hi", "band_lo", "band_hi")
EXAMPLES: Final = (100, 1_000, 10_000, 100_000)
EVEN_EXAMPLES: Final = EXAMPLES[:-1]  # beyond, both ends read the same


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
    """Why the share is what it is: what a weight allows after as many (`now`) and after more (`examples`).

    `n` counts what is measured, calls or keys; `weight_bp` is the share that the canary shall get of them.
    Pure rules have neither weight nor examples. `parameter` is the key that is split, in words, and
    `most` how many keys are counted.
    """

    measure: Measure
    weight_bp: int
    canary: int
    n: int
    exact: bool
    now: Row | None
    examples: list[Row]
    parameter: str
    most: int = MAX_PER_REVISION


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
    canary, measure = split.policy.canary, split.measure
    if canary is None or measure is None:
        return None
    weight_bp = split.policy.share_bp
    n = split.verdict.n
    return Why(
        measure=measure,
        weight_bp=weight_bp or 0,
        canary=canary.version,
        n=n,
        exact=weight_bp in (0, WHOLE_BP),
        now=_expected(split, [n])[0] if n and split.weight is not None else None,
        examples=_expected(split, EVEN_EXAMPLES if measure is Measure.EVEN else EXAMPLES),
        parameter=str(split.policy.key or ""),
    )


def _expected(split: Split, counts: Iterable[int]) -> list[Row]:
    """The interval and the band where the share is what was configured; keys are draws like calls."""
    weight, measure = split.weight, split.measure
    if weight is None or measure is None:
        return []
    drawn = Measure.CALLS if measure is Measure.KEYS else measure
    return funnel([(n, round(n * weight)) for n in counts], weight, measure=drawn)


def csv_of(splits: Iterable[Split], *, filename: str) -> HttpResponse:
    """The rows of the charts as a file; shares are fractions of one, and empty where a split has none.

    `n` and `k` count calls, also where keys are judged.
    """
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
    texts = ("" if value is None else f"{value:.6f}" for value in fractions)
    return [str(revision), str(row.n), str(row.k), *texts]
