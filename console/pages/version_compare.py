"""Any two versions of a service side by side, LATEST among them: configuration, environment, code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET

from console import code_diff
from console.access import service_for
from console.code_diff import CodeDiff
from console.forms.versions import LATEST, CompareVersionsForm
from releases.core.fields import Field
from releases.core.names import parse_qualifier
from releases.core.version_diff import FunctionChange, State, compare
from releases.models import FunctionConfiguration, Service
from releases.queries import catalog, routing
from releases.queries import versions as query
from releases.queries.catalog import Shown
from releases.queries.snapshots import snapshot

Functions = Mapping[str, FunctionConfiguration]


@require_GET
def version_compare(request: HttpRequest, region: str, service: str) -> HttpResponse:
    found = service_for(request, region, service)
    numbers = query.numbers(found)
    asked = request.GET or ({"a": str(numbers[0]), "b": LATEST} if numbers else None)
    form = CompareVersionsForm(asked, numbers=numbers)
    context: dict[str, Any] = {"service": found, "form": form}
    sides = _sides(found, form) if form.is_valid() else []
    if sides:
        context |= _compared(found, sides, request.GET.get("function", ""))
    status = 422 if form.errors else 200
    return render(request, "console/versions/version_compare.html", context, status=status)


def _sides(service: Service, form: CompareVersionsForm) -> list[Shown]:
    """Both, or none, with the error at the field of what somebody has just deleted."""
    sides = {field: catalog.shown(service, parse_qualifier(form.cleaned_data[field])) for field in ("a", "b")}
    for field, side in sides.items():
        if side.missing:
            form.add_error(field, side.missing)
    return [] if form.errors else list(sides.values())


def _compared(service: Service, sides: list[Shown], wanted: str) -> dict[str, Any]:
    old, new = ({row.name: row for row in catalog.functions(service, side)} for side in sides)
    changes = compare(map(snapshot, old.values()), map(snapshot, new.values()))
    return {
        "sides": [_side(service, side) for side in sides],
        "descriptions": Field("Description", *(_description(service, side) for side in sides)),
        "changes": [_change(change, old, new) for change in changes if change.state is not State.SAME],
        "same": [change.name for change in changes if change.state is State.SAME],
    } | _code(changes, wanted, old, new)


def _side(service: Service, side: Shown) -> dict[str, Any]:
    version = side.version
    fingerprint = version.fingerprint if version else query.fingerprint(service, service.functions.all())
    return {"label": str(side.qualifier), "version": version, "fingerprint": fingerprint}


def _description(service: Service, side: Shown) -> str:
    return side.version.service_description if side.version else service.description


def _change(change: FunctionChange, old: Functions, new: Functions) -> dict[str, Any]:
    """With the packages of both sides; without values of the environment, which a page never gets."""
    packages = [side[change.name].code if change.name in side else None for side in (old, new)]
    return {"change": change, "packages": packages}


def _code(changes: list[FunctionChange], wanted: str, old: Functions, new: Functions) -> dict[str, Any]:
    """The code of one function, which the address names: two packages are opened, not all of them."""
    differing = [change.name for change in changes if change.code is not State.SAME]
    if wanted and wanted not in {change.name for change in changes}:
        raise Http404(f"There is no function '{wanted}' in either version.")
    name = wanted or next(iter(differing), "")
    if name not in differing:
        return {"code_of": name, "code": CodeDiff()}
    return {"code_of": name, "code": _packages(old.get(name), new.get(name))}


def _packages(old: FunctionConfiguration | None, new: FunctionConfiguration | None) -> CodeDiff:
    rows = [row for row in (old, new) if row is not None]
    if any(row.code.size > code_diff.MAX_PACKAGE for row in rows):
        return code_diff.TOO_LARGE
    before, after = (routing.code(row.code_id) if row else b"" for row in (old, new))
    return code_diff.compare(before, after)


urls = [path("services/<str:service>/versions/compare/", version_compare, name="version-compare")]
