"""Why recorded calls went where they went: rows joined with the alias revisions that routed them."""

from __future__ import annotations

from dataclasses import dataclass

from invocations import queries as recorded
from invocations.models import Invocation
from releases.core import recording
from releases.core.explain import Trace, explain

from . import aliases
from .aliases import AliasState


@dataclass(frozen=True, slots=True)
class Told:
    """The decision of one call, worked out again from the revision that is kept and the recorded reason.

    `state` is the alias as that revision had it, `version` the one that answered.
    """

    state: AliasState
    trace: Trace
    version: str
    has_values: bool

    @property
    def differs(self) -> bool:
        """Whether another version answered than the reason leads to."""
        return self.trace.version is not None and str(self.trace.version) != self.version


def tell(row: Invocation) -> Told | None:
    """None for a call that no alias routed. Three queries: the revision, live versions, and kept values."""
    revision, policy = aliases.policies_of([row.alias_revision]).get(row.alias_revision, (None, None))
    if revision is None or policy is None:
        return None
    (state,) = aliases.history(revision.alias, [revision])
    values = recording.kept(policy.parameters, recorded.labels_of(row))
    return Told(state, explain(policy, row.decision, values), row.version, bool(values))
