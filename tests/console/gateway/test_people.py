"""Keys that end, and rights that are taken away, as callers notice it: at once, by notice."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta
from email.utils import formatdate

import pytest

from console.fc.signature import sign
from releases.core.rights import Role
from releases.models import AccessKey, User
from releases.operations import people, teams
from releases.operations.access_keys import KeyPair, create_access_key, revoke_access_key
from tests import make

from .process import GatewayProcess, Reply, path_of, until

pytestmark = pytest.mark.usefixtures("database")

AT_ONCE_S = 3  # the comparison that finds a lost notice comes every 15 s


@pytest.fixture
def caller(gateway: GatewayProcess, name: str) -> User:
    """A developer of a team of their own, which owns the service."""
    team = make.team(f"t-{uuid.uuid4()}")
    make.function(make.service(name, owner=team.name))
    return make.user(f"u-{uuid.uuid4().hex}", Role.DEVELOPER, of=team.name)


def call(gateway: GatewayProcess, name: str, pair: KeyPair) -> Reply:
    path = path_of(f"{name}/checkout")
    date = formatdate(time.time(), usegmt=True)
    signature = sign(pair.secret.encode(), b"POST", path.encode(), {b"date": date.encode()})
    headers = {"Date": date, "Authorization": f"FC {pair.key_id}:{signature.decode()}"}
    return gateway.request("POST", path, headers)


def test_key__until_its_end__signs_and_not_after(gateway: GatewayProcess, name: str, caller: User) -> None:
    ends = datetime.now(UTC) + timedelta(seconds=3)
    pair = create_access_key(make.act(), caller, expires_at=ends)
    assert call(gateway, name, pair).status == 200
    until(lambda: call(gateway, name, pair).status == 403, within_s=6)
    reply = call(gateway, name, pair)
    assert (reply.code, b"expired" in reply.body) == ("AccessDenied", True)
    assert datetime.now(UTC) >= ends


def test_roles__taken_away__are_gone_at_once(gateway: GatewayProcess, name: str, caller: User) -> None:
    pair = create_access_key(make.act(), caller)
    team = caller.memberships.get().team
    assert call(gateway, name, pair).status == 200
    teams.set_roles(make.act(), team, caller, [Role.VIEWER])
    until(lambda: call(gateway, name, pair).status == 403, within_s=AT_ONCE_S)
    assert b"may not invoke" in call(gateway, name, pair).body
    teams.set_roles(make.act(), team, caller, ())
    until(lambda: call(gateway, name, pair).status == 404, within_s=AT_ONCE_S)
    teams.set_roles(make.act(), team, caller, [Role.DEVELOPER])
    until(lambda: call(gateway, name, pair).status == 200, within_s=AT_ONCE_S)


def test_account__closed__calls_no_more(gateway: GatewayProcess, name: str, caller: User) -> None:
    pair = create_access_key(make.act(), caller)
    assert call(gateway, name, pair).status == 200
    people.deactivate(make.act(), caller)
    until(lambda: call(gateway, name, pair).status == 403, within_s=AT_ONCE_S)
    people.reactivate(make.act(), caller)
    until(lambda: call(gateway, name, pair).status == 200, within_s=AT_ONCE_S)


def test_program__retired__calls_no_more(gateway: GatewayProcess, name: str, caller: User) -> None:
    team = caller.memberships.get().team
    program = people.create_program(make.act(), team, name=f"p-{uuid.uuid4().hex}", roles=[Role.RELEASER])
    pair, other = (create_access_key(make.act(), program) for _ in range(2))
    assert call(gateway, name, pair).status == 200
    revoke_access_key(make.act(), AccessKey.objects.get(pk=other.key_id))
    until(lambda: call(gateway, name, other).status != 200, within_s=AT_ONCE_S)
    assert call(gateway, name, other).code == "InvalidAccessKeyID"
    assert call(gateway, name, pair).status == 200
    people.retire_program(make.act(), team, program)
    until(lambda: call(gateway, name, pair).status != 200, within_s=AT_ONCE_S)
    assert call(gateway, name, pair).code == "InvalidAccessKeyID"
