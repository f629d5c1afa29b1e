"""The time machine of an alias: all revisions, what served when, and any two side by side."""

from __future__ import annotations

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from console.access import alias_for
from console.forms.history import CompareRevisionsForm, MomentForm
from console.pages.alias_page import per_minute
from releases.core import policy_diff
from releases.core.fields import Field
from releases.models import Alias
from releases.queries import aliases as query
from releases.queries import change_list, history
from releases.queries.history import Reign

PAGE_SIZE: Final = 20


@require_GET
def alias_history(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    found = alias_for(request, region, service, name)
    reigns, more = history.newest(found, before=_before(request), size=PAGE_SIZE)
    form = MomentForm(request.GET if "at" in request.GET else None)
    made = change_list.made(reign.state.revision.pk for reign in reigns)
    context = _frame(found) | {
        "rows": [_row(reign) | {"change": made.get(reign.state.revision.pk)} for reign in reigns],
        "next": reigns[-1].number if more else None,
        "paged": "before" in request.GET,
        "form": form,
        **_answer(found, form),
    }
    status = 422 if form.errors else 200
    return render(request, "console/aliases/alias_history.html", context, status=status)


def _before(request: HttpRequest) -> int | None:
    """The number from which the page goes back; none for the newest page."""
    text = request.GET.get("before")
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Http404(f"There is no revision '{text}' here.")
    return int(text)


def _answer(alias: Alias, form: MomentForm) -> dict[str, Any]:
    """What served at the moment that the form asks for."""
    if not form.is_bound or not form.is_valid():
        return {}
    moment = form.cleaned_data["at"]
    revision = history.at(alias, moment)
    (served,) = history.reigns(alias, [revision]) if revision else (None,)
    return {
        "asked": moment,
        "to_come": moment > timezone.now(),
        "served": _row(served) if served else None,
        "created_at": alias.created_at,
    }


@require_GET
def alias_compare(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    found = alias_for(request, region, service, name)
    form = CompareRevisionsForm(request.GET or _newest_two(found))
    chosen = _chosen(found, form) if form.is_valid() else []
    context = _frame(found) | {"form": form, "sides": [_row(reign) for reign in chosen]}
    if chosen:
        old, new = (reign.state for reign in chosen)
        fields = policy_diff.fields(old.policy, new.policy)
        words = Field("Description", old.revision.description, new.revision.description)
        context["fields"] = [*fields, words] if words.old or words.new else fields
        context["rules"] = policy_diff.rules(old.policy, new.policy)
    status = 422 if form.errors else 200
    return render(request, "console/aliases/alias_compare.html", context, status=status)


def _newest_two(alias: Alias) -> dict[str, int]:
    number = query.current(alias).number
    return {"a": max(1, number - 1), "b": number}


def _chosen(alias: Alias, form: CompareRevisionsForm) -> list[Reign]:
    """The two revisions, or none, with the error at the field that names what never was."""
    numbers = {field: form.cleaned_data[field] for field in ("a", "b")}
    found = history.numbered(alias, numbers.values())
    for field, number in numbers.items():
        if number not in found:
            form.add_error(field, f"{alias.name} has no revision {number}.")
    return [] if form.errors else [found[number] for number in numbers.values()]


def _frame(alias: Alias) -> dict[str, Any]:
    """What both pages need, also for their buttons."""
    return {
        "service": alias.service,
        "alias": alias,
        "state": query.state(alias),
        "per_minute": per_minute(alias, timezone.now()),
    }


def _row(reign: Reign) -> dict[str, Any]:
    """A revision in its time; `past` is what the button that restores it takes."""
    return {"reign": reign, "past": reign.state, "lasted": reign.lasted(timezone.now())}


_ALIAS = "services/<str:service>/aliases/<str:name>/"

urls = [
    path(_ALIAS + "history/", alias_history, name="alias-history"),
    path(_ALIAS + "compare/", alias_compare, name="alias-compare"),
]
