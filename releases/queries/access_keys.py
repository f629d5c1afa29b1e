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

from releases.core.rights import Person
from releases.models import AccessKey

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that is not revoked, and whose it is."""

    key_id: str
    secret: bytes
    person: Person


def load(key_ids: Collection[str] | None = None) -> list[Signer]:
    """The named keys that are in force, or all. One query. A key that cannot be decrypted is left out."""
    keys = AccessKey.objects.filter(revoked_at=None)
    if key_ids is not None:
        keys = keys.filter(pk__in=key_ids)
    signers = []
    for key_id, sealed, name, active in keys.values_list(
        "key_id", "secret_box", "user__username", "user__is_active"
    ):
        try:
            secret = box(settings.SECRET_KEY).decrypt(bytes(sealed))
        except InvalidToken:
            logger.warning("access key %s was made under another SECRET_KEY and cannot be used", key_id)
            continue
        signers.append(Signer(key_id, secret, Person(name, active)))
    return signers


@lru_cache(maxsize=2)
def box(secret_key: str) -> Fernet:
    """What seals and opens the secrets."""
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"serin access key secrets v1")
    return Fernet(urlsafe_b64encode(key.derive(secret_key.encode())))
