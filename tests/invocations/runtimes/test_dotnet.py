"""What C# functions may rely on, beyond what every language's may."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from invocations.engine.outcome import Kind
from invocations.engine.packages import pack
from invocations.runtimes.dotnet import COMPILER, MONO
from tests.invocations.engine.rooms import Room, Theatre
from tests.invocations.runtimes.csharp_code import deploy, deploy_package, package

SOURCE = "Values"

ANSWERS: dict[str, tuple[str, bytes, bytes]] = {
    "stream": ("Echo", b"\x00\xff raw", b"\x00\xff raw"),
    "disposed and not rewound": ("Copied", b"raw", b"raw"),
    "file": ("FromFile", b"", b"from a file"),
    "static": ("Static", b"to ", b'"to greet"'),
    "text as it is": ("Text", "grüße".encode(), '"grüße"'.encode()),
    "text in quotes": ("Text", b'"a\\n\\u00e4"', '"a\\nä"'.encode()),
    "empty text": ("Text", b"", b'""'),
    "null": ("Nothing", b"", b"null"),
    "void": ("Void", b"x", b""),
    "task": ("Later", b"x", b""),
    "async void": ("AsyncVoid", b"", b""),
    "numbers": ("Sum", b" [1, 2e1, -3] ", b"18"),
    "constructor": ("Mirrored", b'{"x": 1, "Y": 2, "z": 3}', b'{"X":2,"Y":1}'),
    "poco": (
        "Poco",
        '{"name": "ä", "COUNT": 1, "prices": [1, 2.50], "at": "2020-01-02T03:04:05Z", "colour": "green",'
        ' "parts": {"a": {"colour": 1}, "b": null}}'.encode(),
        '{"Name":"ä","Prices":[1.0,2.50],"At":"2020-01-02T03:04:05Z","Parts":{"a":{"Name":null,'
        '"Prices":null,"At":null,"Parts":null,"Colour":1,"IsMany":false,"Count":0},"b":null},'
        '"Colour":1,"IsMany":true,"Count":2}'.encode(),
    ),
    "any": (
        "Any",
        b'{"z": [1, 2.5, true, null]}',
        (
            b'{"Value":{"z":[1,2.5,true,null]},"Half":0.5,"Whole":2.0,"None":"NaN","Bytes":"AQI=",'
            b'"Quote":"\\"\\u0001"}'
        ),
    ),
    "kinds": ("Kinds", b"", b'[1,"c",1.5,"00:01:30","http://a/b","2020-01-02T03:04:05Z"]'),
    "serializer": ("Reversed", b"abc", b"String:cba"),
    "environment": ("Environment_", b"", '"grün8/code"'.encode()),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_dotnet__method_returns__it_arrives_as_bytes_or_json(name: str, theatre: Theatre) -> None:
    method, event, expected = ANSWERS[name]

    async def scenario(room: Room) -> None:
        environment = (("COLOUR", "grün"), ("TZ", "Asia/Shanghai"))
        outcome = await room.invoke(deploy(room, SOURCE, method, environment=environment), event)

        assert (outcome.kind, outcome.payload) == (Kind.OK, expected), outcome

    theatre.play(scenario)


FAULTS: dict[str, tuple[str, bytes, Kind, str, str]] = {
    "no json": ("Poco", b"{'a'", Kind.EXCEPTION, "Aliyun.Serverless.Core.JsonSerializerException", "a name"),
    "json of another type": (
        "Poco",
        b"[1]",
        Kind.EXCEPTION,
        "Aliyun.Serverless.Core.JsonSerializerException",
        "Item",
    ),
    "fraction": ("Sum", b"[1.5]", Kind.EXCEPTION, "Aliyun.Serverless.Core.JsonSerializerException", "whole"),
    "too deep": ("Any", b"[" * 9999, Kind.EXCEPTION, "Aliyun.Serverless.Core.JsonSerializerException", "128"),
    "result in a circle": (
        "Endless",
        b"",
        Kind.EXCEPTION,
        "Aliyun.Serverless.Core.JsonSerializerException",
        "128",
    ),
    "throws": ("Fails", b"gone", Kind.EXCEPTION, "System.Collections.Generic.KeyNotFoundException", "gone"),
    "throws later": (
        "FailsLater",
        b"gone",
        Kind.EXCEPTION,
        "System.Collections.Generic.KeyNotFoundException",
        "gone",
    ),
    "async void throws": ("AsyncVoid", b"gone", Kind.EXCEPTION, "System.ArgumentException", "gone"),
    "no method": (
        "Absent",
        b"",
        Kind.LOAD,
        "HandlerNotFound",
        "Method 'Absent' is missing in class 'Shop.Orders'",
    ),
    "overloaded": ("Two", b"", Kind.LOAD, "InvalidHandler", "overloaded"),
    "no serializer": ("NoSerializer", b"", Kind.LOAD, "InvalidHandler", "Shop.Item"),
    "http method": ("Web", b"", Kind.LOAD, "InvalidHandler", "(HttpRequest, HttpResponse, IFcContext), not"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_dotnet__function_at_fault__is_an_error_with_its_type(name: str, theatre: Theatre) -> None:
    method, event, kind, error_type, message = FAULTS[name]

    async def scenario(room: Room) -> None:
        outcome = await room.invoke(deploy(room, SOURCE, method), event)

        assert outcome.kind is kind, outcome
        error = json.loads(outcome.payload)
        assert list(error) == ["errorMessage", "errorType", "stackTrace"]
        assert error["errorType"] == error_type
        assert message in error["errorMessage"]

    theatre.play(scenario)


def test_dotnet__stack_of_an_error__names_file_and_line_of_the_functions_own_code(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        stacks = [
            json.loads((await room.invoke(deploy(room, SOURCE, method), b"x")).payload)["stackTrace"]
            for method in ("Fails", "FailsLater")
        ]

        assert [len(stack) for stack in stacks] == [3, 1]
        for line in (line for stack in stacks for line in stack):
            assert re.fullmatch(r"at Shop\.Orders.* in /code/Shop\.cs:\d+", line)

    theatre.play(scenario)


HANDLERS = {
    "Orders": "not of the form Assembly::Namespace.Class::Method",
    "Shop::Orders": "not of the form",
    "Shop::::Run": "not of the form",
    "Absent::Shop.Orders::Echo": "the package has no Absent.dll",
    "Shop::Orders::Echo": "Class 'Orders' is missing in assembly 'Shop'",
    "Shop::Shop.Broken::Run": "not built",
}


@pytest.mark.parametrize("handler", HANDLERS)
def test_dotnet__handler_that_names_nothing__says_what_is_missing(handler: str, theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        outcome = await room.invoke(deploy_package(room, package(SOURCE), handler))

        assert outcome.kind is Kind.LOAD
        assert HANDLERS[handler] in json.loads(outcome.payload)["errorMessage"]

    theatre.play(scenario)


def test_dotnet__object_and_initializer__are_one_for_all_calls_of_an_instance(theatre: Theatre) -> None:
    async def scenario(room: Room) -> None:
        bundle = deploy_package(
            room, package(SOURCE), "Shop::Shop.Kept::Handle", initializer="Shop::Shop.Kept::Prepare"
        )
        answers = [(await room.invoke(bundle, text)).payload for text in (b"a", b"b")]

        assert answers == [b'["prod","a"]', b'["prod","a","b"]']

    theatre.play(scenario)


def test_dotnet__package_brings_the_original_library__ours_is_used_in_its_place(
    theatre: Theatre, tmp_path: Path
) -> None:
    """As a build elsewhere packs it: the function's assembly refers to one beside it, of another version."""
    sources = {
        "Aliyun.Serverless.Core": """
            [assembly: System.Reflection.AssemblyVersion("1.0.1.0")]
            namespace Aliyun.Serverless.Core { public interface IFcContext { string RequestId { get; } } }
        """,
        "Theirs": """
            public class F
            {
                public string Run(string text, Aliyun.Serverless.Core.IFcContext a) { return a.RequestId; }
            }
        """,
    }
    for name, source in sources.items():
        (tmp_path / f"{name}.cs").write_text(source)
        others = [f"-r:{path}" for path in tmp_path.glob("*.dll")]
        command = [str(MONO), str(COMPILER), "-target:library", *others, str(tmp_path / f"{name}.cs")]
        subprocess.run(command, check=True, capture_output=True)
    content = pack({path.name: path.read_bytes() for path in tmp_path.glob("*.dll")})

    async def scenario(room: Room) -> None:
        outcome = await room.invoke(deploy_package(room, content, "Theirs::F::Run"))

        assert outcome.kind is Kind.OK, outcome
        assert len(json.loads(outcome.payload)) == 36

    theatre.play(scenario)


def test_dotnet__package_is_built_for_net_standard__its_types_are_found(
    theatre: Theatre, tmp_path: Path
) -> None:
    """Its reference to the assembly of LINQ is renamed, to what it is called there; the names are as long."""
    source = tmp_path / "Theirs.cs"
    source.write_text(
        "using System.Linq;"
        "public class F { public int Run(int[] all) { return all.Where(n => n > 1).Sum(); } }"
    )
    command = [str(MONO), str(COMPILER), "-target:library", str(source)]
    subprocess.run(command, check=True, capture_output=True)
    built = (tmp_path / "Theirs.dll").read_bytes()
    assert built.count(b"System.Core\0") == 1
    content = pack({"Theirs.dll": built.replace(b"System.Core\0", b"netstandard\0")})

    async def scenario(room: Room) -> None:
        outcome = await room.invoke(deploy_package(room, content, "Theirs::F::Run"), b"[1, 2, 3]")

        assert (outcome.kind, outcome.payload) == (Kind.OK, b"5"), outcome

    theatre.play(scenario)
