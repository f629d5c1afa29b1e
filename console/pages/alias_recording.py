"""What an alias records of its calls: shown on its page, switched on and off on a page of its own."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods

from console.access import act_of, alias_for
from console.forms.recording import RecordingForm, initial
from console.htmx import fragment, go_to, is_htmx
from invocations.refusals import Refused
from releases.core import policies, recording
from releases.core.rights import Action
from releases.models import Alias
from releases.operations.recording import record_attributes
from releases.queries import aliases as query
from releases.queries import replay

SECTION = "console/aliases/_alias_recording.html"
FORM = "console/aliases/_alias_record_form.html"
PAGE = "console/aliases/alias_record.html"


@require_GET
def alias_recording(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    return fragment(request, SECTION, recording_of(alias_for(request, region, service, name)))


def recording_of(alias: Alias) -> dict[str, Any]:
    """What the section shows. Two queries."""
    count = replay.count(alias)
    return {
        "service": alias.service,
        "alias": alias,
        "recorded": [str(parameter) for parameter in recording.parse(alias.recorded)],
        "recorded_calls": count,
        "is_more": count == replay.NEWEST,
    }


@require_http_methods(["GET", "POST"])
def alias_record(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    alias = alias_for(request, region, service, name, Action.RELEASE)
    data = request.POST if request.method == "POST" else None
    form = RecordingForm(data, initial=initial(recording.parse(alias.recorded)))
    routed_by = policies.parse(query.current(alias).policy).parameters
    context = {
        "service": alias.service,
        "alias": alias,
        "form": form,
        "routed_by": [str(parameter) for parameter in routed_by],
        "most": recording.MAX_RECORDED,
        "longest": recording.MAX_VALUE,
    }
    if not form.is_bound:
        return render(request, PAGE, context)
    template = FORM if is_htmx(request) else PAGE
    if not form.is_valid():
        return fragment(request, template, context, status=422)
    try:
        record_attributes(act_of(request), alias, form.parameters)
    except Refused as refusal:
        return fragment(request, template, context | {"refusal": refusal}, status=409)
    told = ", ".join(map(str, form.parameters))
    messages.success(request, f"Recorded from now on: {told}." if told else "Nothing is recorded any more.")
    return go_to(request, reverse("alias", args=[region, service, name]))


_ALIAS = "services/<str:service>/aliases/<str:name>/"

urls = [
    path(_ALIAS + "recording/", alias_recording, name="alias-recording"),
    path(_ALIAS + "record/", alias_record, name="alias-record"),
]
