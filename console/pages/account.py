"""Logging in and out."""

from __future__ import annotations

from django.contrib.auth import views as auth
from django.urls import path

from console.forms.account import LogInForm

log_in = auth.LoginView.as_view(
    template_name="console/account/log_in.html",
    authentication_form=LogInForm,
    redirect_authenticated_user=True,
)
log_out = auth.LogoutView.as_view()


urls = [
    path("log-in/", log_in, name="log-in"),
    path("log-out/", log_out, name="log-out"),
]
