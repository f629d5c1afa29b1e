from __future__ import annotations

from pathlib import Path

import pytest

from invocations.runtimes import dotnet
from invocations.runtimes.dotnet import DOTNET


def test_install__of_the_runtime__is_our_worker_and_monos_settings(tmp_path: Path) -> None:
    root = DOTNET.install(tmp_path)

    made = {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}
    assert made == {
        "Aliyun.Serverless.Core.dll",
        "Aliyun.Serverless.Core.dll.so",
        "Facade.dll",
        "Worker.exe",
        "Worker.exe.so",
        "etc/mono/config",
        "etc/mono/4.5/machine.config",
    }
    assert all(path.stat().st_mode & 0o004 for path in root.rglob("*"))
    assert DOTNET.install(tmp_path) == root
    assert [path.name for path in tmp_path.iterdir()] == [root.name]


def test_missing__mono_is_not_installed__says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert dotnet.missing() == ""
    monkeypatch.setattr(dotnet, "MONO", Path("/nowhere/mono"))

    expected = "mono is not installed. On Debian: apt install mono-runtime mono-mcs binutils"
    assert dotnet.missing() == expected


def test_support_assembly__stands_in_for_the_same_names_in_loader_and_compiler() -> None:
    loader = (Path(dotnet.__file__).with_name("workers") / "dotnet" / "Loader.cs").read_text()

    for name in dotnet.OURS:
        assert f'"{name}",' in loader
