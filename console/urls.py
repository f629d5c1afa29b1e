"""Every page's address. Each area lists its own; the region is the first part of the path."""

from __future__ import annotations

from django.urls import include, path

from console.pages import (
    access_keys,
    account,
    aliases,
    audit,
    changes,
    functions,
    home,
    inbox,
    inbox_preferences,
    invitations,
    people,
    protections,
    service_team,
    services,
    sessions,
    team_webhooks,
    teams,
    testruns,
    versions,
)

urlpatterns = [
    *account.urls,
    *audit.urls,
    *home.urls,
    *inbox.urls,
    *inbox_preferences.urls,
    *team_webhooks.urls,
    *sessions.urls,
    *access_keys.urls,
    *teams.urls,
    *protections.team_urls,
    *invitations.urls,
    *people.urls,
    path(
        "<str:region>/",
        include(
            [
                *services.urls,
                *service_team.urls,
                *functions.urls,
                *versions.urls,
                *aliases.urls,
                *changes.urls,
                *testruns.urls,
            ]
        ),
    ),
]

handler400 = "console.pages.errors.bad_request"
handler500 = "console.pages.errors.server_error"
