"""Compiling C# packages."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from invocations.engine.packages import BadPackage, pack
from invocations.engine.sandbox import Sandbox
from invocations.runtimes import csharp
from invocations.runtimes.csharp import DoesNotCompile, Message, assembly_of, compiled
from tests.invocations.runtimes.csharp_code import sandbox

GOOD = b"namespace Shop { public class Orders { public string Handle(string text) { return text; } } }"
HANDLER = "Shop::Shop.Orders::Handle"


@pytest.fixture
def box() -> Iterator[Sandbox]:
    yield sandbox()
    assert not list(sandbox().storage.code.glob(".compile-*"))


def names(package: bytes) -> list[str]:
    return zipfile.ZipFile(io.BytesIO(package)).namelist()


def test_compiled__sources__gain_their_assembly_and_its_symbols(box: Sandbox) -> None:
    package = compiled(pack({"Orders.cs": GOOD, "data/x": b"1"}), HANDLER, sandbox=box)

    assert names(package) == ["Orders.cs", "data/x", "Shop.dll", "Shop.dll.mdb"]


def test_compiled__twice__gives_the_same_bytes(box: Sandbox) -> None:
    sources = pack({"Orders.cs": GOOD})
    first = compiled(sources, HANDLER, sandbox=box)

    assert compiled(sources, HANDLER, sandbox=box) == first
    assert compiled(first, HANDLER, sandbox=box) is first


def test_compiled__other_sources__replace_the_assembly(box: Sandbox) -> None:
    first = compiled(pack({"Orders.cs": GOOD}), HANDLER, sandbox=box)
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}

    second = compiled(pack(files | {"More.cs": b"class More {}"}), HANDLER, sandbox=box)

    assert sorted(names(second)) == ["More.cs", "Orders.cs", "Shop.dll", "Shop.dll.mdb"]
    assert zipfile.ZipFile(io.BytesIO(second)).read("Shop.dll") != files["Shop.dll"]


@pytest.mark.parametrize("files", [{"Shop.dll": b"MZ"}, {"index.py": b""}, {"obj/Debug/Info.cs": b"no C#"}])
def test_compiled__package_without_sources__stays_as_it_is(files: dict[str, bytes], box: Sandbox) -> None:
    package = pack(files)

    assert compiled(package, HANDLER, sandbox=box) is package


def test_compiled__library_in_the_package__may_be_used(box: Sandbox) -> None:
    library = compiled(
        pack({"Tools.cs": b"public class Tools { public const int One = 1; }"}), "Tools::", sandbox=box
    )
    tools = zipfile.ZipFile(io.BytesIO(library)).read("Tools.dll")
    files = {"Orders.cs": b"class Orders { int one = Tools.One; }", "Tools.dll": tools, "native.dll": b"MZ"}

    assert "Shop.dll" in names(compiled(pack(files), HANDLER, sandbox=box))


ERRORS: dict[str, tuple[dict[str, bytes], Message]] = {
    "syntax": (
        {"a b/{x}.cs": b"class A {\n  int f() { retrun 1; }\n}"},
        Message("a b/{x}.cs", 2, 19, "CS1525", "Unexpected symbol `1'"),
    ),
    "unknown name": (
        {"A.cs": "class A { int ä = ö; }".encode()},
        Message("A.cs", 1, 19, "CS0103", "The name `ö' does not exist in the current context"),
    ),
    "newer language": (
        {"A.cs": b"class A { void F(object o) { switch (o) { case string s: break; } } }"},
        Message(
            "A.cs",
            1,
            56,
            "CS0589",
            "The compiler does not know this part of the language: type pattern matching",
        ),
    ),
    "host file as resource": (
        {"A.cs": b'#line 1 "/etc/passwd"\nclass A { int a = b; }'},
        Message("/etc/passwd", 1, 19, "CS0103", "The name `b' does not exist in the current context"),
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_compiled__source_at_fault__tells_file_line_and_column(name: str, box: Sandbox) -> None:
    files, expected = ERRORS[name]

    with pytest.raises(DoesNotCompile) as caught:
        compiled(pack(files), HANDLER, sandbox=box)

    assert caught.value.messages[0] == expected
    assert str(caught.value).startswith(
        f"{expected.file}({expected.line},{expected.column}): {expected.code}: "
    )


def test_compiled__thousand_faults__are_not_all_kept(box: Sandbox) -> None:
    source = b"class A {" + b"int a = b;" * 1000 + b"}"

    with pytest.raises(DoesNotCompile) as caught:
        compiled(pack({"A.cs": source}), HANDLER, sandbox=box)

    assert len(caught.value.messages) == csharp.MAX_SHOWN


def test_compiled__handler_names_no_assembly__says_so(box: Sandbox) -> None:
    with pytest.raises(DoesNotCompile, match=r"not of the form Assembly::Namespace\.Class::Method"):
        compiled(pack({"A.cs": GOOD}), "index.handler", sandbox=box)


def test_compiled__no_zip__is_refused(box: Sandbox) -> None:
    with pytest.raises(BadPackage, match="not a zip file"):
        compiled(b"no zip", HANDLER, sandbox=box)


def test_compiled__compiler_takes_too_long__is_ended(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csharp, "COMPILE_S", 0.01)

    with pytest.raises(DoesNotCompile, match="longer than"):
        compiled(pack({"A.cs": GOOD}), HANDLER, sandbox=box)


def test_compiled__mono_is_absent__says_how_to_get_it(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("invocations.runtimes.dotnet.MONO", Path("/nowhere/mono"))

    with pytest.raises(DoesNotCompile, match="apt install mono-runtime mono-mcs binutils"):
        compiled(pack({"A.cs": GOOD}), HANDLER, sandbox=box)


@pytest.mark.parametrize("handler", ["Shop", "::a::b", "a/b::c::d", "-out::c::d", "", "..::a::b"])
def test_assembly_of__no_name__is_empty(handler: str) -> None:
    assert assembly_of(handler) == ""
