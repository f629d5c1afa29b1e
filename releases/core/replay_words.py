"""A replay in sentences."""

from __future__ import annotations

from collections.abc import Iterable

from . import wording
from .parameters import Parameter, Source
from .replay import Replay


def sentence(found: Replay) -> str:
    """ "7.2% (6.5-8.0%) of 5,000 recorded calls, 61 keys, would move: 360 to version 2." """
    if found.calls == 0:
        return f"This cannot be replayed: {_wanting(found.missing)}" if found.left_out else NOTHING
    lo, hi = found.interval
    n = f"{wording.count(found.calls)} recorded call{'' if found.calls == 1 else 's'}"
    if found.moved == 0:
        told = f"None of {n} would move (at most {wording.share(hi)})."
    else:
        share = f"{wording.share(found.share)} ({wording.share(lo).rstrip('%')}-{wording.share(hi)})"
        told = f"{share} of {n}{_keys(found.keys)} would move: {_where(found)}."
    return f"{told} {_left_out(found)}".rstrip()


NOTHING = "No recorded calls yet."


def _keys(keys: int | None) -> str:
    return "" if keys is None else f", {wording.count(keys)} key{'' if keys == 1 else 's'},"


def _where(found: Replay) -> str:
    return ", ".join(f"{wording.count(n)} to version {version}" for version, n in sorted(found.to.items()))


def _left_out(found: Replay) -> str:
    if not found.left_out:
        return ""
    return f"{wording.count(found.left_out)} more could not be replayed: {_wanting(found.missing)}"


def _wanting(missing: Iterable[Parameter]) -> str:
    """What must be recorded first, or never is."""
    wanted = list(missing)
    never = [str(parameter) for parameter in wanted if parameter.source is Source.COOKIE]
    told = []
    if len(never) < len(wanted):
        told.append(f"{_listed(str(p) for p in wanted if p.source is not Source.COOKIE)} not recorded.")
    if never:
        told.append(f"{_listed(never)} not recorded, for values of cookies never are.")
    return " ".join(told) or "too little was recorded of them."


def _listed(names: Iterable[str]) -> str:
    several = list(names)
    return f"{' and '.join(several)} {'is' if len(several) == 1 else 'are'}"
