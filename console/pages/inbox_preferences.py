"""How a person wants to be told: his address, and which kinds go there."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from console.access import act_of, user_of
from console.forms.inbox import PreferencesForm, initial
from releases.carriers import mail
from releases.operations.inbox import BadAddress, prefer
from releases.queries import notices as query


@require_http_methods(["GET", "POST"])
def inbox_preferences(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    opened = initial(user.email, query.mailed(user))
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=opened)
    if form.is_valid():
        try:
            prefer(act_of(request), email=form.cleaned_data["email"], mailed=form.mailed())
        except BadAddress as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, "How you are told was saved.")
            return redirect("inbox-preferences")
    context = {"form": form, "has_mail": mail.is_configured()}
    status = 422 if form.is_bound else 200
    return render(request, "console/inbox/inbox_preferences.html", context, status=status)


urls = [path("inbox/preferences/", inbox_preferences, name="inbox-preferences")]
