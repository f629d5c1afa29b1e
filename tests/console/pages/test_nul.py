"""A NUL in an address is an address that leads nowhere, on every page alike."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import make

from .conftest import browser


@pytest.mark.parametrize(
    "address",
    [
        "/a%00b/services/",
        "/cn-hangzhou/services/a%00b/aliases/",
        "/cn-hangzhou/services/shop/aliases/a%00b/",
        "/cn-hangzhou/services/shop/functions/a%00b/code/",
    ],
)
def test_address__with_a_nul__is_not_there(alice: Client, address: str) -> None:
    make.two_versions()
    assert alice.get(address).status_code == 404


def test_query__with_a_nul__does_no_harm(alice: Client) -> None:
    make.two_versions()
    assert alice.get("/cn-hangzhou/services/shop/aliases/?page=%00").status_code == 200
    assert alice.get("/cn-hangzhou/services/?q=%00").status_code == 200


def test_address__with_a_nul__anonymous__is_not_there(db: None) -> None:
    assert browser().get("/cn-hangzhou/services/a%00b/").status_code == 404
