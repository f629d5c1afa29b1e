"""The blast radius of a draft: which of the recorded calls would go elsewhere."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from console.access import alias_for
from console.htmx import fragment
from console.pages.alias_preview import draft
from releases.core import replay_words
from releases.core.policies import Policy
from releases.models import Alias
from releases.queries import replay

BLAST = "console/aliases/_alias_blast.html"


@require_POST
def alias_blast(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    """What the panel, as it is filled in at the moment, would move. It changes nothing."""
    alias = alias_for(request, region, service, name)
    return fragment(request, BLAST, _blast(alias, draft(request, alias.service)))


def _blast(alias: Alias, policy: Policy | None) -> dict[str, Any]:
    """What the fragment shows; `policy` is None while the panel is not complete. Two queries."""
    found = replay.blast_radius(alias, policy) if policy else None
    return {
        "service": alias.service,
        "alias": alias,
        "blast": found,
        "blast_sentence": replay_words.sentence(found) if found else "",
        "is_unrecorded": found is not None and not found.calls,
    }


urls = [
    path("services/<str:service>/aliases/<str:name>/blast/", alias_blast, name="alias-blast"),
]
