"""Test runs: N invocations through one qualifier, and how they were split."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.http import require_GET


@require_GET
def testruns(request: HttpRequest, region: str) -> HttpResponse:
    return HttpResponse()


@require_GET
def testrun(request: HttpRequest, region: str, number: int = 0) -> HttpResponse:
    return HttpResponse()


urls = [
    path("test-runs/", testruns, name="testruns"),
    path("test-runs/new/", testrun, name="testrun-create"),
    path("test-runs/<int:number>/", testrun, name="testrun"),
]
