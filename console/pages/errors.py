"""Answers in place of a page: to what nobody can read, and for when nobody can answer.

Django's own stands in the way: to protect a page without a form, its 400 reads the form again, and fails.
"""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

RETRY_AFTER_S = 5


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return HttpResponse(render_to_string("400.html"), status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 when the database is away, which is no fault of the console; 500 otherwise.

    Django calls this while it handles the exception, and does not hand it over.
    """
    if isinstance(sys.exception(), (OperationalError, InterfaceError)):
        return HttpResponse(
            render_to_string("503.html"), status=503, headers={"Retry-After": str(RETRY_AFTER_S)}
        )
    return HttpResponse(render_to_string("500.html"), status=500)
