"""The tab Configuration of a function."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_http_methods

from console.access import act_of, function_for
from console.forms.functions import ConfigurationForm, EditConfigurationForm, format_environment
from console.htmx import go_to, refused
from console.pages.function_page import OpenFunction, frame, open_function
from invocations.engine.packages import BadPackage
from invocations.refusals import Refused
from releases.core.rights import Action
from releases.models import FunctionConfiguration
from releases.operations import catalog
from releases.operations.catalog import Configuration, ConfigurationChangedMeanwhile


@require_http_methods(["GET", "POST"])
def function_configuration(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    action = Action.VIEW if request.method == "GET" else Action.EDIT
    opened = open_function(request, region, service, name, action)
    if request.method == "GET":
        form = EditConfigurationForm(initial=_initial(opened.function))
        return _shown(request, opened, form, status=200)
    if not opened.at.is_latest:
        return refused(request, "a version cannot change; configure LATEST and publish it")
    form = EditConfigurationForm(request.POST)
    if not form.is_valid():
        return _shown(request, opened, form, status=422)
    function = function_for(request, region, service, name, Action.EDIT)
    base = form.cleaned_data["base_digest"]
    configuration = replace(form.configuration(), type=function.type)
    try:
        catalog.configure_function(act_of(request), function, configuration=configuration, base_digest=base)
    except (BadPackage, ConfigurationChangedMeanwhile) as error:
        return _shown(request, opened, form, status=_told(form, error))
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, "The configuration of LATEST was saved.")
    return go_to(request, opened.url("function-configuration"))


def _told(form: ConfigurationForm, error: BadPackage | ConfigurationChangedMeanwhile) -> int:
    """Put into the form why nothing was saved. The HTTP status."""
    if isinstance(error, BadPackage):
        reasons = ["The code cannot be built for this runtime and handler.", *error.sentences]
        form.add_error("handler", reasons)
        return 422
    form.add_error(None, f"{str(error)[:1].upper()}{str(error)[1:]}.")
    return 409


def _shown(
    request: HttpRequest, opened: OpenFunction, form: ConfigurationForm, *, status: int
) -> HttpResponse:
    context = frame(opened, "configuration") | {"form": form}
    return render(request, "console/functions/function_configuration.html", context, status=status)


def _initial(function: FunctionConfiguration) -> dict[str, Any]:
    configuration = Configuration.of(function)
    return asdict(configuration) | {
        "environment": format_environment(function.environment),
        "base_digest": configuration.digest,
    }


urls = [
    path(
        "services/<str:service>/functions/<str:name>/configuration/",
        function_configuration,
        name="function-configuration",
    ),
]
