"""What Python functions print and log, and whose log it lands in."""

from __future__ import annotations

import re

import pytest

from invocations.engine.outcome import Kind, Outcome
from tests.invocations.engine.rooms import REQUEST_ID, Room, Theatre, in_room

STAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def lines_of(outcome: Outcome) -> list[str]:
    """What the function wrote, without the marks around it."""
    text = outcome.log.decode("utf-8", "replace")
    found = re.search(r"FC Invoke Start RequestId: \S+\n(.*)FC Invoke End RequestId: \S+\n", text, re.DOTALL)
    assert found is not None
    return found[1].splitlines()


def test_log__of_an_invocation__has_function_computes_marks_and_summary() -> None:
    async def scenario(room: Room) -> None:
        outcome = await room.invoke(room.deploy("def handler(event, context): print('grüße'); return b''"))

        request_id = REQUEST_ID.format(1)
        assert re.fullmatch(
            rf"FC Invoke Start RequestId: {request_id}\n"
            rf"grüße\n"
            rf"FC Invoke End RequestId: {request_id}\n"
            rf"\n"
            rf"Duration: \d+\.\d\d ms, Billed Duration: \d+ ms, Memory Size: 128 MB, "
            rf"Max Memory Used: \d+\.\d\d MB\n",
            outcome.log.decode(),
        )

    in_room(scenario)


def test_log__initializer_writes__has_a_part_of_its_own_once() -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(
            "def init(context): print('once')\ndef handler(event, context): print('each')",
            initializer="index.init",
        )
        first, second = await room.invoke(bundle), await room.invoke(bundle)

        request_id = REQUEST_ID.format(1)
        assert first.log.decode().startswith(
            f"FC Initialize Start RequestId: {request_id}\nonce\nFC Initialize End RequestId: {request_id}\n"
            f"FC Invoke Start RequestId: {request_id}\neach\n"
        )
        assert second.log.startswith(b"FC Invoke Start")
        assert lines_of(second) == ["each"]

    in_room(scenario)


def test_log__function_fails__ends_with_the_error(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        outcome = await room.invoke(room.deploy("def handler(event, context): print('before'); 1 / 0"))

        assert lines_of(outcome) == ["before", outcome.payload.decode()]

    theatre.play(scenario)


LOGGER = "logger = logging.getLogger('x')"
LOGGING = {
    "when the module loads": f"import logging\n{LOGGER}\ndef prepare(): pass\n",
    "inside the handler": f"def prepare():\n    global logger\n    import logging\n    {LOGGER}\n",
    "by another module": f"import concurrent.futures, logging\n{LOGGER}\ndef prepare(): pass\n",
    "with a configuration": f"import logging\nlogging.basicConfig()\n{LOGGER}\ndef prepare(): pass\n",
}


@pytest.mark.parametrize("name", LOGGING)
def test_log__logging_is_imported__has_function_computes_format(name: str, theatre: Theatre) -> None:
    source = LOGGING[name] + (
        "def handler(event, context):\n"
        "    prepare()\n"
        "    logger.debug('hidden')\n"
        "    logger.info('%s items', 3)\n"
        "    print('plain')\n"
        "    logger.warning('wärm')\n"
        "    return context.request_id\n"
    )

    async def scenario(room: Room) -> None:
        outcome = await room.invoke(room.deploy(files={"index.py": source}))

        request_id = outcome.payload.decode()
        patterns = [
            rf"{STAMP} {request_id} \[INFO\] 3 items",
            "plain",
            rf"{STAMP} {request_id} \[WARNING\] wärm",
        ]
        for pattern, line in zip(patterns, lines_of(outcome), strict=True):
            assert re.fullmatch(pattern, line)

    theatre.play(scenario)


def test_log__own_module_named_logging__is_left_alone(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(
            "import logging\ndef handler(event, context): return logging.MINE",
            files={"logging.py": "MINE = b'mine'"},
        )
        assert (await room.invoke(bundle)).payload == b"mine"

    theatre.play(scenario)


WRITERS = {
    "no newline at the end": ("print('half', end='')", ["half"]),
    "many short writes": ("[print(n) for n in range(100)]", [str(n) for n in range(100)]),
    "error output": ("import sys; print('a'); print('b', file=sys.stderr); print('c')", ["a", "b", "c"]),
    "descriptors": (
        "import os; print('a'); os.write(1, b'b\\n'); os.write(2, b'c\\n'); print('d')",
        list("abcd"),
    ),
    "children": ("import os; print('a'); os.system('echo b; echo c >&2'); print('d')", list("abcd")),
    "a long line": ("print('ä' * 90_000)", ["ä" * 90_000]),
    "bytes that are no text": ("import sys; sys.stdout.buffer.write(b'\\xff\\n')", ["�"]),
    "surrogates": ("print('\\ud800')", ["\\ud800"]),
}


@pytest.mark.parametrize("name", WRITERS)
def test_log__any_way_of_writing__arrives_in_order(name: str, theatre: Theatre) -> None:
    statement, expected = WRITERS[name]

    async def scenario(room: Room) -> None:
        bundle = room.deploy(files={"index.py": f"def handler(event, context): {statement}"}, timeout_s=30)

        for _ in range(2):
            assert lines_of(await room.invoke(bundle)) == expected

    theatre.play(scenario)


FLOODS = {
    "prints": "for n in range(100_000): print('flood', n)",
    "writes": "for n in range(1_000): os.write(1, b'flood flood flood flood flood\\n' * 30)",
    "child": "os.system('yes flood | head -c 2000000')",
}


@pytest.mark.parametrize("name", FLOODS)
def test_log__flood__is_cut_and_the_function_goes_on(name: str, theatre: Theatre) -> None:
    source = (
        f"import os\ndef handler(event, context):\n    {FLOODS[name]}\n    print('end')\n    return b'done'"
    )

    async def scenario(room: Room) -> None:
        bundle = room.deploy(files={"index.py": source}, timeout_s=60)
        outcome = await room.invoke(bundle)
        quiet = await room.invoke(room.deploy("def handler(event, context): print('calm')"))

        assert (outcome.kind, outcome.payload) == (Kind.OK, b"done")
        assert 256 * 1024 < len(outcome.log) < 257 * 1024
        assert b"(the log was cut here, at 262144 bytes)\nFC Invoke End" in outcome.log
        assert lines_of(quiet) == ["calm"]

    theatre.play(scenario)


def test_log__endless_flood__ends_by_the_time_out_with_its_log(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        source = "import os\ndef handler(event, context):\n    while True: os.write(1, b'flood\\n' * 1000)"
        outcome = await room.invoke(room.deploy(files={"index.py": source}, timeout_s=1))

        assert outcome.kind is Kind.TIMEOUT
        assert len(outcome.log) < 257 * 1024

    theatre.play(scenario)


def test_log__thread_prints_after_the_return__lands_in_no_other_log(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy("""
            import threading

            go_on, done = threading.Event(), threading.Event()

            def late():
                go_on.wait()
                print("late")
                done.set()

            def handler(event, context):
                if event == b"start":
                    thread = threading.Thread(target=late)
                    thread.start()
                    threading.Timer(0.01, go_on.set).start()
                else:
                    print(event.decode())
                return b"x"
        """)
        assert lines_of(await room.invoke(bundle, b"start")) == []
        wait = room.deploy("import time\ndef handler(event, context): time.sleep(0.2)", function="other")
        await room.invoke(wait)

        assert lines_of(await room.invoke(bundle, b"mine")) == ["mine"]

    theatre.play(scenario)


def test_log__process_dies__has_what_was_printed_before(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        source = "import os\ndef handler(event, context):\n    print('last words')\n    os._exit(1)"
        outcome = await room.invoke(room.deploy(files={"index.py": source}))

        assert lines_of(outcome) == ["last words", outcome.payload.decode()]

    theatre.play(scenario)
