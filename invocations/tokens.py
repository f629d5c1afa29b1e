"""Short-lived tokens by which the console and its workers call the gateway on a user's behalf.

    Authorization: Serin {base64url(claims as JSON)}.{base64url(HMAC-SHA256(key, the part before the dot))}

Claims: `sub`, the user's name; `region`; `fresh`, true when the gateway must look at the database before it
routes; `exp`, seconds since the epoch, put in by `mint`. Pure: key and clock are arguments.
"""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Mapping
from typing import Any

SCHEME = "Serin"


class BadToken(ValueError):
    """A token that is malformed, forged or expired; the text says which."""


def derive_key(secret: str) -> bytes:
    """The signing key. The label keeps it apart from every other use of the same secret."""
    return hmac.digest(secret.encode(), b"serin gateway token v1", "sha256")


def mint(key: bytes, claims: Mapping[str, Any], expires_at: float) -> str:
    """Sign `claims`, valid until `expires_at` (seconds since the epoch)."""
    text = json.dumps({**claims, "exp": expires_at}, separators=(",", ":"))
    body = _encode(text.encode())
    return f"{body}.{_sign(key, body)}"


def verify(key: bytes, token: str, now: float) -> dict[str, Any]:
    """The claims of a token that this key signed and that is valid at `now`. Raises `BadToken`."""
    body, dot, signature = token.partition(".")
    if not dot or not token.isascii():
        raise BadToken("the token is malformed")
    if not hmac.compare_digest(_sign(key, body), signature):
        raise BadToken("the token's signature does not match")
    claims = _claims(body)
    if claims["exp"] <= now:
        raise BadToken("the token has expired")
    return claims


def _claims(body: str) -> dict[str, Any]:
    try:
        claims = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (BadBase64, ValueError) as error:
        raise BadToken("the token is malformed") from error
    if not isinstance(claims, dict) or not isinstance(claims.get("exp"), int | float):
        raise BadToken("the token is malformed")
    return claims


def _sign(key: bytes, body: str) -> str:
    return _encode(hmac.digest(key, body.encode(), "sha256"))


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
