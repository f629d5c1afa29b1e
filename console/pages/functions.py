"""The functions of a service, at LATEST or as a version has them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import replace_url

from console.access import act_of, function_for, service_for, shown_for
from console.forms.functions import FunctionForm
from console.htmx import fragment, go_to, refused
from console.pages import (
    function_code,
    function_configuration,
    function_invocations,
    function_test,
    function_triggers,
)
from console.pages.services import PAGE_SIZE, searched
from console.uploads import LimitedUpload
from invocations.engine.packages import BadPackage
from invocations.refusals import Refused
from releases.core.rights import Action
from releases.models import Service
from releases.operations import catalog, triggers
from releases.operations.audit import Act
from releases.queries import catalog as query
from releases.queries import versions as version_query


@require_GET
def functions(request: HttpRequest, region: str, service: str) -> HttpResponse:
    return render(request, "console/functions/functions.html", _listed(request, region, service))


@require_GET
def function_list(request: HttpRequest, region: str, service: str) -> HttpResponse:
    response = fragment(request, "console/functions/_function_list.html", _listed(request, region, service))
    url = reverse("functions", args=[region, service])
    return replace_url(response, f"{url}?{request.GET.urlencode()}")


def _listed(request: HttpRequest, region: str, service: str) -> dict[str, Any]:
    found = service_for(request, region, service)
    at = shown_for(found, request.GET.get("version", ""))
    search = searched(request)
    rows = query.functions(found, at, search=search)
    return {
        "service": found,
        "at": at,
        "search": search,
        "page": Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page")),
        "versions": version_query.versions(found),
    }


@csrf_exempt  # only until the upload's limit stands; _function_create is protected
@require_http_methods(["GET", "POST"])
def function_create(request: HttpRequest, region: str, service: str) -> HttpResponse:
    request.upload_handlers.insert(0, LimitedUpload(settings.CODE_LIMIT))
    return _function_create(request, region, service)


@csrf_protect
def _function_create(request: HttpRequest, region: str, service: str) -> HttpResponse:
    found = service_for(request, region, service, Action.EDIT)
    bound = request.method == "POST"
    form = FunctionForm(request.POST, request.FILES) if bound else FunctionForm()
    status = 422 if bound else 200
    if form.is_valid():
        try:
            _create(act_of(request), found, form)
        except BadPackage as error:
            form.add_error("package", list(error.sentences))
        except catalog.NameTaken as refusal:
            form.add_error("name", str(refusal))
            status = 409
        except Refused as refusal:
            form.add_error(None, str(refusal))
            status = 409
        else:
            name = form.cleaned_data["name"]
            messages.success(request, f"Function {name} was created.")
            return go_to(request, reverse("function-code", args=[region, service, name]))
    context = {"form": form, "service": found}
    return render(request, "console/functions/function_create.html", context, status=status)


def _create(act: Act, service: Service, form: FunctionForm) -> None:
    new = {
        "name": form.cleaned_data["name"],
        "configuration": form.configuration(),
        "package": form.cleaned_data["package"],
    }
    if form.wants_trigger:
        triggers.create_reachable_function(act, service, **new, config=form.config())
    else:
        catalog.create_function(act, service, **new)


@require_POST
def function_delete(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    function = function_for(request, region, service, name, Action.EDIT)
    try:
        catalog.delete_function(act_of(request), function)
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, f"Function {name} was deleted from LATEST. Published versions keep it.")
    return go_to(request, reverse("functions", args=[region, service]))


urls = [
    path("services/<str:service>/functions/", functions, name="functions"),
    path("services/<str:service>/function-list/", function_list, name="function-list"),
    path("services/<str:service>/functions/new/", function_create, name="function-create"),
    path("services/<str:service>/functions/<str:name>/delete/", function_delete, name="function-delete"),
    *function_code.urls,
    *function_test.urls,
    *function_invocations.urls,
    *function_configuration.urls,
    *function_triggers.urls,
]
