"""How invocations end when the function does not: each is an outcome, and the next invocation works."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from invocations.engine.outcome import Kind
from tests.invocations.engine.rooms import Room, Theatre

# Every function of this page does what it does badly unless the event says that all is fine.
FINE = """
def handler(event, context):
    if event == b"fine":
        return b"fine"
    misbehave()
"""
UNHANDLED = "FunctionUnhandledError"
EXITED = (
    r"Process exited unexpectedly before completing request "
    r"\(duration: \d+ms, maxMemoryUsage: \d+\.\d\dMB\)"
)
OUT_OF_MEMORY = r"Function ran out of memory \(limit: 128MB, maxMemoryUsage: \d+\.\d\dMB\)"
ENDINGS = {
    "sleeps too long": (
        "import time\ndef misbehave(): time.sleep(60)",
        Kind.TIMEOUT,
        "FunctionTimeoutError",
        "Function timed out after 1 seconds",
    ),
    "loops without end": (
        "def misbehave():\n    while True: pass",
        Kind.TIMEOUT,
        "FunctionTimeoutError",
        "Function timed out after 1 seconds",
    ),
    "ignores signals": (
        """
import signal, time
def misbehave():
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
    while True:
        try: time.sleep(60)
        except BaseException: pass
""",
        Kind.TIMEOUT,
        "FunctionTimeoutError",
        "Function timed out after 1 seconds",
    ),
    "exits": ("import sys\ndef misbehave(): sys.exit(3)", Kind.CRASH, UNHANDLED, EXITED),
    "exits at once": (
        "import os\ndef misbehave(): os._exit(0)",
        Kind.CRASH,
        UNHANDLED,
        EXITED,
    ),
    "kills itself": (
        "import os\ndef misbehave(): os.kill(os.getpid(), 9)",
        Kind.CRASH,
        UNHANDLED,
        EXITED,
    ),
    "crashes the interpreter": (
        "import ctypes\ndef misbehave(): ctypes.string_at(0)",
        Kind.CRASH,
        UNHANDLED,
        EXITED,
    ),
    "takes memory bit by bit": (
        "def misbehave():\n    kept = []\n    while True: kept.append(bytearray(1 << 20))",
        Kind.MEMORY,
        "FunctionOOMError",
        OUT_OF_MEMORY,
    ),
    "takes memory at once": (
        "def misbehave(): return bytearray(8 << 30)",
        Kind.MEMORY,
        "FunctionOOMError",
        OUT_OF_MEMORY,
    ),
    "takes too much memory for a moment": (
        "def misbehave(): bytearray(200 << 20)",
        Kind.MEMORY,
        "FunctionOOMError",
        OUT_OF_MEMORY,
    ),
    "takes memory in its children": (
        """
import os, time
def misbehave():
    for _ in range(4):
        if os.fork() == 0:
            kept = bytearray(60 << 20)
            time.sleep(60)
    time.sleep(60)
""",
        Kind.MEMORY,
        "FunctionOOMError",
        OUT_OF_MEMORY,
    ),
    "recurses without end": (
        "def misbehave(): misbehave()",
        Kind.EXCEPTION,
        "RecursionError",
        "maximum recursion depth exceeded.*",
    ),
}


@pytest.mark.parametrize("name", ENDINGS)
def test_pool__function_misbehaves__is_an_outcome_and_the_next_invocation_works(
    name: str, theatre: Theatre
) -> None:
    source, kind, error_type, message = ENDINGS[name]

    async def scenario(room: Room) -> None:
        # Only those that are to time out are given little time: the machine may be busy.
        timeout_s = 1 if kind is Kind.TIMEOUT else 30
        bundle = room.deploy(files={"index.py": source + FINE}, timeout_s=timeout_s)

        outcome = await room.invoke(bundle)
        after = await room.invoke(bundle, b"fine")

        error = json.loads(outcome.payload)
        assert (outcome.kind, error["errorType"]) == (kind, error_type)
        assert re.fullmatch(message, error["errorMessage"], re.DOTALL)
        assert next(iter(error)) == "errorMessage"
        assert outcome.error_type == "UnhandledInvocationError"
        assert outcome.payload in outcome.log
        assert (after.kind, after.payload) == (Kind.OK, b"fine")
        assert after.cold == (kind is not Kind.EXCEPTION)

    theatre.play(scenario)


STARTS: dict[str, tuple[str, dict[str, Any], Kind, str, str]] = {
    "module is missing": (
        "",
        {"handler": "nowhere.handler"},
        Kind.LOAD,
        "ImportModuleError",
        "Unable to import module 'nowhere'",
    ),
    "handler is missing": (
        "",
        {},
        Kind.LOAD,
        "HandlerNotFound",
        "Handler 'handler' is missing on module 'index'",
    ),
    "handler is no function": (
        "handler = 1",
        {},
        Kind.LOAD,
        "HandlerNotFound",
        "Handler 'handler' is missing on module 'index'",
    ),
    "handler names no module": (
        "",
        {"handler": "handler"},
        Kind.LOAD,
        "InvalidHandler",
        "Handler 'handler' is not of the form module.function",
    ),
    "code does not parse": (
        "def handler(:",
        {},
        Kind.LOAD,
        "SyntaxError",
        "invalid syntax (index.py, line 1)",
    ),
    "module of the code is missing": (
        "import nowhere",
        {},
        Kind.LOAD,
        "ModuleNotFoundError",
        "No module named 'nowhere'",
    ),
    "module raises": ("1 / 0", {}, Kind.LOAD, "ZeroDivisionError", "division by zero"),
    "module exits": ("raise SystemExit", {}, Kind.CRASH, UNHANDLED, ""),
    "module never loads": (
        "while True: pass",
        {"timeout_s": 1},
        Kind.TIMEOUT,
        "FunctionTimeoutError",
        "Function timed out after 1 seconds",
    ),
    "initializer raises": (
        "def handler(e, c): pass\ndef init(c): raise OSError('no')",
        {"initializer": "index.init"},
        Kind.INIT,
        "OSError",
        "no",
    ),
    "initializer is missing": (
        "def handler(e, c): pass",
        {"initializer": "index.init"},
        Kind.LOAD,
        "HandlerNotFound",
        "Handler 'init' is missing on module 'index'",
    ),
    "initializer never ends": (
        "def handler(e, c): pass\ndef init(c):\n    while True: pass",
        {"initializer": "index.init", "initialization_timeout_s": 1},
        Kind.TIMEOUT,
        "FunctionTimeoutError",
        "Function initialization timed out after 1 seconds",
    ),
    "initializer takes too much memory": (
        "def handler(e, c): pass\ndef init(c): bytearray(200 << 20)",
        {"initializer": "index.init"},
        Kind.MEMORY,
        "FunctionOOMError",
        "",
    ),
}


@pytest.mark.parametrize("name", STARTS)
def test_pool__function_cannot_start__is_an_outcome_each_time(name: str, theatre: Theatre) -> None:
    source, fields, kind, error_type, message = STARTS[name]

    async def scenario(room: Room) -> None:
        bundle = room.deploy(source, **({"timeout_s": 30, "initialization_timeout_s": 30} | fields))

        for _ in range(2):
            outcome = await room.invoke(bundle)
            error = json.loads(outcome.payload)
            assert (outcome.kind, error["errorType"], outcome.cold) == (kind, error_type, True)
            assert message in error["errorMessage"]
            assert next(iter(error)) == "errorMessage"

    theatre.play(scenario)
