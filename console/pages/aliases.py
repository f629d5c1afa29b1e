"""Alias management: which version an alias serves, and what callers really got."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_GET


@require_GET
def aliases_home(request: HttpRequest, region: str) -> HttpResponse:
    return HttpResponse()


@require_GET
def aliases(request: HttpRequest, region: str, service: str) -> HttpResponse:
    return HttpResponse()


@require_GET
def alias(request: HttpRequest, region: str, service: str, name: str) -> HttpResponse:
    return HttpResponse()


urls = [
    path("aliases/", aliases_home, name="aliases-home"),
    path("services/<str:service>/aliases/", aliases, name="aliases"),
    path("services/<str:service>/aliases/new/", alias, {"name": ""}, name="alias-create"),
    path("services/<str:service>/aliases/<str:name>/", alias, name="alias"),
]
