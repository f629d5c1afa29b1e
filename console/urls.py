"""Every page's address. Each area lists its own; the region is the first part of the path."""

from __future__ import annotations

from django.urls import include, path

from console.pages import account, aliases, audit, functions, services, testruns, versions

urlpatterns = [
    *account.urls,
    *audit.urls,
    path(
        "<str:region>/",
        include([*services.urls, *functions.urls, *versions.urls, *aliases.urls, *testruns.urls]),
    ),
]

handler400 = "console.pages.errors.bad_request"
handler500 = "console.pages.errors.server_error"
