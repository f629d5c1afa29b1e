from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from console.samples import NoSample, sample_package
from invocations.runtimes.csharp import compiled
from tests import make
from tests.invocations.engine.rooms import Room, Theatre, temporary_home
from tests.invocations.runtimes.csharp_code import deploy_package, sandbox


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    with temporary_home() as home:
        theatre = Theatre(home)
        yield theatre
        theatre.close()


@pytest.mark.parametrize(("version_id", "version"), [("", "LATEST"), ("2", "2")])
def test_sample__called__returns_qualifier_and_version(
    version_id: str, version: str, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    (code,) = make.files(sample_package("index.handler")).values()
    module: dict[str, object] = {}
    exec(code, module)
    service = SimpleNamespace(qualifier="alias1", version_id=version_id)
    with caplog.at_level("INFO"):
        result = module["handler"](b"{}", SimpleNamespace(service=service))
    assert json.loads(result) == {"qualifier": "alias1", "version": version}
    assert f"called as alias1, served by version {version}" in caplog.text
    assert "the event has 2 bytes" in capsys.readouterr().out


@pytest.mark.parametrize(("version_id", "version"), [("", "LATEST"), ("2", "2")])
def test_http_sample__requested__answers_in_plain_text_with_qualifier_and_version(
    version_id: str, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    (code,) = make.files(sample_package("index.handler", "http")).values()
    module: dict[str, object] = {}
    exec(code, module)
    service = SimpleNamespace(qualifier="alias1", version_id=version_id)
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/cart", "fc.context": SimpleNamespace(service=service)}
    started: list[object] = []
    with caplog.at_level("INFO"):
        body = b"".join(module["handler"](environ, lambda *given: started.extend(given)))
    assert started == ["200 OK", [("Content-Type", "text/plain; charset=utf-8")]]
    assert body.decode() == f"alias1 is served by version {version}\n"
    assert f"GET /cart called as alias1, served by version {version}" in caplog.text


@pytest.mark.parametrize("handler", ["index.handler", "pkg/main.run", "pkg.main.run"])
def test_sample_package__handler__is_where_the_runtime_looks(handler: str) -> None:
    module, _, function = handler.rpartition(".")
    files = make.files(sample_package(handler))
    assert files.keys() == {module.replace(".", "/") + ".py"}
    assert f"def {function}(event, context):" in next(iter(files.values()))


@pytest.mark.parametrize(
    "handler", ["handler", ".handler", "index.", "a-b.c", "a.def", "../a.b", "a..b", "a b.c"]
)
def test_sample_package__no_python_name__is_refused(handler: str) -> None:
    with pytest.raises(NoSample, match=r"module\.function"):
        sample_package(handler)


@pytest.mark.parametrize(
    ("function_type", "handler", "file"),
    [
        ("event", "Shop::Shop.Orders::Handle", "Orders.cs"),
        ("http", "My.Shop::A.B.Web::HandleRequest", "Web.cs"),
        ("http", "Shop::Shop.Web::Serve", "Web.cs"),
    ],
)
def test_sample_package__csharp__compiles_and_tells_the_version(
    function_type: str, handler: str, file: str, theatre: Theatre
) -> None:
    package = compiled(sample_package(handler, function_type, "dotnet"), handler, sandbox=sandbox())
    assert zipfile.ZipFile(io.BytesIO(package)).namelist()[0] == file

    async def scenario(room: Room) -> None:
        bundle = deploy_package(room, package, handler, type=function_type, version="2")
        if function_type == "http":
            assert (await room.request(bundle)).payload == b"prod is served by version 2\n"
        else:
            outcome = await room.invoke(bundle, b"{}")
            assert json.loads(outcome.payload) == {"qualifier": "prod", "version": "2"}
            assert b"called as prod, served by version 2\nthe event has 2 bytes" in outcome.log

    theatre.play(scenario)


@pytest.mark.parametrize(
    "handler", ["index.handler", "Shop::Orders::Handle", "Shop::Shop.1::Handle", "Shop::A.B::"]
)
def test_sample_package__no_csharp_name__is_refused(handler: str) -> None:
    with pytest.raises(NoSample, match="such as Shop::Shop"):
        sample_package(handler, "event", "dotnet")
