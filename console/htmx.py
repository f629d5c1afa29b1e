"""Answers that htmx and a browser without JavaScript both understand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django_htmx.http import HttpResponseClientRedirect


def is_htmx(request: HttpRequest) -> bool:
    return bool(getattr(request, "htmx", False))


def fragment(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    also: Iterable[str] = (),
    status: int = 200,
) -> HttpResponse:
    """One fragment, and after it those elsewhere on the page that changed with it, out of band.

    A template that can be swapped out of band writes `{% if oob %}hx-swap-oob="true"{% endif %}` on its root.
    """
    html = render_to_string(template, dict(context), request)
    rest = (render_to_string(name, {**context, "oob": True}, request) for name in also)
    return HttpResponse("".join((html, *rest)), status=status)


def go_to(request: HttpRequest, url: str) -> HttpResponse:
    """After a successful write: the page that shows it."""
    return HttpResponseClientRedirect(url) if is_htmx(request) else redirect(url)


def refused(request: HttpRequest, reason: str, *, status: int = 409, propose: str = "") -> HttpResponse:
    """The domain said no: 409 with the reason, as the fragment `_refused.html` or as a page around it.

    422 where what was sent with a button cannot be taken. `propose` is the address where the same can be
    proposed.
    """
    template = "console/_refused.html" if is_htmx(request) else "409.html"
    return fragment(request, template, {"reason": reason, "propose": propose}, status=status)
