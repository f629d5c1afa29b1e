"""Verdicts on the traffic split: what one says, and one for several alias revisions, which are never pooled.

`releases.core.judging` makes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from releases.core import statistics, wording

CALLS: Final = "calls"
KEYS: Final = "keys"
_MANY: Final = 1_000_000  # odds beyond this are not worth a figure


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

    `k` of `n` went to the canary: calls or distinct keys, as `unit` says. Shares, weight and bounds are
    fractions of one. `lo` and `hi` are Wilson's 95% interval around the observed share; `band_lo` and
    `band_hi` the always-valid band around the configured weight, or what an even spread keeps within.
    Without a random split, and for several revisions together, they are None. `needed_n` of the unit
    fix the share to within the precision that the sentence names.
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
    unit: str = CALLS

    @property
    def e_value(self) -> float:
        """The evidence against the configured weight; infinite where it is certain or beyond a float."""
        return math.exp(self.log_e) if self.log_e < 700 else math.inf


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
    if outcome is not Outcome.FAIL and alarms(log_e) and _together_off(verdicts):
        outcome = Outcome.FAIL
        told = f"Each alone could be chance, together they are off: {odds(log_e)}."
    return Verdict(
        outcome,
        f"{len(verdicts)} alias revisions, judged one by one and never pooled. {told}",
        n=sum(verdict.n for verdict in verdicts),
        k=sum(verdict.k for verdict in verdicts),
        log_e=log_e,
        unit=_units(verdicts),
    )


def alarms(log_e: float) -> bool:
    return log_e >= -math.log(statistics.ALPHA)


def odds(log_e: float) -> str:
    """1/E bounds the chance that a true weight ever looks this wrong, however often one looks."""
    told = wording.about(int(math.exp(log_e))) if log_e < math.log(_MANY) else f"{_MANY:,}"
    return f"chance alone goes this far in fewer than 1 of {told} cases"


def floor(weight: float) -> float:
    """A difference that matters in practice: more than one point and more than a tenth of the weight."""
    return max(0.01, 0.1 * weight)


def _together_off(verdicts: Sequence[Verdict]) -> bool:
    told = [(v.n, v.share, v.weight) for v in verdicts if v.share is not None and v.weight is not None]
    distance = sum(count * abs(share - weight) for count, share, weight in told)
    return distance > sum(count * floor(weight) for count, _, weight in told)


def _units(verdicts: Sequence[Verdict]) -> str:
    """What the sum of their n counts; a revision that split nothing counts calls."""
    return " and ".join(sorted({verdict.unit for verdict in verdicts}))
