"""CRC-64/XZ, the checksum by which Function Compute names a code package."""

from __future__ import annotations

import _lzma
import ctypes
import lzma
from collections.abc import Callable

_FOOTER_BYTES = 12
_CHECK_BYTES = 8


def crc64(data: bytes) -> str:
    """CRC-64/XZ (reflected polynomial 0x42F0E1EBA9EA3693, all ones in and out) as decimal text.

    liblzma computes it at several GB/s (100 MB in about 20 ms) and the interpreter's lock is free meanwhile.
    Where the interpreter hides that function (a statically linked liblzma), the checksum is read from an
    xz stream made for it, at about 10 MB/s.
    """
    return str(_crc64(data))


def _by_compressing(data: bytes) -> int:
    """CRC-64 is the integrity check that an xz stream keeps before its index; an empty stream has none."""
    if not data:
        return 0
    fastest = {
        "id": lzma.FILTER_LZMA2,
        "dict_size": 4096,
        "mode": lzma.MODE_FAST,
        "mf": lzma.MF_HC3,
        "nice_len": 3,
        "depth": 1,
    }
    stream = lzma.compress(data, format=lzma.FORMAT_XZ, check=lzma.CHECK_CRC64, filters=[fastest])
    index_bytes = (int.from_bytes(stream[-8:-4], "little") + 1) * 4
    end = len(stream) - _FOOTER_BYTES - index_bytes
    return int.from_bytes(stream[end - _CHECK_BYTES : end], "little")


def _from_liblzma() -> Callable[[bytes], int] | None:
    try:
        function = ctypes.CDLL(_lzma.__file__).lzma_crc64
    except (AttributeError, OSError):
        return None
    function.restype = ctypes.c_uint64
    function.argtypes = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint64)

    def compute(data: bytes) -> int:
        return int(function(data, len(data), 0))

    return compute


_crc64 = _from_liblzma() or _by_compressing
