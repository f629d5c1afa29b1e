"""The matrix of addresses and roles, held to the console.

An address that is not in it fails the tests: whoever adds one says there who may use it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from releases.core.rights import Role
from releases.models import User
from tests import make

from .answering import Gateway
from .conftest import browser, logged_in
from .matrix import EVERYBODY, GUARDED, MATRIX, NOBODY, OPEN, To
from .world import World, whole_world

DONE: Final = {200, 204, 302, 409, 422}  # whatever the view itself made of an empty form


@pytest.fixture
def world(db: None, gateway: Gateway) -> World:
    return whole_world()


def addresses(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, before + str(pattern.pattern))
        else:
            yield before + str(pattern.pattern)


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
