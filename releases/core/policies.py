"""Routing policies: how an alias splits its calls between two versions.

The document that travels on the wire is also the one that is stored, and `parse` is the only reader:

    {"versionId": "1", "additionalVersionWeight": {"2": 0.3}, "resolvePolicy": "Random", "routePolicy": null}

`parse` is as lenient as Function Compute (API 2016-08-15): a canary equal to the primary is legal there.
`check_strict` says what the console's panel refuses beyond that. Weights are kept in basis points
(1/100 of a percent, 0 to 10000), so that what is written is exactly what is compared and shown.
"""

from __future__ import annotations

import math
import re
import reprlib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from releases.core.names import BadName, parse_version

WHOLE_BP: Final = 10_000
RANDOM: Final = "Random"

_PERCENT = re.compile(r"(-?[0-9]{1,9}(?:\.[0-9]{1,9})?) ?%?")


class BadPolicy(ValueError):
    """A policy that cannot be taken.

    `field` is the member of the document, or for the panel "canary" or "weight"; `text` is a sentence.
    """

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
        self.text = text


@dataclass(frozen=True, slots=True)
class Canary:
    """The second version and its share of the calls, in basis points (0 to 10000)."""

    version: int
    weight_bp: int

    @property
    def weight(self) -> float:
        return self.weight_bp / WHOLE_BP


@dataclass(frozen=True, slots=True)
class Policy:
    """The version that serves an alias and, while a release is under way, the canary beside it."""

    primary: int
    canary: Canary | None = None


def parse(document: Mapping[str, Any]) -> Policy:
    """Read a document; a missing member, null and the empty value mean the same.

    Raises `BadPolicy`. Unknown members are ignored, and so is `routePolicy`: it is read with rules only.
    """
    _check_kind(document.get("resolvePolicy"))
    primary = _version("versionId", document.get("versionId"))
    weights = document.get("additionalVersionWeight") or {}
    if not isinstance(weights, Mapping):
        raise BadPolicy("additionalVersionWeight", "additionalVersionWeight must map a version to its weight")
    if len(weights) > 1:
        sentence = f"additionalVersionWeight names {len(weights)} versions (allowed: at most 1)"
        raise BadPolicy("additionalVersionWeight", sentence)
    for version, weight in weights.items():
        return Policy(primary, Canary(_version("additionalVersionWeight", version), _basis_points(weight)))
    return Policy(primary)


def document(policy: Policy) -> dict[str, Any]:
    """Print `policy` as the document that `parse` reads back to an equal policy."""
    canary = policy.canary
    return {
        "versionId": str(policy.primary),
        "additionalVersionWeight": {str(canary.version): canary.weight} if canary else {},
        "resolvePolicy": RANDOM,
        "routePolicy": None,
    }


def check_strict(policy: Policy) -> list[BadPolicy]:
    """Everything that the panel refuses in `policy`; empty when all is well."""
    canary = policy.canary
    if canary is None:
        return []
    refusals = []
    if canary.version == policy.primary:
        refusals.append(BadPolicy("canary", f"Version {canary.version} is already the primary version."))
    if not 0 <= canary.weight_bp <= WHOLE_BP:
        refusals.append(BadPolicy("weight", "The weight must be from 0% to 100%."))
    return refusals


def parse_percent(text: str) -> int:
    """Basis points of a weight as people type it: "30", "0.01" or "12.5 %". Raises `BadPolicy`."""
    match = _PERCENT.fullmatch(text.strip())
    if match is None:
        raise BadPolicy("weight", "The weight must be a plain number such as 30 or 0.5.")
    basis_points = Decimal(match[1]) * 100
    if not 0 <= basis_points <= WHOLE_BP:
        raise BadPolicy("weight", "The weight must be from 0% to 100%.")
    if basis_points % 1:
        raise BadPolicy(
            "weight", "The weight can have at most two decimal places (0.01% is the finest step)."
        )
    return int(basis_points)


def format_percent(basis_points: int) -> str:
    """ "30%", "30.5%", "0.01%": exact, without needless zeros."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + "%"


def sentence(policy: Policy) -> str:
    """The policy in words: "70% of calls go to version 1, 30% to version 2." """
    canary = policy.canary
    if canary is None or canary.version == policy.primary:
        return f"All calls go to version {policy.primary}."
    rest = format_percent(WHOLE_BP - canary.weight_bp)
    share = format_percent(canary.weight_bp)
    return f"{rest} of calls go to version {policy.primary}, {share} to version {canary.version}."


def changes(old: Policy, new: Policy) -> list[str]:
    """What became of `old`, told to somebody who was editing it; empty when nothing changed."""
    told = []
    if new.primary != old.primary:
        told.append(f"The primary version is now {new.primary} (was {old.primary}).")
    if old.canary is None and new.canary is not None:
        told.append(f"There is now a canary: {_named(new.canary)}.")
    if old.canary is not None and new.canary is None:
        told.append(f"The canary is gone (was {_named(old.canary)}).")
    if old.canary is not None and new.canary is not None:
        told += _canary_changes(old.canary, new.canary)
    return told


def _canary_changes(old: Canary, new: Canary) -> list[str]:
    told = []
    if new.version != old.version:
        told.append(f"The canary version is now {new.version} (was {old.version}).")
    if new.weight_bp != old.weight_bp:
        now, before = format_percent(new.weight_bp), format_percent(old.weight_bp)
        told.append(f"The canary weight is now {now} (was {before}).")
    return told


def _named(canary: Canary) -> str:
    return f"version {canary.version} at {format_percent(canary.weight_bp)}"


def _check_kind(kind: object) -> None:
    if kind not in (None, "", RANDOM):
        sentence = (
            f"resolvePolicy is set to an invalid value (allowed: {RANDOM}, actual: {reprlib.repr(kind)})"
        )
        raise BadPolicy("resolvePolicy", sentence)


def _version(field: str, value: object) -> int:
    if value is None or value == "":
        raise BadPolicy(field, f"{field} is required")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise BadPolicy(field, f"{field} must name a version (actual: {reprlib.repr(value)})")
    try:
        return parse_version(str(value))
    except BadName as refusal:
        raise BadPolicy(field, f"{field} must name a version: {refusal}") from refusal


def _basis_points(weight: object) -> int:
    """A fraction of one. Finer steps than a basis point are refused, for they could not be given back."""
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight <= 1:
        shown = reprlib.repr(weight)
        sentence = f"the weight of the additional version is invalid (allowed: 0 to 1, actual: {shown})"
        raise BadPolicy("additionalVersionWeight", sentence)
    basis_points = round(weight * WHOLE_BP)
    if not math.isclose(basis_points, weight * WHOLE_BP, rel_tol=1e-9, abs_tol=1e-9):
        sentence = (
            f"the weight of the additional version is too fine (allowed: steps of 0.0001, actual: {weight})"
        )
        raise BadPolicy("additionalVersionWeight", sentence)
    return basis_points
