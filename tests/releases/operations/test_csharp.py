"""C# sources are compiled when they are deployed."""

from __future__ import annotations

import io
import zipfile

import pytest

from invocations.engine.packages import BadPackage, pack
from releases.models import CodePackage, Function
from releases.operations import catalog
from releases.operations.catalog import Configuration
from tests import make

pytestmark = pytest.mark.django_db

GOOD = b"namespace Shop { public class Orders { public string Handle(string text) { return text; } } }"
CSHARP = Configuration(runtime="dotnet", handler="Shop::Shop.Orders::Handle")
SOURCES = pack({"Orders.cs": GOOD})


def create(package: bytes = SOURCES, configuration: Configuration = CSHARP) -> Function:
    service = make.service()
    return catalog.create_function(
        make.act(), service, name="checkout", configuration=configuration, package=package
    )


def names(function: Function) -> list[str]:
    content = CodePackage.objects.get(pk=function.code_id).content
    return sorted(zipfile.ZipFile(io.BytesIO(bytes(content or b""))).namelist())


def test_create_function__csharp_sources__keeps_them_with_their_assembly() -> None:
    assert names(create()) == ["Orders.cs", "Shop.dll", "Shop.dll.mdb"]


def test_deploy_code__equal_sources__are_the_same_code() -> None:
    function = create()
    before = function.code_id

    catalog.deploy_code(make.act(), function, package=SOURCES, base_digest=before)

    assert Function.objects.get().code_id == before


def test_deploy_code__does_not_compile__is_refused_and_keeps_what_was() -> None:
    function = create()
    before = function.code_id

    with pytest.raises(BadPackage) as caught:
        catalog.deploy_code(make.act(), function, package=pack({"Orders.cs": b"class {"}), base_digest=None)

    assert caught.value.sentences[0].startswith("Orders.cs(1,6): CS1001: ")
    assert Function.objects.get().code_id == before


def test_configure_function__other_assembly__compiles_the_code_anew() -> None:
    function = create()

    other = Configuration(runtime="dotnet", handler="Store::Shop.Orders::Handle")
    catalog.configure_function(make.act(), function, configuration=other, base_digest=None)

    assert "Store.dll" in names(Function.objects.get())


def test_configure_function__other_method__keeps_the_code() -> None:
    function = create()
    before = function.code_id

    other = Configuration(runtime="dotnet", handler="Shop::Shop.Orders::Other")
    catalog.configure_function(make.act(), function, configuration=other, base_digest=None)

    assert Function.objects.get().code_id == before


def test_configure_function__becomes_csharp__is_refused_when_it_does_not_compile() -> None:
    python = Configuration(runtime="python3", handler="index.handler")
    function = create(pack({"Orders.cs": b"class {"}), python)

    with pytest.raises(BadPackage):
        catalog.configure_function(make.act(), function, configuration=CSHARP, base_digest=None)

    assert Function.objects.get().runtime == "python3"
