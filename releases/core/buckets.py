"""Which of ten thousand buckets a key falls into, and one hash to count distinct keys by.

    unit = the first 8 bytes, big-endian, of SHA-256 of "{salt}:{key}"        bucket = unit mod 10000

With salt "alias1": user-1 -> 8793, user-2 -> 8192, alice -> 6918. A key is in the canary while its bucket is
below the weight, so raising the weight moves keys to the canary and none back. The salt is the alias's own
and stays: another alias draws other keys.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

BUCKETS: Final = 10_000


def unit(salt: str, key: str) -> int:
    """The key's hash, 0 to 2^64 - 1: it says which keys are the same without saying which they are."""
    text = f"{salt}:{key}".encode("utf-8", "replace")
    return int.from_bytes(sha256(text).digest()[:8], "big")


def bucket(salt: str, key: str) -> int:
    """0 to 9999."""
    return unit(salt, key) % BUCKETS
