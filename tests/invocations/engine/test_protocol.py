from __future__ import annotations

import asyncio
import struct
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invocations.engine.http import HttpCall, call_head_of
from invocations.engine.protocol import (
    HEADER,
    FrameReader,
    Say,
    call_head,
    frame,
    http_call_head,
    start_body,
)


class Heard:
    """Listens, and keeps what it hears."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, int, bytes]] = []
        self.nonsense = 0

    def frame_received(self, sequence: int, kind: int, body: memoryview) -> None:
        self.frames.append((sequence, kind, bytes(body)))

    def nonsense_received(self) -> None:
        self.nonsense += 1

    def disconnected(self) -> None:
        raise AssertionError("nobody disconnects here")


def encoded(sequence: int, kind: int, body: bytes) -> bytes:
    return HEADER.pack(9 + len(body), sequence, kind) + body


@given(
    st.lists(st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 255), st.binary(max_size=60)), max_size=5),
    st.data(),
)
def test_frame_reader__stream_cut_anywhere__yields_the_frames(
    frames: list[tuple[int, int, bytes]], data: st.DataObject
) -> None:
    stream = b"".join(encoded(*each) for each in frames)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    heard = Heard()
    reader = FrameReader(heard, max_body=60)

    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        reader.data_received(stream[start:end])

    assert (heard.frames, heard.nonsense) == (frames, 0)


@pytest.mark.parametrize("length", [0, 8, 70, 0xFFFFFFFF])
def test_frame_reader__impossible_length__is_nonsense_at_once(length: int) -> None:
    heard = Heard()

    FrameReader(heard, max_body=60).data_received(struct.pack("<IQB", length, 0, 0))

    assert (heard.frames, heard.nonsense) == ([], 1)


def test_frame_reader__closed_before_it_is_connected__drops_the_connection_when_it_comes() -> None:
    class Transport:
        aborted = False

        def abort(self) -> None:
            self.aborted = True

    heard, transport = Heard(), Transport()
    reader = FrameReader(heard, max_body=60)

    reader.close()
    reader.connection_made(cast("asyncio.BaseTransport", transport))
    reader.data_received(encoded(1, 2, b"late"))

    assert transport.aborted
    assert heard.frames == []


def test_call_head__names_and_payload__read_back() -> None:
    data = call_head(7, b"request", b"prod", len(b"event")) + b"event"

    length, sequence, kind = HEADER.unpack_from(data)
    assert (length, sequence, kind) == (len(data) - 4, 7, Say.INVOKE)
    assert data[13:] == bytes([7, 4]) + b"requestprod" + b"event"


def test_http_call_head__names_head_and_payload__read_back() -> None:
    call = HttpCall(b"GET", b"/base", b"/", b"", b"::1", [(b"a", b"1"), (b"a", b"2\0")])
    head = call_head_of(call)
    data = http_call_head(7, b"request", b"prod", head, len(b"body"), kind=Say.HTTP) + b"body"

    length, sequence, kind = HEADER.unpack_from(data)
    assert (length, sequence, kind) == (len(data) - 4, 7, Say.HTTP)
    assert data[13:15] == bytes([7, 4])
    assert int.from_bytes(data[15:19], "little") == len(head)
    assert data[19:] == b"requestprod" + head + b"body"
    assert head.split(b"\0") == [b"GET", b"/base", b"/", b"", b"::1", b"a", b"1", b"a", b"2", b""]


def test_start_body__values_with_nul__cannot_make_new_pairs() -> None:
    body = start_body([("handler", "a.b\0code\0/")], [("A", "1\0B\x002")])

    assert body.decode().split("\0") == ["handler", "a.bcode/", "", "", "A", "1B2"]
    assert frame(Say.START, 0, body)[13:] == body
