"""Every address of the console for every role: who gets in, who is told why not, for whom nothing is there.

An address that is not in the table fails the tests: whoever adds one says here who may use it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from releases.core.policies import Policy
from releases.core.rights import Role
from releases.models import User
from releases.operations import access_keys, invitations, people, teams, webhooks
from tests import make

from . import counted
from .answering import Gateway
from .conftest import browser, logged_in
from .moved import moved

ROLES: Final = tuple(role.value for role in Role)
EVERYBODY: Final = (*ROLES, "outsider", "administrator")
DONE: Final = {200, 204, 302, 409, 422}  # whatever the view itself made of an empty form


@dataclass(frozen=True)
class To:
    """Who may, and what the others get: 403 for those who see the thing, 404 for the outsider."""

    may: frozenset[str]
    outsider: int = 404

    def allows(self, name: str) -> bool:
        return name in self.may

    def refusal(self, name: str) -> int:
        return self.outsider if name == "outsider" else 403


def to(*names: str, outsider: int = 404) -> To:
    return To(frozenset(names), outsider)


SEE = to(*ROLES, "administrator")
EDIT = to("developer", "admin")
INVOKE = to("developer", "releaser", "admin")
RELEASE = to("releaser", "admin")
ADMINISTER = to("admin", "administrator")
# Of no service in particular: an outsider is told that no team lets him.
EDIT_ANY = to("developer", "admin", outsider=403)
INVOKE_ANY = to("developer", "releaser", "admin", outsider=403)
APPROVE = to("approver")
BREAK_GLASS = to("break-glass")
INSTALLATION = to("administrator", outsider=403)
ALL = to(*EVERYBODY)
NOBODY = to()  # somebody else's: it is not there, whoever asks

Row = tuple[To | None, To | None]  # by GET, by POST; None: not allowed with any role

_S = "<str:region>/services/<str:service>"
_F = f"{_S}/functions/<str:name>"
_V = f"{_S}/versions"
_A = f"{_S}/aliases/<str:name>"
_R = "<str:region>/test-runs"
_C = "<str:region>/changes"
_T = "teams/<int:team>"
_K = f"{_T}/programs/<int:account>/keys"

MATRIX: Final[dict[str, Row]] = {
    "": (ALL, None),
    "log-out/": (None, ALL),
    "account/password/": (ALL, ALL),
    "account/confirm/": (ALL, ALL),
    "account/sessions/": (ALL, None),
    "account/sessions/<int:number>/end/": (None, NOBODY),
    "account/sessions/end-others/": (None, ALL),
    "account/address/link/": (None, ALL),
    "account/address/<str:key>/": (NOBODY, NOBODY),
    "account/keys/": (ALL, None),
    "account/keys/new/": (None, ALL),
    "account/keys/<str:key>/revoke/": (None, NOBODY),
    f"{_K}/": (ADMINISTER, None),
    f"{_K}/new/": (None, ADMINISTER),
    f"{_K}/<str:key>/revoke/": (None, ADMINISTER),
    "teams/": (ALL, None),
    "teams/new/": (INSTALLATION, INSTALLATION),
    f"{_T}/": (SEE, None),
    f"{_T}/members/new/": (ADMINISTER, ADMINISTER),
    f"{_T}/members/<int:account>/": (ADMINISTER, ADMINISTER),
    f"{_T}/members/<int:account>/remove/": (None, ADMINISTER),
    f"{_T}/groups/new/": (ADMINISTER, ADMINISTER),
    f"{_T}/groups/<int:group>/": (ADMINISTER, ADMINISTER),
    f"{_T}/groups/<int:group>/delete/": (None, ADMINISTER),
    f"{_T}/programs/new/": (ADMINISTER, ADMINISTER),
    f"{_T}/invitations/new/": (ADMINISTER, ADMINISTER),
    f"{_T}/invitations/<int:number>/revoke/": (None, ADMINISTER),
    "invitations/<str:secret>/": (ALL, ALL),
    f"{_T}/protection/": (ADMINISTER, ADMINISTER),
    f"{_T}/protection/sentence/": (None, ADMINISTER),
    f"{_T}/webhooks/": (ADMINISTER, ADMINISTER),
    f"{_T}/webhooks/deliveries/": (ADMINISTER, None),
    f"{_T}/webhooks/<int:number>/test/": (None, ADMINISTER),
    f"{_T}/webhooks/<int:number>/remove/": (None, ADMINISTER),
    "audit/": (ALL, None),
    "audit/entries.csv": (ALL, None),
    "audit/entries.json": (ALL, None),
    "audit/chain/": (ALL, None),
    "audit/verify/": (None, INSTALLATION),
    "inbox/": (ALL, None),
    "inbox/bell/": (ALL, None),
    "inbox/read/": (None, ALL),
    "inbox/<int:number>/read/": (None, NOBODY),
    "inbox/preferences/": (ALL, ALL),
    "people/": (INSTALLATION, None),
    "people/<int:account>/deactivate/": (None, INSTALLATION),
    "people/<int:account>/reactivate/": (None, INSTALLATION),
    "<str:region>/": (ALL, ALL),
    "<str:region>/services/": (ALL, None),
    "<str:region>/service-list/": (ALL, None),
    "<str:region>/services/new/": (EDIT_ANY, EDIT_ANY),
    f"{_S}/edit/": (EDIT, EDIT),
    f"{_S}/team/": (ADMINISTER, ADMINISTER),
    f"{_S}/delete/": (None, EDIT),
    f"{_S}/functions/": (SEE, None),
    f"{_S}/function-list/": (SEE, None),
    f"{_S}/functions/new/": (EDIT, EDIT),
    f"{_F}/delete/": (None, EDIT),
    f"{_F}/code/": (SEE, None),
    f"{_F}/deploy/": (None, EDIT),
    f"{_F}/upload/": (None, EDIT),
    f"{_F}/package/": (SEE, None),
    f"{_F}/test/": (SEE, None),
    f"{_F}/invoke/": (None, INVOKE),
    f"{_F}/invocations/": (SEE, None),
    f"{_F}/invocations/<uuid:request_id>/": (SEE, None),
    f"{_F}/configuration/": (SEE, EDIT),
    f"{_F}/triggers/": (SEE, None),
    f"{_F}/triggers/new/": (EDIT, EDIT),
    f"{_F}/triggers/<str:trigger>/edit/": (EDIT, EDIT),
    f"{_F}/triggers/<str:trigger>/delete/": (None, EDIT),
    "<str:region>/versions/": (ALL, None),
    f"{_V}/": (SEE, None),
    f"{_V}/compare/": (SEE, None),
    f"{_V}/<int:number>/": (SEE, None),
    f"{_V}/publish/": (None, EDIT),
    f"{_V}/<int:number>/delete/": (None, EDIT),
    "<str:region>/aliases/": (ALL, None),
    f"{_S}/aliases/": (SEE, None),
    f"{_S}/alias-create/": (RELEASE, RELEASE),
    f"{_S}/alias-sentence/": (None, SEE),
    f"{_S}/alias-tester/": (None, SEE),
    f"{_A}/": (SEE, None),
    f"{_A}/edit/": (RELEASE, RELEASE),
    f"{_A}/split/": (SEE, None),
    f"{_A}/split.csv": (SEE, None),
    f"{_A}/traffic/": (SEE, None),
    f"{_A}/history/": (SEE, None),
    f"{_A}/compare/": (SEE, None),
    f"{_A}/switch/": (None, RELEASE),
    f"{_A}/rollback/": (None, RELEASE),
    f"{_A}/restore/<int:number>/": (None, RELEASE),
    f"{_A}/delete/": (None, RELEASE),
    f"{_A}/alias-sentence/": (None, SEE),
    f"{_A}/alias-tester/": (None, SEE),
    f"{_A}/recording/": (SEE, None),
    f"{_A}/record/": (RELEASE, RELEASE),
    f"{_A}/blast/": (None, SEE),
    f"{_A}/propose-delete/": (RELEASE, RELEASE),
    f"{_A}/protection/": (RELEASE, RELEASE),
    f"{_A}/protection/sentence/": (None, RELEASE),
    f"{_A}/break-glass/": (BREAK_GLASS, BREAK_GLASS),
    f"{_A}/break-glass/sentence/": (None, BREAK_GLASS),
    f"{_C}/": (ALL, None),
    f"{_C}/<int:number>/": (SEE, None),
    f"{_C}/<int:number>/state/": (SEE, None),
    f"{_C}/<int:number>/edit/": (RELEASE, RELEASE),
    f"{_C}/<int:number>/submit/": (None, RELEASE),
    f"{_C}/<int:number>/review/": (None, APPROVE),
    f"{_C}/<int:number>/reject/": (None, APPROVE),
    f"{_C}/<int:number>/cancel/": (None, ADMINISTER),
    f"{_C}/<int:number>/rebase/": (None, RELEASE),
    f"{_C}/<int:number>/schedule/": (None, RELEASE),
    f"{_C}/<int:number>/unschedule/": (None, RELEASE),
    f"{_C}/<int:number>/apply/": (None, RELEASE),
    f"{_C}/<int:number>/ratify/": (None, APPROVE),
    f"{_C}/<int:number>/comment/": (None, SEE),
    f"{_R}/": (ALL, None),
    f"{_R}/new/": (INVOKE_ANY, INVOKE_ANY),
    f"{_R}/form/": (None, INVOKE_ANY),
    f"{_R}/<int:number>/": (SEE, None),
    f"{_R}/<int:number>/progress/": (SEE, None),
    f"{_R}/<int:number>/split/": (SEE, None),
    f"{_R}/<int:number>/split.csv": (SEE, None),
    f"{_R}/<int:number>/cancel/": (None, INVOKE),
}
OPEN: Final = {"log-in/", "invitations/<str:secret>/"}  # to those who are not logged in

# Where the password is asked for again, by GET and POST alike.
GUARDED: Final = {
    "account/keys/new/",
    f"{_K}/new/",
    f"{_T}/members/new/",
    f"{_T}/members/<int:account>/",
    f"{_T}/groups/new/",
    f"{_T}/groups/<int:group>/",
    f"{_T}/programs/new/",
    f"{_T}/invitations/new/",
    "people/<int:account>/reactivate/",
    f"{_S}/team/",
}


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, before + str(pattern.pattern))
        else:
            yield before + str(pattern.pattern)


@dataclass(frozen=True)
class World:
    """One of each thing that an address can name, all in shop-team."""

    values: dict[str, str]

    def url(self, route: str) -> str:
        """The address of what there is. `number` means something else in each area."""
        values = self.values | {"number": self.values.get(f"number of {_area(route)}", "1")}
        if "/triggers" in route:
            values |= {"name": "storefront"}
        if "/aliases/" in route:
            values |= {"name": "alias1"}
        if route.startswith("people/"):
            values |= {"account": self.values["person"]}
        return "/" + re.sub(r"<\w+:(\w+)>", lambda found: values[found[1]], route)


def _area(route: str) -> str:
    return route.split("<int:number>", maxsplit=1)[0].strip("/").rpartition("/")[2]


@pytest.fixture
def world(db: None, gateway: Gateway) -> World:
    alias = make.alias(make.two_versions())
    moved(alias, Policy(2), after=timedelta(hours=1))
    make.trigger(make.http_function(alias.service), "http")
    counted.invocation(1)
    run = counted.run(alias.service)
    team, act = make.team(), make.act(at=timezone.now())
    program = people.create_program(act, team, name="ci", roles=[Role.DEVELOPER])
    group = teams.set_group(act, team, name="Security", members=[make.user()])
    secret = invitations.invite(act, team, roles=[Role.VIEWER], expires_at=act.at + timedelta(days=1))
    key = access_keys.create_access_key(act, program)
    return World(
        {
            "region": make.REGION,
            "service": "shop",
            "name": "checkout",
            "trigger": "http",
            "team": str(team.pk),
            "group": str(group.pk),
            "account": str(program.pk),
            "person": str(make.user("paul", Role.VIEWER).pk),
            "secret": secret,
            "key": key.key_id,
            "request_id": str(UUID(int=1)),
            "number of sessions": "0",
            "number of inbox": "0",
            "number of changes": str(make.change(make.loaded(alias), Policy(1)).pk),
            "number of webhooks": str(
                webhooks.add_webhook(act, team, url="https://93.184.215.14/").webhook.pk
            ),
            "number of test-runs": str(run.pk),
            "number of invitations": str(team.invitations.get().pk),
        }
    )


def somebody(name: str) -> User:
    if name == "outsider":
        return make.outsider("olga")
    if name == "administrator":
        return User.objects.create_superuser("root", password="root-Passw0rd")
    return make.user(f"a-{name}", Role(name))


class _Undo(Exception):
    """What one request did is taken back before the next."""


def answered(client: Client, method: str, url: str) -> HttpResponse:
    response: HttpResponse | None = None
    try:
        with transaction.atomic():
            response = client.post(url) if method == "POST" else client.get(url)
            raise _Undo
    except _Undo:
        pass
    assert response is not None
    return response


def expected(rule: To | None, name: str) -> set[int]:
    if rule is None:
        return {405}
    if rule is NOBODY:
        return {404}
    return DONE if rule.allows(name) else {rule.refusal(name)}


def test_matrix__every_address__is_in_it() -> None:
    found = set(addresses(get_resolver().url_patterns))
    assert found == {*MATRIX, *OPEN}


@pytest.mark.parametrize("name", EVERYBODY)
def test_matrix__each_address__answers_each_role_as_it_should(world: World, name: str) -> None:
    enter = partial(copy_of, logged_in(somebody(name)))
    wrong = [
        (method, route, response.status_code, wanted)
        for route, row in MATRIX.items()
        for method, rule in zip(("GET", "POST"), row, strict=True)
        for response in [answered(enter(), method, world.url(route))]
        for wanted in [expected(rule, name)]
        if response.status_code not in wanted or is_log_in(response)
    ]
    assert wrong == []


def test_matrix__anonymous__is_sent_to_log_in_from_everywhere(world: World) -> None:
    for route in MATRIX:
        for method in ("GET", "POST"):
            response = answered(browser(), method, world.url(route))
            if route in OPEN:
                assert response.status_code in {200, 422}
            elif route == "log-out/":
                assert response.status_code in {302, 405}
            else:
                assert response.status_code == 302, route
                assert is_log_in(response), route


@pytest.mark.parametrize("route", sorted(GUARDED))
def test_guarded_address__password_not_fresh__asks_for_it(world: World, route: str) -> None:
    client = browser()
    client.force_login(User.objects.create_superuser("root", password="root-Passw0rd"))
    for method, rule in zip(("GET", "POST"), MATRIX[route], strict=True):
        if rule is not None:
            response = answered(client, method, world.url(route))
            assert response["Location"].startswith(reverse("account_reauthenticate"))


def copy_of(client: Client) -> Client:
    """The same session in a browser of its own: what an answer does to its cookies is not kept."""
    other = browser()
    other.cookies.load({name: morsel.value for name, morsel in client.cookies.items()})
    return other


def is_log_in(response: HttpResponse) -> bool:
    return response.get("Location", "").startswith(f"{reverse('log-in')}?")
