"""The signature of Function Compute API calls (API 2016-08-15), over headers as bytes.

    Authorization: FC {accessKeyId}:{base64(HMAC-SHA256(secret, string to sign))}

The string to sign is METHOD, Content-MD5, Content-Type and Date, each with a line feed, then every `x-fc-*`
header as `name:value` and a line feed, sorted by name, then the path without its query. A call of an HTTP
function signs its query too: `signed_query` follows the path. The body is not signed. Pure; `Headers` maps
lower-cased names to values.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import TypeAlias
from urllib.parse import unquote_to_bytes

Headers: TypeAlias = Mapping[bytes, bytes]


class BadAuthorization(ValueError):
    """An Authorization header of the FC scheme that names no key or holds no signature."""


class BadDate(ValueError):
    """A Date that is not of the form `Mon, 02 Jan 2006 15:04:05 GMT`."""


def parse_authorization(value: bytes) -> tuple[str, bytes]:
    """The access key id and the base64 signature of `FC id:signature`. Raises `BadAuthorization`."""
    key_id, colon, signature = value.removeprefix(b"FC ").strip().partition(b":")
    if not (key_id and colon and signature):
        raise BadAuthorization("the Authorization header is not of the form 'FC <id>:<signature>'")
    return key_id.decode("latin-1"), signature


def date_of(headers: Headers) -> bytes | None:
    """The date that counts. Browsers cannot set Date, so X-Fc-Date may stand in; it is signed either way."""
    return headers.get(b"x-fc-date") or headers.get(b"date")


@lru_cache(maxsize=1024)  # callers of one second share one text
def parse_date(value: bytes) -> float:
    """Seconds since the epoch. Raises `BadDate`."""
    try:
        return parsedate_to_datetime(value.decode("ascii")).timestamp()
    except (ValueError, OverflowError) as error:
        raise BadDate("the Date header is not an RFC 1123 date") from error


def sign(secret: bytes, method: bytes, resource: bytes, headers: Headers) -> bytes:
    """The base64 signature of a request; `resource` is its path without the query."""
    own = [item for item in headers.items() if item[0].startswith(b"x-fc-")]
    own.sort()
    text = b"%b\n%b\n%b\n%b\n%b%b" % (
        method,
        headers.get(b"content-md5", b""),
        headers.get(b"content-type", b""),
        headers.get(b"date") or headers.get(b"x-fc-date", b""),
        b"".join([b"%b:%b\n" % item for item in own]),
        resource,
    )
    return b64encode(hmac.digest(secret, text, "sha256"))


def signed_query(query: bytes) -> bytes:
    """What follows the path in the signature of an HTTP call: decoded parameters, sorted, one a line.

    Without a query the line feed stays.
    """
    items = [unquote_to_bytes(item.replace(b"+", b" ")) for item in query.split(b"&") if item]
    return b"\n" + b"\n".join(sorted(items))


def verify(
    given: bytes,
    *,
    secret: bytes,
    method: bytes,
    path: str,
    raw_path: bytes,
    headers: Headers,
    query: bytes = b"",
) -> bool:
    """Does `given` sign this request? Clients disagree on percent-decoding the path: either form will do.

    `query` is what `signed_query` made of it, or empty where the query is not signed.
    """
    decoded = path.encode()
    if hmac.compare_digest(sign(secret, method, decoded + query, headers), given):
        return True
    return raw_path != decoded and hmac.compare_digest(sign(secret, method, raw_path + query, headers), given)
