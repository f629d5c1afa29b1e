"""What the pages of no particular service show to somebody of another team: nothing of this one."""

from __future__ import annotations

import re
from typing import Final

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.rights import Role
from releases.operations import catalog
from tests import make

from . import counted
from .conftest import logged_in
from .test_matrix import MATRIX

LISTS: Final = sorted(
    route for route, (get, _) in MATRIX.items() if get and "<" not in route.removeprefix("<str:region>")
)
EXAMPLES: Final = re.compile(r'placeholder="[^"]*"|Such as [^<]*')


@pytest.fixture
def stranger(db: None) -> Client:
    """May do everything, in a team of his own; meanwhile there is one of each thing in shop-team."""
    alias = make.protected_alias()
    make.change(alias)
    counted.invocation(1)
    counted.run(alias.service)
    dora = make.user("dora", *Role, of="payments")
    catalog.create_service(make.act(dora), region=make.REGION, name="ledger", team=make.team("payments"))
    return logged_in(dora)


def mentions(client: Client, address: str) -> list[str]:
    """Where the answer names the service of the other team, its team or its people."""
    response = client.get(address, follow=True)
    body = response.getvalue() if response.streaming else response.content
    text = EXAMPLES.sub("", body.decode())
    return re.findall(r".*\b(?:shop|checkout|alice)\b.*", text)


@pytest.mark.parametrize("route", LISTS)
def test_page__member_of_another_team__names_nothing_of_this_one(stranger: Client, route: str) -> None:
    assert mentions(stranger, "/" + route.replace("<str:region>", make.REGION)) == []


def test_testrun_form__service_of_another_team__gives_way_to_ones_own(stranger: Client) -> None:
    address = reverse("testrun-form", args=[make.REGION])
    form = stranger.post(address, {"service": "shop", "qualifier": "alias1"}).context["form"]
    assert [value for value, _ in form.fields["service"].choices] == ["ledger"]
    assert form["service"].value() == "ledger"
