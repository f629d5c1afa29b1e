"""What Python functions may rely on, as Function Compute's own runtime has it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from invocations.engine.outcome import Kind
from tests.invocations.engine.rooms import Room, Theatre

RESULTS: dict[str, tuple[str, bytes]] = {
    "bytes": (r"b'\x00\xff raw'", b"\x00\xff raw"),
    "bytearray": ("bytearray(b'raw')", b"raw"),
    "text": ("'grüße'", "grüße".encode()),
    "empty text": ("''", b""),
    "empty bytes": ("b''", b""),
    "number": ("2", b"2"),
    "truth": ("True", b"true"),
    "nothing": ("None", b"null"),
    "list": ("[1, 'ä', None]", '[1, "ä", null]'.encode()),
    "object": ("{'a': {'b': 1.5}}", b'{"a": {"b": 1.5}}'),
    "subclass of bytes": ("type('Raw', (bytes,), {})(b'raw')", b"raw"),
}


@pytest.mark.parametrize("name", RESULTS)
def test_python3__handler_returns_a_value__it_arrives_as_text_or_json(name: str, theatre: Theatre) -> None:
    expression, expected = RESULTS[name]

    async def scenario(room: Room) -> None:
        outcome = await room.invoke(room.deploy(f"def handler(event, context): return {expression}"))

        assert (outcome.kind, outcome.payload) == (Kind.OK, expected)

    theatre.play(scenario)


@pytest.mark.parametrize("size", [0, 1, 65_535, 300_000, 32 * 1024 * 1024])
def test_python3__event_of_any_size__comes_back_untouched(size: int, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy("def handler(event, context): return event", memory_mb=512, timeout_s=30)
        event = (bytes(range(256)) * (size // 256 + 1))[:size]

        outcome = await room.invoke(bundle, event)

        assert outcome.kind is Kind.OK
        assert outcome.payload == event

    theatre.play(scenario)


def test_python3__answer_over_the_limit__is_an_error_that_names_the_limit(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(
            "def handler(event, context): return bytes(int(event))", memory_mb=512, timeout_s=30
        )

        outcome = await room.invoke(bundle, b"33554433")

        assert outcome.kind is Kind.EXCEPTION
        assert json.loads(outcome.payload)["errorMessage"] == "Response exceeds 33554432 bytes"

    theatre.play(scenario)


CONTEXT = """
    import json

    def handler(event, context):
        service, function, credentials = context.service, context.function, context.credentials
        return {
            "request_id": context.request_id,
            "region": context.region,
            "account_id": context.account_id,
            "service": [service.name, service.log_project, service.log_store],
            "qualifier": service.qualifier,
            "version_id": service.version_id,
            "function": [function.name, function.handler, function.memory, function.timeout],
            "initializer": [function.initializer, function.initialization_timeout],
            "credentials": [
                credentials.access_key_id, credentials.access_key_secret, credentials.security_token
            ],
            "tracing": [context.tracing.span_context, context.tracing.jaeger_endpoint],
            "json": json.loads(context.to_json())["request_id"],
        }
"""


@pytest.mark.parametrize(
    ("qualifier", "version", "version_id"), [("LATEST", "LATEST", ""), ("7", "7", "7"), ("prod", "7", "7")]
)
def test_python3__context__is_function_computes(
    qualifier: str, version: str, version_id: str, theatre: Theatre
) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(
            CONTEXT, version=version, memory_mb=256, timeout_s=9, log_project="logs", log_store="store"
        )
        await room.invoke(bundle, qualifier="another")
        found = json.loads((await room.invoke(bundle, qualifier=qualifier)).payload)

        request_id = found.pop("request_id")
        assert re.fullmatch(r"[0-9a-f-]{36}", request_id)
        assert found == {
            "region": "local",
            "account_id": "1001",
            "service": ["shop", "logs", "store"],
            "qualifier": qualifier,
            "version_id": version_id,
            "function": ["greet", "index.handler", 256, 9],
            "initializer": ["", 3],
            "credentials": ["", "", ""],
            "tracing": ["", ""],
            "json": request_id,
        }

    theatre.play(scenario)


def test_python3__environment__is_function_computes_and_the_functions_own(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(
            """
            import os, subprocess

            def handler(event, context):
                child = subprocess.run(["sh", "-c", "echo $COLOUR"], capture_output=True, text=True)
                return {"own": dict(os.environ), "child": child.stdout, "folder": os.getcwd()}
            """,
            environment=(("COLOUR", "grün"), ("TZ", "Asia/Shanghai")),
        )
        found = json.loads((await room.invoke(bundle)).payload)

        expected = {
            "COLOUR": "grün",
            "FC_FUNC_CODE_PATH": "/code/",
            "FC_ACCOUNT_ID": "1001",
            "FC_REGION": "local",
            "FC_SERVICE_NAME": "shop",
            "FC_FUNCTION_NAME": "greet",
            "FC_FUNCTION_HANDLER": "index.handler",
            "FC_FUNCTION_MEMORY_SIZE": "128",
            "FC_QUALIFIER": "prod",
            "FC_VER_ID": "1",
            "FC_FUNCTION_VERSION": "1",
        }
        assert expected.items() <= found["own"].items()
        assert found["own"]["FC_INSTANCE_ID"].startswith("c-")
        assert (found["child"], found["folder"]) == ("grün\n", "/code")

    theatre.play(scenario)


HANDLERS = {
    "index.handler": "index.py",
    "web.api.handler": "web/api.py",
    "web/api.handler": "web/api.py",
    "my-module.handler": "my-module.py",
}


@pytest.mark.parametrize("handler", HANDLERS)
def test_python3__handler_text__names_a_module_or_a_path(handler: str, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        files = {HANDLERS[handler]: "def handler(event, context): return __file__"}
        outcome = await room.invoke(room.deploy(files=files, handler=handler))

        assert outcome.payload.decode() == f"/code/{HANDLERS[handler]}"

    theatre.play(scenario)


def test_python3__initializer__runs_once_per_instance_and_globals_are_kept(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(
            """
            seen = []

            def init(context):
                seen.append(context.service.qualifier)

            def handler(event, context):
                seen.append(event.decode())
                return seen
            """,
            initializer="index.init",
        )
        for expected in (["prod", "a"], ["prod", "a", "b"]):
            outcome = await room.invoke(bundle, expected[-1].encode())
            assert json.loads(outcome.payload) == expected

    theatre.play(scenario)


ERRORS: dict[str, tuple[str, dict[str, Any]]] = {
    "nested": (
        """
def inner():
    raise ValueError("schlecht")

def handler(event, context):
    inner()
""",
        {
            "errorMessage": "schlecht",
            "errorType": "ValueError",
            "stackTrace": [
                ['File "/code/index.py"', "line 6", "in handler", "inner()"],
                ['File "/code/index.py"', "line 3", "in inner", 'raise ValueError("schlecht")'],
            ],
        },
    ),
    "own class": (
        "\nclass Broken(Exception): pass\ndef handler(event, context): raise Broken()",
        {
            "errorMessage": "",
            "errorType": "Broken",
            "stackTrace": [
                [
                    'File "/code/index.py"',
                    "line 3",
                    "in handler",
                    "def handler(event, context): raise Broken()",
                ]
            ],
        },
    ),
    "result that is no json": (
        "def handler(event, context): return {1, 2}",
        {"errorMessage": "Object of type set is not JSON serializable", "errorType": "TypeError"},
    ),
    "endless message": (
        "def handler(event, context): raise ValueError('x' * 50_000_000)",
        {"errorMessage": "x" * 65_536, "errorType": "ValueError"},
    ),
    "error that cannot be printed": (
        """
class Broken(Exception):
    def __str__(self): raise RuntimeError

def handler(event, context): raise Broken
""",
        {"errorMessage": "<unprintable error>", "errorType": "Broken"},
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_python3__handler_raises__is_an_unhandled_error_and_the_instance_is_kept(
    name: str, theatre: Theatre
) -> None:
    source, expected = ERRORS[name]

    async def scenario(room: Room) -> None:
        bundle = room.deploy(files={"index.py": source})

        outcome, again = await room.invoke(bundle), await room.invoke(bundle)

        error = json.loads(outcome.payload)
        assert (outcome.kind, outcome.error_type) == (Kind.EXCEPTION, "UnhandledInvocationError")
        assert list(error) == ["errorMessage", "errorType", "stackTrace"]
        assert error | expected == error
        assert (again.payload, again.cold) == (outcome.payload, False)

    theatre.play(scenario)
