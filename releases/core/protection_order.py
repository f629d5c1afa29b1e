"""Which of two protections demands more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from .protections import Protection, When, stricter


def covers(one: Protection, other: Protection, *, at: datetime) -> bool:
    """Whether `one` demands all that `other` does, from now on: putting it in its place loosens nothing."""
    return not other.when or _plain(stricter(other, one), at) == _plain(one, at)


def _plain(protection: Protection, at: datetime) -> object:
    """The protection without what makes no difference: order, bounds of no use, freezes that are over."""
    when = protection.when | {When.DELETE} if protection.when else protection.when
    plain = replace(
        protection,
        when=frozenset({When.ANY}) if When.ANY in when else when,
        weight_above_bp=_bound(protection, When.WEIGHT_ABOVE),
        weight_rises_bp=_bound(protection, When.WEIGHT_RISES),
        groups=tuple(sorted(set(protection.groups))),
        windows=(),
        freezes=(),
    )
    windows = frozenset(frozenset(windows) for windows in protection.windows)
    return plain, windows, frozenset(freeze for freeze in protection.freezes if freeze.end > at)


def _bound(protection: Protection, when: When) -> int:
    if When.ANY in protection.when or when not in protection.when:
        return 0
    return protection.weight_above_bp if when is When.WEIGHT_ABOVE else protection.weight_rises_bp
