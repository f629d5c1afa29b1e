"""Logging in and out, the password, and the way home."""

from __future__ import annotations

from allauth.account import views as allauth
from django.contrib import messages
from django.contrib.auth import views as auth
from django.db import transaction
from django.forms import Form
from django.http import HttpResponse
from django.urls import path, reverse_lazy

from console.access import act_of, user_of
from console.forms.account import AgainForm, LogInForm, PasswordForm

log_in = allauth.LoginView.as_view(template_name="console/account/log_in.html", form_class=LogInForm)
log_out = auth.LogoutView.as_view()
reauthenticate = allauth.ReauthenticateView.as_view(
    template_name="console/account/reauthenticate.html", form_class=AgainForm
)


class PasswordChange(allauth.PasswordChangeView):
    """allauth's, with an audit entry. It ends the person's other sessions."""

    template_name = "console/account/password_change.html"
    form_class = PasswordForm
    success_url = reverse_lazy("sessions")

    def form_valid(self, form: Form) -> HttpResponse:
        with transaction.atomic():
            response = super().form_valid(form)
            person = user_of(self.request)
            act_of(self.request).record("account.password", on=None, path=person.username)
        messages.success(self.request, "The password was changed. All other sessions were ended.")
        return response

    def form_invalid(self, form: Form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


urls = [
    path("log-in/", log_in, name="log-in"),
    path("log-out/", log_out, name="log-out"),
    path("account/password/", PasswordChange.as_view(), name="password-change"),
    # The names by which allauth knows its own.
    path("log-in/", log_in, name="account_login"),
    path("log-out/", log_out, name="account_logout"),
    path("account/confirm/", reauthenticate, name="account_reauthenticate"),
]
