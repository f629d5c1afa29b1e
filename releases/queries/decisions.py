"""Why recorded calls went where they went: rows joined with the alias revisions that routed them."""

from __future__ import annotations

from dataclasses import dataclass

from invocations import queries as recorded
from invocations.models import Invocation
from releases.core import kept_values, policy_words
from releases.core.explain import Trace, explain
from releases.core.policies import Policy
from releases.models import AliasRevision

from . import aliases


@dataclass(frozen=True, slots=True)
class Told:
    """The decision of one call, worked out again from the revision that is kept and the recorded reason."""

    revision: AliasRevision
    policy: Policy
    trace: Trace
    version: str
    has_values: bool

    @property
    def sentence(self) -> str:
        return policy_words.sentence(self.policy)

    @property
    def differs(self) -> bool:
        """Whether another version answered than the reason leads to."""
        return self.trace.version is not None and str(self.trace.version) != self.version


def tell(row: Invocation) -> Told | None:
    """None for a call that no alias routed. Two queries: the revision, and what was kept of the call."""
    found = aliases.policies_of([row.alias_revision]).get(row.alias_revision)
    if found is None:
        return None
    revision, policy = found
    values = kept_values.values(policy, recorded.labels_of(row))
    trace = explain(policy, row.decision, values)
    return Told(revision, policy, trace, row.version, bool(values))
