"""The blast radius of a draft: which of the recorded calls would go elsewhere."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_POST

from console.access import alias_for
from console.forms.aliases import PolicyForm
from console.htmx import fragment
from releases.core import replay_words
from releases.core.policies import Policy
from releases.models import Alias
from releases.queries import replay
from releases.queries import versions as version_query

BLAST = "console/aliases/_alias_blast.html"


@require_POST
def alias_blast(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    """What the panel, as it is filled in at the moment, would move. It changes nothing."""
    alias = alias_for(request, region, service, name)
    form = PolicyForm(request.POST, versions=version_query.versions(alias.service))
    form.is_valid()
    return fragment(request, BLAST, blast_of(alias, form.policy))


def blast_of(alias: Alias, draft: Policy | None) -> dict[str, Any]:
    """What the fragment shows; `draft` is None while the panel is not complete. Two queries."""
    found = replay.blast_radius(alias, draft) if draft else None
    return {
        "service": alias.service,
        "alias": alias,
        "blast": found,
        "blast_sentence": replay_words.sentence(found) if found else "",
        "blast_shown": True,
        "is_unrecorded": found is not None and not found.calls,
    }


urls = [
    path("services/<str:service>/aliases/<str:name>/blast/", alias_blast, name="alias-blast"),
]
