"""Verdicts on the traffic split of one alias revision, or of several that are never pooled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from releases.core import statistics, wording
from releases.core.policies import WHOLE_BP, Canary, Policy, format_percent

ALWAYS_VALID_FACTOR: Final = 2
"""The needed n is that of one look, doubled for those who keep looking."""

_PRECISIONS_BP: Final = (100, 10, 1)  # 1, 0.1 and 0.01 points
_MANY: Final = 1_000_000  # odds beyond this are not worth a figure
_LISTED: Final = 3


class Outcome(StrEnum):
    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    HOLD = "hold"  # not enough data
    NOT_APPLICABLE = "not_applicable"  # nothing random to test
    ERROR = "error"


_WORST_FIRST: Final = (Outcome.FAIL, Outcome.ERROR, Outcome.HOLD, Outcome.PASS, Outcome.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome, the sentence that says it, and every number behind it.

    `k` of `n` invocations went to the canary. Shares, weight and bounds are fractions of one. `lo` and
    `hi` are Wilson's 95% interval around the observed share; `band_lo` and `band_hi` the always-valid
    band around the configured weight. Without a random split, and for several revisions together, they
    are None. `needed_n` invocations fix the share to within the precision that the sentence names.
    """

    outcome: Outcome
    sentence: str
    n: int
    k: int
    weight: float | None = None
    share: float | None = None
    lo: float | None = None
    hi: float | None = None
    band_lo: float | None = None
    band_hi: float | None = None
    log_e: float = 0.0
    alpha: float = statistics.ALPHA
    needed_n: int | None = None

    @property
    def e_value(self) -> float:
        """The evidence against the configured weight; infinite where it is certain or beyond a float."""
        return math.exp(self.log_e) if self.log_e < 700 else math.inf


def judge_split(*, counts_by_version: Mapping[str, int], policy: Policy) -> Verdict:
    """Judge the tally of one alias revision: invocations by version id, as callers saw it in the header."""
    if any(count < 0 for count in counts_by_version.values()):
        raise ValueError("a tally cannot be negative")
    counts = {version: count for version, count in counts_by_version.items() if count}
    n = sum(counts.values())
    canary = policy.canary
    strays = sorted(set(counts) - {str(policy.primary), str(canary.version) if canary else None})
    if canary is None or canary.version == policy.primary:
        return _judge_unsplit(counts, n, strays, policy)
    k = counts.get(str(canary.version), 0)
    if strays:
        sentence = f"{_strays(counts, n, strays)}, which this alias revision does not name."
        return replace(_measured(Outcome.FAIL, sentence, n, k, canary), log_e=math.inf)
    return _judge_canary(n, k, canary)


def combine(verdicts: Sequence[Verdict]) -> Verdict:
    """One verdict for a run over several alias revisions: the worst decides, the evidence multiplies.

    The product of the e-values is itself an e-value, so it may alarm where no single revision does; the
    practical floor then applies to the mean distance from the weights.
    """
    if not verdicts:
        return Verdict(Outcome.HOLD, "No invocations through an alias yet.", n=0, k=0)
    if len(verdicts) == 1:
        return verdicts[0]
    worst = min(verdicts, key=lambda verdict: _WORST_FIRST.index(verdict.outcome))
    outcome, told = worst.outcome, worst.sentence
    log_e = sum(verdict.log_e for verdict in verdicts)
    if outcome is not Outcome.FAIL and _alarms(log_e) and _together_off(verdicts):
        outcome = Outcome.FAIL
        told = f"Each alone could be chance, together they are off: {_odds(log_e)}."
    return Verdict(
        outcome,
        f"{len(verdicts)} alias revisions, judged one by one and never pooled. {told}",
        n=sum(verdict.n for verdict in verdicts),
        k=sum(verdict.k for verdict in verdicts),
        log_e=log_e,
    )


def _judge_unsplit(counts: Mapping[str, int], n: int, strays: list[str], policy: Policy) -> Verdict:
    rule = f"not split: every call goes to version {policy.primary}"
    if strays:
        sentence = f"{_strays(counts, n, strays)}, but this alias revision is {rule}."
        return Verdict(Outcome.FAIL, sentence, n, k=0, log_e=math.inf)
    return Verdict(Outcome.NOT_APPLICABLE, f"{rule.capitalize()}.", n, k=0)


def _judge_canary(n: int, k: int, canary: Canary) -> Verdict:
    if n == 0:
        sentence = f"No invocations yet; configured {format_percent(canary.weight_bp)}."
        return _measured(Outcome.HOLD, sentence, n, k, canary)
    seen = (
        f"{wording.count(k)} of {wording.count(n)} ({wording.share(k / n)}) "
        f"went to version {canary.version}; configured {format_percent(canary.weight_bp)}"
    )
    outcome, finding = _find(n, k, canary)
    need = "" if outcome is Outcome.FAIL else _need(n, canary)
    return _measured(outcome, f"{seen}; {finding}.{need}", n, k, canary)


def _find(n: int, k: int, canary: Canary) -> tuple[Outcome, str]:
    """The outcome of n > 0 invocations, and the clause that says it."""
    weight = canary.weight
    if weight in (0.0, 1.0):
        exact = k == n * weight
        return (
            (Outcome.PASS, "exact") if exact else (Outcome.FAIL, "a weight of 0% or 100% allows no exception")
        )
    log_e = statistics.log_e_value(k, n, weight)
    off = abs(k / n - weight)
    if _alarms(log_e):
        # An arm without any call is never fine, however small its weight.
        if off > _floor(weight) or k in (0, n):
            return Outcome.FAIL, f"off by {wording.points(off)}: {_odds(log_e)}"
        return Outcome.PASS, f"statistically off, practically fine (by {wording.points(off)})"
    telling = statistics.smallest_telling_n(weight)
    if n < telling:
        return Outcome.HOLD, f"too few to judge, at least {wording.count(telling)} are needed"
    return Outcome.PASS, "consistent"


def _measured(outcome: Outcome, sentence: str, n: int, k: int, canary: Canary) -> Verdict:
    weight = canary.weight
    lo, hi = statistics.wilson(k, n)
    band_lo, band_hi = statistics.split_band(n, weight)
    return Verdict(
        outcome,
        sentence,
        n,
        k,
        weight=weight,
        share=k / n if n else None,
        lo=lo,
        hi=hi,
        band_lo=band_lo,
        band_hi=band_hi,
        log_e=statistics.log_e_value(k, n, weight),
        needed_n=ALWAYS_VALID_FACTOR * statistics.needed_n(weight, _precision_bp(canary) / WHOLE_BP),
    )


def _precision_bp(canary: Canary) -> int:
    """The finest statement worth making: one point, or less where a point would swallow the smaller arm."""
    smaller = min(canary.weight_bp, WHOLE_BP - canary.weight_bp)
    return next((step for step in _PRECISIONS_BP if smaller >= 5 * step), _PRECISIONS_BP[-1])


def _need(n: int, canary: Canary) -> str:
    precision = _precision_bp(canary) / WHOLE_BP
    needed = ALWAYS_VALID_FACTOR * statistics.needed_n(canary.weight, precision)
    if n >= needed:
        return ""
    return f" ±{wording.points(precision)} needs about {wording.about(needed)} invocations."


def _floor(weight: float) -> float:
    """A difference that matters in practice: more than one point and more than a tenth of the weight."""
    return max(0.01, 0.1 * weight)


def _together_off(verdicts: Sequence[Verdict]) -> bool:
    told = [(v.n, v.share, v.weight) for v in verdicts if v.share is not None and v.weight is not None]
    distance = sum(count * abs(share - weight) for count, share, weight in told)
    return distance > sum(count * _floor(weight) for count, _, weight in told)


def _alarms(log_e: float) -> bool:
    return log_e >= -math.log(statistics.ALPHA)


def _odds(log_e: float) -> str:
    """1/E bounds the chance that a true weight ever looks this wrong, however often one looks."""
    odds = wording.about(int(math.exp(log_e))) if log_e < math.log(_MANY) else f"{_MANY:,}"
    return f"chance alone goes this far in fewer than 1 of {odds} cases"


def _strays(counts: Mapping[str, int], n: int, strays: list[str]) -> str:
    listed = ", ".join(strays[:_LISTED])
    more = f" and {len(strays) - _LISTED} more" if len(strays) > _LISTED else ""
    found = sum(counts[version] for version in strays)
    noun = "version" if len(strays) == 1 else "versions"
    return f"{wording.count(found)} of {wording.count(n)} went to {noun} {listed}{more}"
