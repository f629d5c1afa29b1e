"""What stands between the server and the views. Order is settings.MIDDLEWARE's."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import connection
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    JsonResponse,
)
from django.shortcuts import redirect
from django.template.loader import render_to_string

from console import origin
from console.gateway.request_ids import uuid7

View = Callable[[HttpRequest], HttpResponseBase]

CONSOLE_HOST = urlsplit(settings.CONSOLE_URL).netloc


def request_id(get_response: View) -> View:
    """Each request has an id, by which the audit log and the answer (X-Request-Id) name it.

    Only a trusted proxy may bring one along; what anybody else sends is not looked at.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        number = origin.id_given(request) or uuid7()
        request.request_id = number  # type: ignore[attr-defined]  # a request takes what is kept with it
        response = get_response(request)
        response["X-Request-Id"] = number
        return response

    return middleware


def healthz(get_response: View) -> View:
    """GET /healthz answers under any host name, before sessions and log-in; 503 without the database."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path != "/healthz":
            return get_response(request)
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseFault:
            return JsonResponse({"status": "degraded", "database": "away"}, status=503)
        return JsonResponse({"status": "ok", "database": "ok"})

    return middleware


def one_host(get_response: View) -> View:
    """Pages live under the console's own host name only.

    Cookies ignore ports: under a name that also serves functions, a function could read or replace the
    session cookie (docs/security.md).
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.get_host() == CONSOLE_HOST:
            return get_response(request)
        if request.method in {"GET", "HEAD"}:
            return redirect(settings.CONSOLE_URL + request.get_full_path())
        return HttpResponse(
            f"The console is at {settings.CONSOLE_URL}\n", status=421, content_type="text/plain"
        )

    return middleware


def methods(get_response: View) -> View:
    """HEAD is GET without the body, which the server leaves out (RFC 9110, 9.3.2). And whoever comes by GET
    to where a button sends its form, as after logging in anew, gets a page that says so, not a blank one.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.method == "HEAD":
            request.method = "GET"
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and request.method == "GET":
            response.content = render_to_string("405.html")
            # CommonMiddleware, further in, has counted the empty answer already.
            response["Content-Length"] = str(len(response.content))
        return response

    return middleware


def no_nul(get_response: View) -> View:
    """No name holds a NUL, and PostgreSQL refuses to be asked for one: such an address leads nowhere."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if "\0" in request.path:
            raise Http404("No name holds a NUL.")
        return get_response(request)

    return middleware


def content_security_policy(get_response: View) -> View:
    """No inline script or style runs; the nonce is for the style sheet that CodeMirror makes."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        nonce = secrets.token_urlsafe(16)
        request.csp_nonce = nonce  # type: ignore[attr-defined]  # a request takes what is kept with it
        response = get_response(request)
        response["Content-Security-Policy"] = (
            "default-src 'self'; script-src 'self'; "
            f"style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
            "object-src 'none'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'"
        )
        return response

    return middleware
