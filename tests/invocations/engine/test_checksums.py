from __future__ import annotations

import os

import pytest

from invocations.engine import checksums
from invocations.engine.checksums import crc64


@pytest.mark.parametrize(("data", "expected"), [(b"", "0"), (b"123456789", "11051210869376104954")])
def test_crc64__check_values__are_those_of_crc_64_xz(data: bytes, expected: str) -> None:
    assert crc64(data) == expected


@pytest.mark.parametrize("size", [0, 1, 9, 100_000])
def test_crc64__computed_by_compressing__is_the_same(size: int) -> None:
    data = os.urandom(size)

    assert str(checksums._by_compressing(data)) == crc64(data)
