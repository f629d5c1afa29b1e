"""Services: the namespaces that functions, versions and aliases live in."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.generic import RedirectView
from django_htmx.http import replace_url

from console.access import act_of, region_for, require_team, seen_teams, service_for
from console.form_page import form_page, posted
from console.forms.services import DescriptionForm, ServiceForm
from console.htmx import fragment, go_to, refused
from invocations.refusals import Refused
from releases.core.rights import Action
from releases.operations import catalog
from releases.queries import catalog as query
from releases.queries import teams as team_query

PAGE_SIZE = 20
MAX_SEARCH = 128


@require_GET
def services(request: HttpRequest, region: str) -> HttpResponse:
    return render(request, "console/services/services.html", _listed(request, region))


@require_GET
def service_list(request: HttpRequest, region: str) -> HttpResponse:
    response = fragment(request, "console/services/_service_list.html", _listed(request, region))
    return replace_url(response, f"{reverse('services', args=[region])}?{request.GET.urlencode()}")


def _listed(request: HttpRequest, region: str) -> dict[str, Any]:
    search = searched(request)
    found = query.services(region_for(region), teams=seen_teams(request), search=search)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return {"page": page, "search": search}


def searched(request: HttpRequest) -> str:
    """What the search field says; PostgreSQL knows no NUL."""
    return request.GET.get("q", "").replace("\0", "").strip()[:MAX_SEARCH]


@require_http_methods(["GET", "POST"])
def service_create(request: HttpRequest, region: str) -> HttpResponse:
    region_for(region)
    own = team_query.named(require_team(request, Action.EDIT))
    form = ServiceForm(posted(request), teams=own)

    def do() -> tuple[str, str]:
        made = catalog.create_service(act_of(request), region=region, **form.cleaned_data)
        told = f"Service {made.name} was created. Next, give it a function."
        return told, reverse("functions", args=[region, made.name])

    return form_page(request, "console/services/service_create.html", form, do, refused_at="name")


@require_http_methods(["GET", "POST"])
def service_edit(request: HttpRequest, region: str, service: str) -> HttpResponse:
    found = service_for(request, region, service, Action.EDIT)
    form = DescriptionForm(request.POST if request.method == "POST" else None, initial=vars(found))
    if form.is_valid():
        try:
            catalog.describe_service(act_of(request), found, **form.cleaned_data)
        except Refused as refusal:
            return refused(request, str(refusal))
        messages.success(request, f"The description of {service} was saved.")
        return go_to(request, reverse("services", args=[region]))
    context = {"form": form, "service": found}
    status = 422 if form.is_bound else 200
    return render(request, "console/services/service_edit.html", context, status=status)


@require_POST
def service_delete(request: HttpRequest, region: str, service: str) -> HttpResponse:
    found = service_for(request, region, service, Action.EDIT)
    try:
        catalog.delete_service(act_of(request), found)
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, f"Service {service} was deleted.")
    return go_to(request, reverse("services", args=[region]))


urls = [
    path("", RedirectView.as_view(pattern_name="services")),
    path("services/", services, name="services"),
    path("service-list/", service_list, name="service-list"),
    path("services/new/", service_create, name="service-create"),
    path("services/<str:service>/edit/", service_edit, name="service-edit"),
    path("services/<str:service>/delete/", service_delete, name="service-delete"),
]
