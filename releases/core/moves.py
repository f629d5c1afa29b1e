"""The two moves that end a release, as policies: everything to the canary, or everything back."""

from __future__ import annotations

from collections.abc import Iterable

from .policies import Policy


def switch_all(policy: Policy) -> Policy | None:
    """The canary becomes the primary and takes every call; None when there is no canary."""
    if policy.canary is None:
        return None
    return Policy(primary=policy.canary.version, canary=None)


def roll_back(current: Policy, earlier: Iterable[Policy]) -> Policy | None:
    """Every call back to the version that served before.

    While a canary runs, that is the primary. Otherwise it is the primary of the newest earlier policy
    (`earlier` is newest first) whose primary was another: alone, because the split that came between
    would send calls to the version that is being left. None when no other version ever served.
    """
    if current.canary is not None:
        return Policy(primary=current.primary, canary=None)
    return next(
        (Policy(primary=p.primary, canary=None) for p in earlier if p.primary != current.primary), None
    )
