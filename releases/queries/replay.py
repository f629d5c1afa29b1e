"""Recorded attributes read back: for replaying a draft, for the linter, for the alias page."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Final

from django.db.models import QuerySet

from invocations import queries as recorded
from releases.core import policies
from releases.core.lint import Seen
from releases.core.parameters import Parameter
from releases.core.policies import Policy
from releases.core.recording import parameter_of
from releases.core.replay import Call, Replay, replay
from releases.models import Alias, AliasRevision

from . import aliases

NEWEST: Final = 5_000
"""Recorded calls that are looked at."""
REVISIONS: Final = 100
"""Alias revisions, newest first, whose calls are looked at: they are kept for less than a day."""


def blast_radius(alias: Alias, draft: Policy) -> Replay:
    """What the draft would do to the newest recorded calls. Two queries."""
    now = policies.parse(aliases.current(alias).policy)
    return replay(calls(alias), now=now, draft=draft, salt=alias.salt)


def calls(alias: Alias) -> list[Call]:
    """The newest recorded calls, newest first."""
    rows = _revisions(alias).values_list("pk", "policy")
    known = {pk: policies.parse(document) for pk, document in rows}
    return [
        Call(str(row.pk), known[row.alias_revision], int(row.version), row.decision, row.labels)
        for row in recorded.labelled(known, limit=NEWEST)
        if row.version.isdigit()
    ]


def count(alias: Alias) -> int:
    """How many calls are recorded at the moment; NEWEST stands for that many or more."""
    return recorded.count_labelled(_revisions(alias).values_list("pk", flat=True), NEWEST)


def facts_seen(alias: Alias) -> Mapping[Parameter, Seen]:
    """What the newest recorded calls had of each recorded parameter. Two queries."""
    values: dict[str, Counter[str | None]] = defaultdict(Counter)
    revisions = _revisions(alias).values_list("pk", flat=True)
    for row in recorded.labelled(revisions, limit=NEWEST):
        for name, value in row.labels.items():
            values[name][value] += 1
    named = {parameter_of(name): seen for name, seen in values.items()}
    return {parameter: _seen(found) for parameter, found in named.items() if parameter is not None}


def _seen(values: Counter[str | None]) -> Seen:
    present = Counter({value: n for value, n in values.items() if value is not None})
    return Seen(
        calls=values.total(),
        present=present.total(),
        distinct=len(present),
        commonest=max(present.values(), default=0),
    )


def _revisions(alias: Alias) -> QuerySet[AliasRevision]:
    return aliases.revisions(alias)[:REVISIONS]
