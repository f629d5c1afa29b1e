"""Access keys as a verifier needs them: with their secret in the clear.

Secrets rest encrypted (Fernet: AES-128-CBC and HMAC-SHA256) under a key derived from SECRET_KEY by HKDF, so a
dump of the database alone signs nothing.
"""

from __future__ import annotations

import logging
from base64 import urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models import QuerySet

from releases.core.rights import Person
from releases.models import AccessKey, User

from . import teams

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that is not revoked, whose it is, and when it ends (seconds since the epoch)."""

    key_id: str
    secret: bytes
    person: Person
    expires: float | None = None


def load(key_ids: Collection[str] | None = None) -> list[Signer]:
    """The named keys that are not revoked, or all. Three queries. What cannot be decrypted is left out."""
    keys = AccessKey.objects.filter(revoked_at=None)
    if key_ids is not None:
        keys = keys.filter(pk__in=key_ids)
    rows = list(keys.values_list("key_id", "secret_box", "user_id", "expires_at"))
    owners = teams.people({user_id for _, _, user_id, _ in rows})
    signers = []
    for key_id, sealed, user_id, expires_at in rows:
        try:
            secret = box(settings.SECRET_KEY).decrypt(bytes(sealed))
        except InvalidToken:
            logger.warning("access key %s was made under another SECRET_KEY and cannot be used", key_id)
            continue
        expires = expires_at.timestamp() if expires_at else None
        signers.append(Signer(key_id, secret, owners[user_id], expires))
    return signers


def of_user(user: User) -> QuerySet[AccessKey]:
    """Keys of an account that are not revoked, the newest first."""
    return AccessKey.objects.filter(user=user, revoked_at=None).order_by("-created_at", "key_id")


@lru_cache(maxsize=2)
def box(secret_key: str) -> Fernet:
    """What seals and opens the secrets."""
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"serin access key secrets v1")
    return Fernet(urlsafe_b64encode(key.derive(secret_key.encode())))
