"""Routing policies: how an alias splits its calls between two versions.

The document that travels on the wire is also the one that is stored, and `parse` is the only reader:

    {"versionId": "1", "additionalVersionWeight": {"2": 0.3}, "resolvePolicy": "Random", "routePolicy": null}

With `resolvePolicy` "Content", `routePolicy` holds rules (`releases.core.rules`), and the weight is the
canary's share of provisioned instances. Our extensions stand in a member that the original passes over:

    "spread": {"kind": "Even"}        "spread": {"kind": "Sticky", "type": "Header", "key": "x-uid"}

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
from typing import Any, Final, TypeAlias

from releases.core.names import BadName, parse_version
from releases.core.parameters import BadParameter, Parameter, parse_parameter
from releases.core.rules import BadRule, Operator, Rules, parse_rules, print_rules

WHOLE_BP: Final = 10_000
RANDOM: Final = "Random"
CONTENT: Final = "Content"
EVEN: Final = "Even"
STICKY: Final = "Sticky"
PROVISIONED_BP: Final = 100
"""The canary's share of provisioned instances under rules when none is given (Function Compute's 1%)."""

_PERCENT = re.compile(r"(-?[0-9]{1,9}(?:\.[0-9]{1,9})?) ?%?")


class BadPolicy(ValueError):
    """A policy that cannot be taken.

    `field` is the member of the document, or for the panel "canary" or "weight"; `text` is a sentence.
    Where a rule is at fault, `rule` is its place, from 0, and `part` what of it.
    """

    def __init__(self, field: str, text: str, *, rule: int | None = None, part: str = "") -> None:
        super().__init__(text)
        self.field = field
        self.text = text
        self.rule = rule
        self.part = part


@dataclass(frozen=True, slots=True)
class Canary:
    """The second version and its weight in basis points (0 to 10000).

    The weight is the share of the calls, or under rules that of provisioned instances.
    """

    version: int
    weight_bp: int

    @property
    def weight(self) -> float:
        return self.weight_bp / WHOLE_BP


@dataclass(frozen=True, slots=True)
class Die:
    """Each call draws its version by itself."""


@dataclass(frozen=True, slots=True)
class Even:
    """Calls go to the canary at even distances (`releases.core.evenness`)."""


@dataclass(frozen=True, slots=True)
class Sticky:
    """Calls with the same value of `parameter` go to the same version; calls without one draw."""

    parameter: Parameter


Split: TypeAlias = Die | Even | Sticky | Rules


@dataclass(frozen=True, slots=True)
class Policy:
    """The version that serves an alias and, while a release is under way, the canary beside it."""

    primary: int
    canary: Canary | None = None
    split: Split = Die()

    @property
    def share_bp(self) -> int | None:
        """The share of calls, or of keys, that the canary shall get; None where rules alone decide."""
        if self.canary is None or self.canary.version == self.primary:
            return None
        if isinstance(self.split, Rules):
            rule = self.split.by_key
            return rule.percent * 100 if rule else None
        return self.canary.weight_bp

    @property
    def key(self) -> Parameter | None:
        """The parameter whose values are split instead of the calls, if it is one alone."""
        if isinstance(self.split, Sticky):
            return self.split.parameter
        rule = self.split.by_key if isinstance(self.split, Rules) else None
        return rule.parameter if rule else None

    @property
    def hashes(self) -> bool:
        """Whether the alias's salt has a say in where calls go."""
        if isinstance(self.split, Rules):
            return any(rule.operator is Operator.PERCENT for rule in self.split.items)
        return isinstance(self.split, Sticky)

    @property
    def versions(self) -> frozenset[int]:
        """The versions that it names."""
        return frozenset({self.primary} | ({self.canary.version} if self.canary else set()))

    @property
    def receiving(self) -> frozenset[int]:
        """The versions that calls can lead to: a weight of 0% or 100% leaves one of the two without any."""
        canary = self.canary
        if canary is None or isinstance(self.split, Rules) or 0 < canary.weight_bp < WHOLE_BP:
            return self.versions
        return frozenset({canary.version if canary.weight_bp else self.primary})

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What of a call it looks at, each once."""
        if isinstance(self.split, Rules):
            return tuple(dict.fromkeys(rule.parameter for rule in self.split.items))
        return (self.split.parameter,) if isinstance(self.split, Sticky) else ()


def parse(document: Mapping[str, Any]) -> Policy:
    """Read a document; a missing member, null and the empty value mean the same.

    Raises `BadPolicy`. Unknown members are ignored, and so is `routePolicy` unless the policy is by rule.
    """
    kind = _kind(document.get("resolvePolicy"))
    primary = _version("versionId", document.get("versionId"))
    canary = _canary(document.get("additionalVersionWeight") or {})
    split = _rules(document.get("routePolicy")) if kind == CONTENT else _spread(document.get("spread"))
    return Policy(primary, canary, split)


def document(policy: Policy) -> dict[str, Any]:
    """Print `policy` as the document that `parse` reads back to an equal policy."""
    canary, split = policy.canary, policy.split
    by_rule = isinstance(split, Rules)
    printed = {
        "versionId": str(policy.primary),
        "additionalVersionWeight": {str(canary.version): canary.weight} if canary else {},
        "resolvePolicy": CONTENT if by_rule else RANDOM,
        "routePolicy": print_rules(split) if isinstance(split, Rules) else None,
    }
    if isinstance(split, Even):
        printed["spread"] = {"kind": EVEN}
    if isinstance(split, Sticky):
        parameter = split.parameter
        printed["spread"] = {"kind": STICKY, "type": parameter.source.value, "key": parameter.key}
    return printed


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


def parse_percent(text: str, *, noun: str = "weight") -> int:
    """Basis points of a share as people type it: "30", "0.01" or "12.5 %". Raises `BadPolicy`.

    `noun` is what the page calls it.
    """
    match = _PERCENT.fullmatch(text.strip())
    if match is None:
        raise BadPolicy("weight", f"The {noun} must be a plain number such as 30 or 0.5.")
    basis_points = Decimal(match[1]) * 100
    if not 0 <= basis_points <= WHOLE_BP:
        raise BadPolicy("weight", f"The {noun} must be from 0% to 100%.")
    if basis_points % 1:
        raise BadPolicy(
            "weight", f"The {noun} can have at most two decimal places (0.01% is the finest step)."
        )
    return int(basis_points)


def format_percent(basis_points: int) -> str:
    """ "30%", "30.5%", "0.01%": exact, without needless zeros."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + "%"


def _kind(kind: object) -> str:
    if kind in (None, "", RANDOM):
        return RANDOM
    if kind == CONTENT:
        return CONTENT
    allowed, shown = f"{RANDOM}, {CONTENT}", reprlib.repr(kind)
    sentence = f"resolvePolicy is set to an invalid value (allowed: {allowed}, actual: {shown})"
    raise BadPolicy("resolvePolicy", sentence)


def _canary(weights: object) -> Canary | None:
    if not isinstance(weights, Mapping):
        raise BadPolicy("additionalVersionWeight", "additionalVersionWeight must map a version to its weight")
    if len(weights) > 1:
        sentence = f"additionalVersionWeight names {len(weights)} versions (allowed: at most 1)"
        raise BadPolicy("additionalVersionWeight", sentence)
    for version, weight in weights.items():
        return Canary(_version("additionalVersionWeight", version), _basis_points(weight))
    return None


def _rules(document: object) -> Rules:
    try:
        return parse_rules(document)
    except BadRule as bad:
        raise BadPolicy("routePolicy", bad.text, rule=bad.place, part=bad.part) from bad


def _spread(spread: object) -> Die | Even | Sticky:
    if spread in (None, {}, ""):
        return Die()
    kind = spread.get("kind") if isinstance(spread, Mapping) else None
    if kind == EVEN:
        return Even()
    if kind != STICKY or not isinstance(spread, Mapping):
        raise BadPolicy("spread", f"spread is set to an invalid value (allowed kinds: {EVEN}, {STICKY})")
    try:
        return Sticky(parse_parameter(spread.get("type"), spread.get("key")))
    except BadParameter as bad:
        raise BadPolicy("spread", str(bad)) from bad


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
