"""Policies, rules and calls for property tests."""

from __future__ import annotations

from urllib.parse import quote_plus

from hypothesis import strategies as st

from releases.core.orders import Order, sort_key
from releases.core.parameters import Attributes, Parameter, Source
from releases.core.policies import Canary, Die, Even, Policy, Sticky
from releases.core.rules import Combiner, Operator, Rule, Rules

VERSIONS = st.integers(1, 10**18 - 1)
CANARIES = st.builds(Canary, VERSIONS, st.integers(0, 10_000))
TOKENS = st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,3}", fullmatch=True)
PRINTABLE = st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=6)
# Few names and values, so that rules and calls meet.
PARAMETERS = st.builds(Parameter, st.sampled_from(Source), st.sampled_from(["a", "B"]) | TOKENS)
VALUES = st.sampled_from(["1", "9", "10", "1.10", "v2", "a", "b", "a,b", "ü"]) | PRINTABLE


def _readable(rule: Rule) -> bool:
    if rule.operator is Operator.IN:
        return bool(rule.members)
    return sort_key(rule.order)(rule.value) is not None


PERCENT_RULES = st.builds(
    Rule, PARAMETERS, st.just(Operator.PERCENT), st.integers(1, 100).map(str), st.just(Order.TEXT)
)
IN_RULES = st.builds(Rule, PARAMETERS, st.just(Operator.IN), VALUES, st.just(Order.TEXT)).filter(_readable)
COMPARISONS = st.builds(
    Rule, PARAMETERS, st.sampled_from([o for o in Operator if o.compares]), VALUES, st.sampled_from(Order)
).filter(_readable)
RULE = PERCENT_RULES | IN_RULES | COMPARISONS
RULES = st.builds(Rules, st.sampled_from(Combiner), st.lists(RULE, min_size=1, max_size=4).map(tuple))
SPLITS = st.just(Die()) | st.just(Even()) | st.builds(Sticky, PARAMETERS) | RULES
POLICIES = st.builds(Policy, VERSIONS, st.none() | CANARIES, SPLITS)
BYTES = st.binary(max_size=12)


def call(
    *, headers: dict[str, str] | None = None, cookies: dict[str, str] | None = None, query: str = ""
) -> Attributes:
    """An HTTP call as a client would send it."""
    sent = {name.lower().encode(): value.encode() for name, value in (headers or {}).items()}
    if cookies:
        sent[b"cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items()).encode()
    return Attributes(sent, query.encode())


def _call(values: dict[Parameter, str]) -> Attributes:
    headers: dict[bytes, bytes] = {}
    cookies, query = [], []
    for parameter, value in values.items():
        if parameter.source is Source.HEADER:
            headers[parameter.key.lower().encode()] = value.encode()
        elif parameter.source is Source.COOKIE:
            cookies.append(f"{parameter.key}={value}")
        else:
            query.append(f"{quote_plus(parameter.key)}={quote_plus(value)}")
    if cookies:
        headers[b"cookie"] = "; ".join(cookies).encode()
    return Attributes(headers, "&".join(query).encode())


CALLS = st.dictionaries(PARAMETERS, VALUES, max_size=4).map(_call)
# What anybody may send: bytes that are no text, broken escapes, headers without a value.
WILD_CALLS = st.builds(
    Attributes,
    st.dictionaries(st.sampled_from([b"a", b"b", b"cookie"]), BYTES, max_size=3),
    BYTES | st.sampled_from([b"a=%", b"a=%zz&=&&b", b"a=%ff&a=1", b"&" * 40]),
)
