"""What people do to a change request: each a POST that says which payload its page showed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path, reverse
from django.views.decorators.http import require_POST

from console.access import act_of, change_for, may, user_of
from console.forms.changes import CommentForm, ReasonForm, ScheduleForm, SeenForm, VerdictForm
from console.htmx import go_to, refused
from invocations.refusals import Refused
from releases.core.approvals import Verdict
from releases.core.rights import Action
from releases.models import ChangeRequest
from releases.operations import applying, break_glass
from releases.operations import changes as operation
from releases.operations.change_rows import must_have_seen

TOLD: Final = {
    Verdict.APPROVE.value: "You approved it.",
    Verdict.REQUEST_CHANGES.value: "You asked for changes.",
    Verdict.WITHDRAWN.value: "Your verdict is withdrawn.",
}


def _done(
    request: HttpRequest,
    change: ChangeRequest,
    form: forms.Form,
    do: Callable[..., object],
    *names: str,
    told: str,
) -> HttpResponse:
    """One operation with these fields of the form, and then the page that shows what became of it.

    `told` is formatted with what the form holds.
    """
    if not form.is_valid():
        errors = [str(error) for each in form.errors.values() for error in each]
        return refused(request, " ".join(errors), status=422)
    given = form.cleaned_data
    try:
        if "seen" in given:
            must_have_seen(change, given["seen"])
        do(act_of(request), change, **{name: given[name] for name in names})
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, told.format(**given))
    return go_to(request, reverse("change", args=[change.alias.service.region, change.pk]))


@require_POST
def change_submit(request: HttpRequest, region: str, number: int) -> HttpResponse:
    found = change_for(request, region, number, Action.RELEASE)
    form = SeenForm(request.POST)
    return _done(request, found, form, operation.submit, told="It waits for review now.")


@require_POST
def change_review(request: HttpRequest, region: str, number: int) -> HttpResponse:
    """A verdict, or taking one's own back; what a reviewer may not do the operation says."""
    found = change_for(request, region, number, Action.APPROVE)
    form = VerdictForm(request.POST)
    told = TOLD.get(request.POST.get("verdict", ""), "")
    return _done(request, found, form, operation.review, "verdict", "seen", "comment", told=told)


@require_POST
def change_reject(request: HttpRequest, region: str, number: int) -> HttpResponse:
    found = change_for(request, region, number, Action.APPROVE)
    form = ReasonForm(request.POST)
    return _done(request, found, form, operation.reject, "reason", told="You rejected it.")


@require_POST
def change_cancel(request: HttpRequest, region: str, number: int) -> HttpResponse:
    """By its author, or by an admin with a reason."""
    found = change_for(request, region, number)
    answer = may(request, Action.ADMINISTER, found.alias.service)
    if found.author_id != user_of(request).pk and not answer:
        raise PermissionDenied(answer.reason)
    form = ReasonForm(request.POST)
    return _done(request, found, form, operation.cancel, "reason", told="It is cancelled.")


@require_POST
def change_rebase(request: HttpRequest, region: str, number: int) -> HttpResponse:
    found = change_for(request, region, number, Action.RELEASE)
    told = "It is rebased: the same change, on top of what is in force now."
    return _done(request, found, SeenForm(request.POST), operation.rebase, "seen", told=told)


@require_POST
def change_schedule(request: HttpRequest, region: str, number: int) -> HttpResponse:
    found = change_for(request, region, number, Action.RELEASE)
    form = ScheduleForm(request.POST)
    told = "It will be applied at {when:%Y-%m-%d %H:%M %Z}."
    return _done(request, found, form, applying.schedule, "when", "seen", told=told)


@require_POST
def change_unschedule(request: HttpRequest, region: str, number: int) -> HttpResponse:
    found = change_for(request, region, number, Action.RELEASE)
    form = SeenForm(request.POST)
    return _done(request, found, form, applying.unschedule, told="It is off the schedule.")


@require_POST
def change_apply(request: HttpRequest, region: str, number: int) -> HttpResponse:
    found = change_for(request, region, number, Action.RELEASE)
    form = SeenForm(request.POST)
    return _done(request, found, form, applying.apply, "seen", told="It is applied.")


@require_POST
def change_ratify(request: HttpRequest, region: str, number: int) -> HttpResponse:
    found = change_for(request, region, number, Action.APPROVE)
    form = SeenForm(request.POST)
    return _done(request, found, form, break_glass.ratify, "seen", told="You ratified it.")


@require_POST
def change_comment(request: HttpRequest, region: str, number: int) -> HttpResponse:
    """Anybody who sees the request may say something."""
    found = change_for(request, region, number)
    form = CommentForm(request.POST)
    return _done(request, found, form, operation.comment, "text", told="Your comment stands below.")


_CHANGE = "changes/<int:number>/"

urls = [
    path(_CHANGE + "submit/", change_submit, name="change-submit"),
    path(_CHANGE + "review/", change_review, name="change-review"),
    path(_CHANGE + "reject/", change_reject, name="change-reject"),
    path(_CHANGE + "cancel/", change_cancel, name="change-cancel"),
    path(_CHANGE + "rebase/", change_rebase, name="change-rebase"),
    path(_CHANGE + "schedule/", change_schedule, name="change-schedule"),
    path(_CHANGE + "unschedule/", change_unschedule, name="change-unschedule"),
    path(_CHANGE + "apply/", change_apply, name="change-apply"),
    path(_CHANGE + "ratify/", change_ratify, name="change-ratify"),
    path(_CHANGE + "comment/", change_comment, name="change-comment"),
]
