"""Making and revoking the keys that sign API calls."""

from __future__ import annotations

import secrets
import string
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from releases.models import AccessKey, User
from releases.queries.access_keys import box

from .audit import Act
from .routing import CHANNEL

NOTICE = "access-keys"

_ALPHABET = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The only time that the secret is seen in the clear."""

    key_id: str
    secret: str


@transaction.atomic
def create_access_key(act: Act, user: User, *, name: str = "", expires_at: datetime | None = None) -> KeyPair:
    """A new key that signs on behalf of `user`; gateways know it as soon as the transaction commits."""
    pair = KeyPair("SERIN" + _text(19), _text(40))
    AccessKey.objects.create(
        key_id=pair.key_id,
        secret_box=box(settings.SECRET_KEY).encrypt(pair.secret.encode()),
        user=user,
        name=name,
        expires_at=expires_at,
        created_at=act.at,
    )
    act.record("access_key.create", on=None, path=pair.key_id, after={"user": user.username})
    announce_keys()
    return pair


@transaction.atomic
def revoke_access_key(act: Act, key: AccessKey) -> None:
    """End a key, for ever. Revoking it again changes nothing."""
    key = AccessKey.objects.select_for_update().get(pk=key.pk)
    if key.revoked_at is not None:
        return
    key.revoked_at = act.at
    key.save(update_fields=["revoked_at"])
    act.record("access_key.revoke", on=None, path=key.key_id)
    announce_keys()


def note_used_keys(key_ids: Collection[str], *, at: datetime) -> None:
    """Remember when keys were last used, to about a minute. It is nobody's act, and leaves no entry."""
    AccessKey.objects.filter(pk__in=key_ids).update(last_used_at=at)


def announce_keys() -> None:
    """Tell the gateways that keys, or the rights of whose they are, have changed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, NOTICE])


def _text(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
