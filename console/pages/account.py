"""Logging in and out, and the way home."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import views as auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.http import require_safe

from console.forms.account import LogInForm

log_in = auth.LoginView.as_view(
    template_name="console/account/log_in.html",
    authentication_form=LogInForm,
    redirect_authenticated_user=True,
)
log_out = auth.LogoutView.as_view()


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return redirect("services", region=settings.REGIONS[0])


urls = [
    path("", home, name="home"),
    path("log-in/", log_in, name="log-in"),
    path("log-out/", log_out, name="log-out"),
]
