"""Limits of the Function Compute API (2016-08-15), in bytes and seconds."""

from __future__ import annotations

from typing import Final

SYNC_PAYLOAD: Final = 32 * 2**20
LOG_TAIL: Final = 4096
# Of a call of an HTTP function: names and values of all its headers, and its path with the query.
HTTP_HEADERS: Final = 8 * 2**10
HTTP_TARGET: Final = 4 * 2**10
# A signed request is good for this long before and after its date.
CLOCK_SKEW_S: Final = 15 * 60
