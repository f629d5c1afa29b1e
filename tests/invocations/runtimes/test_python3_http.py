"""What Python functions may rely on when they answer over HTTP: PEP 3333, and Function Compute's own keys."""

from __future__ import annotations

import json
from typing import Any

import pytest

from invocations.engine.http import HttpAnswer
from invocations.engine.outcome import Kind
from tests.invocations.engine.rooms import Room, Theatre

TELLS = """
    import json

    def handler(environ, start_response):
        context = environ["fc.context"]
        told = {name: value for name, value in environ.items() if isinstance(value, (str, bool))}
        told["body"] = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode("latin-1")
        told["context"] = [context.request_id, context.service.qualifier]
        print("told", file=environ["wsgi.errors"])
        start_response("201 Made", [("Content-Type", "application/json"), ("X-Two", "1"), ("X-Two", "2")])
        return [json.dumps(told).encode()]
"""


def test_python3__http_call__is_a_wsgi_call(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        headers = [
            (b"host", b"fn.example:9000"),
            (b"content-type", b"text/plain"),
            (b"content-length", b"77"),
            (b"x-user", b"alice"),
            (b"x-user", b"b\xe9"),
            (b"cookie", b"a=1"),
            (b"cookie", b"b=2"),
            (b"x_user", b"mallory"),
        ]
        bundle = room.deploy(TELLS, type="http")

        outcome = await room.request(
            bundle, "POST", "/a%20b/%C3%A9%zz%4", query="q=1&q=%20", headers=headers, body=b"\x00body"
        )

        told: dict[str, Any] = json.loads(outcome.payload)
        expected = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "/2016-08-15/proxy/shop/greet",
            "PATH_INFO": "/a b/Ã©%zz%4",
            "QUERY_STRING": "q=1&q=%20",
            "CONTENT_TYPE": "text/plain",
            "CONTENT_LENGTH": "5",
            "REMOTE_ADDR": "203.0.113.9",
            "SERVER_NAME": "fn.example",
            "SERVER_PORT": "9000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "fn.example:9000",
            "HTTP_X_USER": "alice, bé",
            "HTTP_COOKIE": "a=1; b=2",
            "wsgi.url_scheme": "http",
            "wsgi.multithread": False,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            "fc.request_uri": "/2016-08-15/proxy/shop/greet/a%20b/%C3%A9%zz%4?q=1&q=%20",
            "body": "\x00body",
            "context": [told["context"][0], "prod"],
        }
        assert told == expected
        assert outcome.kind is Kind.OK
        assert outcome.http == HttpAnswer(
            201, [(b"content-type", b"application/json"), (b"x-two", b"1"), (b"x-two", b"2")]
        )
        assert b"\ntold\n" in outcome.log

    theatre.play(scenario)


def test_python3__get_without_anything__has_what_applications_expect(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        told = json.loads((await room.request(room.deploy(TELLS, type="http"))).payload)
        names = ("CONTENT_LENGTH", "CONTENT_TYPE", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT", "body")
        assert [told[name] for name in names] == ["0", "", "", "localhost", "80", ""]
        assert told["fc.request_uri"] == "/2016-08-15/proxy/shop/greet/"

    theatre.play(scenario)


def test_python3__stdlib_validator__finds_nothing_wrong(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(
            """
            from wsgiref.validate import validator

            @validator
            def handler(environ, start_response):
                environ["wsgi.input"].read(1)
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [b"valid"]
            """,
            type="http",
        )

        outcome = await room.request(
            bundle, "POST", "/path", query="q=1", headers=[(b"host", b"x")], body=b"body"
        )

        assert (outcome.kind, outcome.payload) == (Kind.OK, b"valid")

    theatre.play(scenario)


ANSWERS = {
    "list": ("start('200 OK', []); return [b'a', b'', b'b']", b"ab"),
    "generator": ("start('200 OK', []); return (c for c in [b'a', b'b'])", b"ab"),
    "write": ("write = start('200 OK', []); write(b'a'); return [b'b']", b"ab"),
    "nothing": ("start('204 No Content', []); return []", b""),
    "started late": ("return (start('200 OK', []) and b'a' for _ in [1])", b"a"),
    "started anew": ("start('200 OK', []); start('500 No', [], (None,) * 3); return [b'sorry']", b"sorry"),
}
HANDLER = "def handler(environ, start): {}"


@pytest.mark.parametrize("name", ANSWERS)
def test_python3__application_answers__its_chunks_are_joined(name: str, theatre: Theatre) -> None:
    text, expected = ANSWERS[name]

    async def scenario(room: Room) -> None:
        outcome = await room.request(room.deploy(HANDLER.format(text), type="http"))

        assert (outcome.kind, outcome.payload) == (Kind.OK, expected)

    theatre.play(scenario)


FAULTS = {
    "never starts": ("return [b'a']", "The application never called start_response"),
    "starts twice": (
        "start('200 OK', []); start('200 OK', []); return []",
        "called twice",
    ),
    "text": ("start('200 OK', []); return ['a']", "must return chunks of bytes, not str"),
    "bytes themselves": ("start('200 OK', []); return b'ab'", "must return chunks of bytes, not int"),
    "text written": ("start('200 OK', [])('a'); return []", "must return chunks of bytes, not str"),
    "None": ("start('200 OK', [])", "'NoneType' object is not iterable"),
    "no status": ("start('OK', []); return []", "'OK' is no status such as '200 OK'"),
    "status of four": ("start('2000', []); return []", "'2000' is no status such as '200 OK'"),
    "interim status": ("start('100 Continue', []); return []", "200 to 599, not 100"),
    "status below": ("start('099', []); return []", "200 to 599, not 99"),
    "number for a value": ("start('200 OK', [('A', 1)]); return []", "must be texts, not int"),
    "wide value": ("start('200 OK', [('A', 'ā')]); return []", "latin-1"),
    "NUL": (r"start('200 OK', [('A', 'a\0b')]); return []", "control character"),
    "line in a value": (r"start('200 OK', [('A', 'a\r\nSet-Cookie: b')]); return []", "control character"),
    "line in a name": (r"start('200 OK', [('A\n', 'a')]); return []", "no name of a header"),
    "not pairs": ("start('200 OK', ['ab', 'cde']); return []", "too many values"),
    "too many headers": ("start('200 OK', [('A', 'b')] * 257); return []", "at most 256 headers"),
    "too large headers": ("start('200 OK', [('A', 'b' * 40_000)]); return []", "at most 32768 bytes"),
    "raises": ("start('200 OK', []); raise KeyError('gone')", "'gone'"),
    "raises midway": (
        "start('200 OK', []); return (bytes(1 // n) for n in [1, 0])",
        "by zero",
    ),
    "endless": (
        "start('200 OK', []); return iter(lambda: bytes(1024 * 1024), None)",
        "Response exceeds 33554432 bytes",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_python3__application_at_fault__is_a_function_error_that_says_why(
    name: str, theatre: Theatre
) -> None:
    text, expected = FAULTS[name]

    async def scenario(room: Room) -> None:
        bundle = room.deploy(HANDLER.format(text), type="http", memory_mb=256, timeout_s=20)

        outcome = await room.request(bundle)

        assert (outcome.kind, outcome.http) == (Kind.EXCEPTION, None)
        assert expected in json.loads(outcome.payload)["errorMessage"]
        assert not (await room.request(bundle)).cold

    theatre.play(scenario)


def test_python3__iterable_with_close__is_closed_even_when_it_fails(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(
            """
            class Chunks:
                def __init__(self, query):
                    self.chunks = iter([b"a", "text"] if query else [b"a"])
                def __iter__(self):
                    return self.chunks
                def close(self):
                    print("closed")

            def handler(environ, start_response):
                start_response("200 OK", [])
                return Chunks(environ["QUERY_STRING"])
            """,
            type="http",
        )

        good, bad = await room.request(bundle), await room.request(bundle, query="bad")

        assert (good.kind, bad.kind) == (Kind.OK, Kind.EXCEPTION)
        assert b"\nclosed\n" in good.log
        assert b"\nclosed\n" in bad.log

    theatre.play(scenario)


def test_python3__head__gets_no_body(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        outcome = await room.request(room.deploy(TELLS, type="http"), "HEAD")

        assert outcome.http is not None
        assert (outcome.http.status, outcome.payload) == (201, b"")

    theatre.play(scenario)


@pytest.mark.parametrize("size", [0, 1, 65_535, 300_000, 32 * 1024 * 1024])
def test_python3__body_of_any_size__comes_back_untouched(size: int, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy(
            """
            def handler(environ, start_response):
                start_response("200 OK", [])
                return [environ["wsgi.input"].read()]
            """,
            type="http",
            memory_mb=512,
            timeout_s=30,
        )
        body = (bytes(range(256)) * (size // 256 + 1))[:size]

        outcome = await room.request(bundle, "PUT", body=body)

        assert outcome.kind is Kind.OK
        assert outcome.payload == body

    theatre.play(scenario)


def test_python3__exit_in_the_application__is_a_crash(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = room.deploy("import os\ndef handler(environ, start): os._exit(3)", type="http")

        outcome = await room.request(bundle)

        assert (outcome.kind, outcome.http) == (Kind.CRASH, None)
        assert b"Process exited unexpectedly before completing request" in outcome.payload

    theatre.play(scenario)
