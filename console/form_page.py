"""A page with one form, whose operation either happens or says why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from console.htmx import go_to
from invocations.refusals import Refused


def posted(request: HttpRequest) -> Any:
    """What a form is bound to: nothing while it is only opened."""
    return request.POST if request.method == "POST" else None


def form_page(
    request: HttpRequest,
    template: str,
    form: forms.Form,
    do: Callable[[], tuple[str, str]],
    *,
    refused_at: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The form as it opens, or with its errors (422). When it is valid, `do` gives what to tell and the
    address to go on to; what it refuses stands at the field `refused_at`, or above the form (409).
    """
    status = 422 if form.is_bound else 200
    if form.is_valid():
        try:
            told, address = do()
        except Refused as refusal:
            form.add_error(refused_at, str(refusal))
            status = 409
        else:
            messages.success(request, told)
            return go_to(request, address)
    return render(request, template, {**(context or {}), "form": form}, status=status)
