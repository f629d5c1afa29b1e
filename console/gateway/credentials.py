"""Who calls: access keys in memory, and the console's tokens. No call asks the database."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from console.fc.limits import CLOCK_SKEW_S
from console.fc.refusals import (
    FcRefusal,
    invalid_argument,
    missing_header,
    not_your_resource,
    signature_not_match,
)
from console.fc.signature import BadAuthorization, BadDate, date_of, parse_authorization, parse_date, verify
from invocations import tokens
from releases.core.rights import Person
from releases.queries.access_keys import Signer

from .request import Request

TOKEN_CACHE = 10_000


class UnknownAccessKey(FcRefusal):
    """The call names an access key that is not in memory."""

    def __init__(self, key_id: str) -> None:
        super().__init__("InvalidAccessKeyID", f"invalid access key ID '{key_id[:128]}'")
        self.key_id = key_id


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever was let in. `region` is the one a token is bound to; `fresh` asks to look before routing."""

    name: str
    region: str | None = None
    fresh: bool = False
    person: Person | None = None


ANYBODY = Caller("")
"""Whoever calls an HTTP function that asks for no signature."""


@dataclass(frozen=True, slots=True)
class _Key:
    secret: bytes
    caller: Caller
    expires: float | None


class Credentials:
    """Checks the Authorization header of each call."""

    def __init__(self, *, account_id: str, token_key: bytes) -> None:
        self._account_id = account_id.encode()
        self._token_key = token_key
        self._keys: dict[str, _Key] = {}
        self._tokens: dict[bytes, tuple[Caller, float]] = {}
        self._used: set[str] = set()

    def take_used(self) -> set[str]:
        """The ids of the access keys that let somebody in since this was asked last."""
        used, self._used = self._used, set()
        return used

    def replace(self, signers: Iterable[Signer]) -> None:
        """Know these access keys and no others."""
        self._keys = {signer.key_id: _key(signer) for signer in signers}

    def add(self, signers: Iterable[Signer]) -> None:
        self._keys |= {signer.key_id: _key(signer) for signer in signers}

    def check(self, request: Request, now: float, *, query: bytes = b"") -> Caller:
        """Let the caller in or raise `FcRefusal`. `now` is in seconds since the epoch.

        `query` is as `console.fc.signature.signed_query` gives it, for calls that sign theirs.
        """
        account = request.headers.get(b"x-fc-account-id", self._account_id)
        if account != self._account_id:
            raise not_your_resource()
        authorization = request.headers.get(b"authorization")
        if authorization is None:
            raise missing_header("Authorization")
        if authorization.startswith(b"FC "):
            return self._check_signature(authorization, request, now, query)
        if authorization.startswith(b"Serin "):
            return self._check_token(authorization, now)
        raise invalid_argument("the Authorization header is neither of the FC scheme nor of the Serin scheme")

    def _check_signature(self, authorization: bytes, request: Request, now: float, query: bytes) -> Caller:
        headers = request.headers
        try:
            key_id, signature = parse_authorization(authorization)
            date = date_of(headers)
            if date is None:
                raise missing_header("Date")
            signed_at = parse_date(date)
        except (BadAuthorization, BadDate) as bad:
            raise invalid_argument(str(bad)) from bad
        key = self._keys.get(key_id)
        if key is None:
            raise UnknownAccessKey(key_id)
        if not verify(
            signature,
            secret=key.secret,
            method=request.method,
            path=request.path,
            raw_path=request.raw_path,
            headers=headers,
            query=query,
        ):
            raise signature_not_match()
        if abs(now - signed_at) > CLOCK_SKEW_S:
            raise FcRefusal("AccessDenied", "the Date header is more than 15 minutes from the time")
        if key.expires is not None and now >= key.expires:
            raise FcRefusal("AccessDenied", "the access key has expired")
        if key.caller.person is not None and not key.caller.person.active:
            raise FcRefusal("AccessDenied", f"the account of {key.caller.name} is deactivated")
        self._used.add(key_id)
        return key.caller

    def _check_token(self, authorization: bytes, now: float) -> Caller:
        cached = self._tokens.get(authorization)
        if cached is not None and cached[1] > now:
            return cached[0]
        try:
            claims = tokens.verify(self._token_key, authorization[6:].decode("latin-1"), now)
        except tokens.BadToken as bad:
            raise FcRefusal("SignatureNotMatch", str(bad)) from bad
        caller = Caller(claims.get("sub", ""), claims.get("region"), bool(claims.get("fresh")))
        if len(self._tokens) >= TOKEN_CACHE:
            self._tokens.clear()
        self._tokens[authorization] = (caller, claims["exp"])
        return caller


def _key(signer: Signer) -> _Key:
    return _Key(signer.secret, Caller(signer.person.name, person=signer.person), signer.expires)
