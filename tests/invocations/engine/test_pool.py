from __future__ import annotations

from invocations.engine.outcome import Kind
from tests.invocations.engine.rooms import Room, in_room

HELLO = """
    def handler(event, context):
        return b"hello " + event
"""


def test_pool__hello_world__answers_cold_then_warm_from_the_same_instance() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(HELLO)

        first = await room.invoke(bundle, b"\x00\xff")
        second = await room.invoke(bundle, b"again")

        assert (first.kind, first.payload, first.error_type) == (Kind.OK, b"hello \x00\xff", "")
        assert second.payload == b"hello again"
        assert (first.cold, second.cold) == (True, False)
        assert first.instance_id == second.instance_id
        assert 1_000 < first.memory_kb < 128 * 1024

    in_room(scenario)
