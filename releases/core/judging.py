"""Judging the traffic split of one alias revision, each kind of split by what it promises."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from releases.core import evenness, statistics, wording
from releases.core.measures import Measure, measure_of
from releases.core.policies import WHOLE_BP, Policy, format_percent
from releases.core.verdicts import CALLS, KEYS, Outcome, Verdict, alarms, floor, odds

ALWAYS_VALID_FACTOR: Final = 2
"""The needed n is that of one look, doubled for those who keep looking."""

_PRECISIONS_BP: Final = (100, 10, 1)  # 1, 0.1 and 0.01 points
_LISTED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """The distinct keys of an alias revision by version, those that met several versions apart.

    `is_cut` says that more came than are kept: these are the first.
    """

    by_version: Mapping[str, int]
    both: int = 0
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class _Split:
    """What is compared: `k` of `n` of `unit` went to version `canary`, whose share shall be `share_bp`."""

    n: int
    k: int
    canary: int
    share_bp: int
    unit: str = CALLS
    whole: str = ""
    """What the sentence calls all n; the mere number when empty."""

    @property
    def weight(self) -> float:
        return self.share_bp / WHOLE_BP

    @property
    def seen(self) -> str:
        """What was seen, for a sentence to go on."""
        whole = self.whole or wording.count(self.n)
        return (
            f"{wording.count(self.k)} of {whole} ({wording.share(self.k / self.n)}) "
            f"went to version {self.canary}; configured {format_percent(self.share_bp)}"
        )


def judge_split(*, counts_by_version: Mapping[str, int], policy: Policy, keys: Keys | None = None) -> Verdict:
    """Judge the tally of one alias revision: invocations by version id, as callers saw it in the header.

    `keys` are needed where keys are split; without them the verdict waits.
    """
    if any(count < 0 for count in counts_by_version.values()):
        raise ValueError("a tally cannot be negative")
    counts = {version: count for version, count in counts_by_version.items() if count}
    n = sum(counts.values())
    canary = policy.canary
    strays = sorted(set(counts) - {str(policy.primary), str(canary.version) if canary else None})
    measure = measure_of(policy)
    if canary is None or measure is None:
        return _judge_unsplit(counts, n, strays, policy)
    k = counts.get(str(canary.version), 0)
    split = _Split(n, k, canary.version, policy.share_bp or 0)
    if strays:
        sentence = f"{_strays(counts, n, strays)}, which this alias revision does not name."
        return _judge_stray(sentence, split, measure)
    if measure is Measure.RULES:
        return _judge_rules(split)
    if measure is Measure.KEYS:
        return _judge_keys(split, keys or Keys(by_version={}))
    return _judge_even(split) if measure is Measure.EVEN else _judge_draws(split)


def _judge_unsplit(counts: Mapping[str, int], n: int, strays: list[str], policy: Policy) -> Verdict:
    rule = f"not split: every call goes to version {policy.primary}"
    if strays:
        sentence = f"{_strays(counts, n, strays)}, but this alias revision is {rule}."
        return Verdict(Outcome.FAIL, sentence, n, k=0, log_e=math.inf)
    return Verdict(Outcome.NOT_APPLICABLE, f"{rule.capitalize()}.", n, k=0)


def _judge_stray(sentence: str, split: _Split, measure: Measure) -> Verdict:
    """Calls went astray, whatever was to be measured."""
    if measure is Measure.CALLS:
        return replace(_measured(Outcome.FAIL, sentence, split), log_e=math.inf)
    if measure is Measure.EVEN:
        return _evenly(Outcome.FAIL, sentence, split, log_e=math.inf)
    return Verdict(Outcome.FAIL, sentence, split.n, split.k, log_e=math.inf)


def _judge_rules(split: _Split) -> Verdict:
    n, k = split.n, split.k
    if n == 0:
        sentence = "No invocations yet; the rules decide, which is not a random split: nothing to test."
        return Verdict(Outcome.NOT_APPLICABLE, sentence, n, k)
    sentence = (
        f"{wording.count(k)} of {wording.count(n)} calls ({wording.share(k / n)}) met the rules and went to "
        f"version {split.canary}: not a random split, nothing to test."
    )
    return Verdict(Outcome.NOT_APPLICABLE, sentence, n, k, share=k / n)


def _judge_draws(split: _Split) -> Verdict:
    """Each of `n` was drawn by itself."""
    if split.n == 0:
        sentence = f"No invocations yet; configured {format_percent(split.share_bp)}."
        return _measured(Outcome.HOLD, sentence, split)
    outcome, finding = _find(split)
    need = "" if outcome is Outcome.FAIL else _need(split)
    return _measured(outcome, f"{split.seen}; {finding}.{need}", split)


def _judge_keys(calls: _Split, keys: Keys) -> Verdict:
    """Each distinct key was drawn once; how often it calls is its own business."""
    n = sum(keys.by_version.values()) + keys.both
    k = keys.by_version.get(str(calls.canary), 0) + keys.both
    noun = "key" if n == 1 else "keys"
    whole = f"the first {wording.count(n)} keys" if keys.is_cut else f"{wording.count(n)} {noun}"
    split = replace(calls, n=n, k=k, unit=KEYS, whole=whole)
    if keys.both:
        sentence = (
            f"{wording.count(keys.both)} of {whole} met more than one version under this alias revision: "
            "the split does not stay by key."
        )
        return replace(_measured(Outcome.FAIL, sentence, split), log_e=math.inf)
    if n == 0:
        sentence = f"No keys yet; configured {format_percent(calls.share_bp)} of keys."
        return _measured(Outcome.HOLD, sentence + _described(calls), split)
    verdict = _judge_draws(split)
    return replace(verdict, sentence=verdict.sentence + _described(calls))


def _described(calls: _Split) -> str:
    if calls.n == 0:
        return ""
    return (
        f" Of {wording.count(calls.n)} calls, {wording.share(calls.k / calls.n)} went to version "
        f"{calls.canary}: that describes how busy the keys are, and is not tested."
    )


def _judge_even(split: _Split) -> Verdict:
    """One sequence keeps within its bound; several, each within its own, go further but never like a die."""
    n, weight = split.n, split.weight
    if n == 0:
        sentence = f"No invocations yet; configured {format_percent(split.share_bp)}, evenly spread."
        return _evenly(Outcome.HOLD, sentence, split, log_e=0.0)
    off, bound = abs(split.k - n * weight), evenness.bound(n)
    log_e = statistics.log_e_value(split.k, n, weight) if off > bound else 0.0
    told = f"{split.seen}; off by {off:.1f} calls"
    beyond = f"{told}, beyond the {bound:.1f} of one sequence"
    if alarms(log_e) and (off > n * floor(weight) or split.k in (0, n)):
        return _evenly(Outcome.FAIL, f"{beyond}: {odds(log_e)}, even with a die.", split, log_e)
    # While even an arm without any call would be within the bound, nothing can look wrong.
    if n * min(weight, 1 - weight) <= bound:
        return _evenly(Outcome.HOLD, f"{told}; too few to judge.", split, log_e)
    if off <= bound:
        return _evenly(Outcome.PASS, f"{told}; even spread keeps within {bound:.1f}.", split, log_e)
    count = evenness.sequences(n, off)
    reason = f"{count} or more sequences (gateways, restarts, other traffic through the alias) explain it"
    return _evenly(Outcome.PASS, f"{beyond}: {reason}.", split, log_e)


def _evenly(outcome: Outcome, sentence: str, split: _Split, log_e: float) -> Verdict:
    n, k, weight = split.n, split.k, split.weight
    lo, hi = evenness.band(n, weight) if n else (0.0, 1.0)
    share = k / n if n else None
    return Verdict(outcome, sentence, n, k, weight=weight, share=share, band_lo=lo, band_hi=hi, log_e=log_e)


def _find(split: _Split) -> tuple[Outcome, str]:
    """The outcome of n > 0 draws, and the clause that says it."""
    n, k, weight = split.n, split.k, split.weight
    if weight in (0.0, 1.0):
        exact = k == n * weight
        return (
            (Outcome.PASS, "exact") if exact else (Outcome.FAIL, "a weight of 0% or 100% allows no exception")
        )
    log_e = statistics.log_e_value(k, n, weight)
    off = abs(k / n - weight)
    if alarms(log_e):
        # An arm without any call is never fine, however small its weight.
        if off > floor(weight) or k in (0, n):
            return Outcome.FAIL, f"off by {wording.points(off)}: {odds(log_e)}"
        return Outcome.PASS, f"statistically off, practically fine (by {wording.points(off)})"
    telling = statistics.smallest_telling_n(weight)
    if n < telling:
        return Outcome.HOLD, f"too few to judge, at least {wording.count(telling)} are needed"
    return Outcome.PASS, "consistent"


def _measured(outcome: Outcome, sentence: str, split: _Split) -> Verdict:
    n, k, weight = split.n, split.k, split.weight
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
        needed_n=ALWAYS_VALID_FACTOR * statistics.needed_n(weight, _precision_bp(split) / WHOLE_BP),
        unit=split.unit,
    )


def _precision_bp(split: _Split) -> int:
    """The finest statement worth making: one point, or less where a point would swallow the smaller arm."""
    smaller = min(split.share_bp, WHOLE_BP - split.share_bp)
    return next((step for step in _PRECISIONS_BP if smaller >= 5 * step), _PRECISIONS_BP[-1])


def _need(split: _Split) -> str:
    precision = _precision_bp(split) / WHOLE_BP
    needed = ALWAYS_VALID_FACTOR * statistics.needed_n(split.weight, precision)
    if split.n >= needed:
        return ""
    what = "keys" if split.unit == KEYS else "invocations"
    return f" ±{wording.points(precision)} needs about {wording.about(needed)} {what}."


def _strays(counts: Mapping[str, int], n: int, strays: list[str]) -> str:
    listed = ", ".join(strays[:_LISTED])
    more = f" and {len(strays) - _LISTED} more" if len(strays) > _LISTED else ""
    found = sum(counts[version] for version in strays)
    noun = "version" if len(strays) == 1 else "versions"
    return f"{wording.count(found)} of {wording.count(n)} went to {noun} {listed}{more}"
