from __future__ import annotations

import json
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from releases.models import AccessKey, AuditEntry
from releases.operations.access_keys import create_access_key, revoke_access_key
from releases.queries import access_keys
from tests import make

pytestmark = pytest.mark.django_db


def printed_by(*arguments: str) -> dict[str, str]:
    out = StringIO()
    call_command("createaccesskey", *arguments, stdout=out, skip_checks=True)
    return dict(json.loads(out.getvalue()))


def test_createaccesskey__known_user__prints_a_pair_that_signs() -> None:
    make.user()
    key = printed_by("alice")
    assert set(key) == {"accessKeyId", "accessKeySecret", "accountId"}
    assert key["accountId"] == settings.ACCOUNT_ID
    [signer] = access_keys.load()
    assert (signer.key_id, signer.secret.decode()) == (key["accessKeyId"], key["accessKeySecret"])
    assert signer.person.name == "alice"
    assert AuditEntry.objects.get().action == "access_key.create"


def test_createaccesskey__run_twice__makes_two_pairs() -> None:
    make.user()
    assert printed_by("alice")["accessKeyId"] != printed_by("alice")["accessKeyId"]
    assert len(access_keys.load()) == 2


@pytest.mark.parametrize("active", [None, False])
def test_createaccesskey__no_such_active_user__is_one_line(active: bool | None) -> None:
    if active is not None:
        user = make.user("dave")
        user.is_active = active
        user.save()
    with pytest.raises(CommandError, match=r"^there is no active user 'dave'$"):
        printed_by("dave")
    assert not AccessKey.objects.exists()


def test_revokeaccesskey__key_in_force__signs_no_more_and_repeating_is_harmless() -> None:
    pair = create_access_key(make.act(), make.user())
    for _ in range(2):
        call_command("revokeaccesskey", pair.key_id, stdout=StringIO(), skip_checks=True)
    assert access_keys.load() == []
    assert AuditEntry.objects.filter(action="access_key.revoke").count() == 1


def test_revokeaccesskey__no_such_key__is_one_line() -> None:
    with pytest.raises(CommandError, match=r"^there is no access key 'SERINx'$"):
        call_command("revokeaccesskey", "SERINx", skip_checks=True)


def test_secret__at_rest__is_not_in_the_database() -> None:
    pair = create_access_key(make.act(), make.user())
    assert pair.secret.encode() not in bytes(AccessKey.objects.get().secret_box)


def test_load__key_made_under_another_secret_key__is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    with override_settings(SECRET_KEY="another"):
        lost = create_access_key(make.act(), make.user())
    kept = create_access_key(make.act(), make.user())
    assert [signer.key_id for signer in access_keys.load()] == [kept.key_id]
    assert lost.key_id in caplog.text


def test_load__some_key_ids__gives_those_in_force() -> None:
    first, second, revoked = (create_access_key(make.act(), make.user()) for _ in range(3))
    revoke_access_key(make.act(), AccessKey.objects.get(pk=revoked.key_id))
    found = access_keys.load([second.key_id, revoked.key_id, "unknown"])
    assert [signer.key_id for signer in found] == [second.key_id]
    assert {signer.key_id for signer in access_keys.load()} == {first.key_id, second.key_id}
