"""How a person wants to be told: his address, and which kinds go there."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from console.access import act_of, user_of
from console.forms.inbox import PreferencesForm, initial
from console.htmx import refused
from invocations.refusals import Refused
from releases.carriers import mail
from releases.operations import addresses
from releases.operations.addresses import BadAddress
from releases.operations.inbox import prefer
from releases.queries import notices as query


@require_http_methods(["GET", "POST"])
def inbox_preferences(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    opened = initial(user.email, query.mailed(user))
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=opened)
    if form.is_valid():
        try:
            is_asked = prefer(act_of(request), email=form.cleaned_data["email"], mailed=form.mailed())
        except BadAddress as refusal:
            form.add_error("email", str(refusal))
        else:
            link = " A link that confirms the address is on its way to it." if is_asked else ""
            messages.success(request, f"How you are told was saved.{link}")
            return redirect("inbox-preferences")
    context = {
        "form": form,
        "has_mail": mail.is_configured(),
        "address": user.email,
        "is_confirmed": user.pk in query.confirmed([user.pk]),
    }
    status = 422 if form.is_bound else 200
    return render(request, "console/inbox/inbox_preferences.html", context, status=status)


@require_POST
def address_link(request: HttpRequest) -> HttpResponse:
    """Send the link again."""
    try:
        email = addresses.send_link(act_of(request))
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, f"A link was sent to {email}.")
    return redirect("inbox-preferences")


@require_http_methods(["GET", "POST"])
def address_confirm(request: HttpRequest, key: str) -> HttpResponse:
    """What the link in the e-mail leads to: it asks, and acts by POST alone."""
    address = addresses.linked(user_of(request), key)
    if address is None:
        raise Http404("This link is over.")
    if request.method == "GET":
        return render(request, "console/inbox/address_confirm.html", {"address": address.email, "key": key})
    try:
        email = addresses.confirm(act_of(request), key=key)
    except Refused as refusal:
        return refused(request, str(refusal))
    messages.success(request, f"{email} is confirmed: that is where you are told from now on.")
    return redirect("inbox-preferences")


urls = [
    path("inbox/preferences/", inbox_preferences, name="inbox-preferences"),
    path("account/address/link/", address_link, name="address-link"),
    path("account/address/<str:key>/", address_confirm, name="address-confirm"),
]
