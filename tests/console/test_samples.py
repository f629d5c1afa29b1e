from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from console.samples import NoSample, sample_package
from tests import make


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
