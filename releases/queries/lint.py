"""What the linter may know of a service beside the policy."""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count, Q

from releases.core.lint import Facts, Seen
from releases.core.parameters import Parameter
from releases.core.policies import Policy
from releases.models import Service


def facts(service: Service, policy: Policy, *, seen: Mapping[Parameter, Seen] | None = None) -> Facts:
    """Facts about the versions that the policy names; `seen` is what recorded calls had. One query."""
    named = service.versions.filter(number__in=policy.versions, retired_at=None)
    http = Count("functions", filter=Q(functions__type="http"))
    rows = list(named.annotate(http=http).values_list("fingerprint", "http"))
    return Facts(
        has_http_functions=any(count for _, count in rows),
        identical_versions=len(rows) == 2 and rows[0][0] == rows[1][0],
        seen=seen or {},
    )
