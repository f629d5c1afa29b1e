from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from invocations.engine.packages import BadPackage
from releases.core.configuration import BadValue
from releases.core.names import BadName
from releases.models import AuditEntry, CodePackage, Function, Service
from releases.operations import catalog, packages
from releases.operations.catalog import (
    CodeChangedMeanwhile,
    Configuration,
    DeletedMeanwhile,
    NameTaken,
    StillNeeded,
)
from tests import make

pytestmark = pytest.mark.django_db


def test_create_service__valid_name__is_kept_with_an_audit_entry() -> None:
    service = make.service("shop")
    entry = AuditEntry.objects.get()
    assert (service.region, service.name, service.last_version) == (make.REGION, "shop", 0)
    assert (entry.action, entry.object, entry.by.username) == ("service.create", "shop", "alice")


@pytest.mark.parametrize("name", ["", "1shop", "-shop", "a b", "s" * 129, "shöp", "shop\n", "a/b"])
def test_create_service__bad_name__is_refused_and_nothing_made(name: str) -> None:
    with pytest.raises(BadName):
        make.service(name)
    assert not Service.objects.exists()


def test_create_service__name_taken_in_region__is_refused() -> None:
    make.service("shop")
    with pytest.raises(NameTaken, match="service 'shop' already exists in cn-hangzhou"):
        make.service("shop")


def test_create_service__same_name_in_another_region__is_another_service() -> None:
    assert make.service("shop") != make.service("shop", region="us-east-1")


def test_delete_service__empty__frees_its_name() -> None:
    catalog.delete_service(make.act(), make.service("shop"))
    assert make.service("shop").retired_at is None


def test_delete_service__in_use__says_by_what() -> None:
    service = make.two_versions()
    make.alias(service)
    with pytest.raises(StillNeeded, match=r"function checkout, 2 versions \(1, 2\) and alias alias1"):
        catalog.delete_service(make.act(), service)


def test_service__deleted_meanwhile__takes_no_change() -> None:
    service = make.service()
    catalog.delete_service(make.act(), Service.objects.get())
    for change in (
        lambda: make.function(service),
        lambda: make.version(service),
        lambda: catalog.describe_service(make.act(), service, description="late"),
        lambda: catalog.delete_service(make.act(), service),
    ):
        with pytest.raises(DeletedMeanwhile, match="service 'shop' was deleted meanwhile"):
            change()
    assert not Function.objects.exists()
    assert not CodePackage.objects.exists()


def test_function__deleted_meanwhile__takes_no_change() -> None:
    function = make.function(make.service())
    catalog.delete_function(make.act(), Function.objects.get())
    configuration = Configuration(runtime="python3", handler="index.handler")
    for change in (
        lambda: catalog.configure_function(
            make.act(), function, configuration=configuration, base_digest=None
        ),
        lambda: make.deploy(function, "late = 1"),
        lambda: catalog.delete_function(make.act(), function),
    ):
        with pytest.raises(DeletedMeanwhile, match="function 'checkout' was deleted meanwhile"):
            change()
    assert AuditEntry.objects.filter(action="function.delete").count() == 1


def test_configure_function__large_package__is_not_read() -> None:
    function = make.function(make.service())
    configuration = Configuration(runtime="python3", handler="index.handler", timeout_s=9)
    with CaptureQueriesContext(connection) as captured:
        catalog.configure_function(
            make.act(),
            Function.objects.get(pk=function.pk),
            configuration=configuration,
            base_digest=Configuration.of(function).digest,
        )
    assert not any('"content"' in query["sql"] for query in captured)


def test_create_function__valid__keeps_its_code_once() -> None:
    service = make.service()
    first, second = make.function(service, "a"), make.function(service, "b")
    assert first.code == second.code
    assert CodePackage.objects.count() == 1


def test_create_function__taken_name__is_refused() -> None:
    service = make.service()
    make.function(service, "checkout")
    with pytest.raises(NameTaken, match="function 'checkout' already exists in service 'shop'"):
        make.function(service, "checkout")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("runtime", "cobol"),
        ("handler", ""),
        ("handler", "h" * 129),
        ("memory_mb", 100),
        ("memory_mb", 4096),
        ("timeout_s", 0),
        ("timeout_s", 601),
        ("environment", {"FC_SECRET": "x"}),
        ("environment", {"KEY": "v" * 5000}),
    ],
)
def test_create_function__value_out_of_bounds__is_refused_and_nothing_made(field: str, value: object) -> None:
    service = make.service()
    with pytest.raises(BadValue):
        make.function(service, **{field: value})
    assert not Function.objects.exists()


def test_create_function__no_zip__is_refused_and_nothing_made() -> None:
    configuration = Configuration(runtime="python3", handler="index.handler")
    with pytest.raises(BadPackage):
        catalog.create_function(
            make.act(), make.service(), name="f", configuration=configuration, package=b"no zip"
        )
    assert not Function.objects.exists()


def test_deploy_code__base_is_current__replaces_the_code() -> None:
    function = make.function(make.service())
    deployed = catalog.deploy_code(
        make.act(), function, package=make.code("x = 1"), base_digest=function.code_id
    )
    assert deployed.code_id != function.code_id


def test_deploy_code__somebody_deployed_meanwhile__overwrites_nothing() -> None:
    function = make.function(make.service())
    theirs = make.deploy(function, "theirs = 1")
    with pytest.raises(CodeChangedMeanwhile):
        catalog.deploy_code(make.act(), function, package=make.code("mine = 1"), base_digest=function.code_id)
    function.refresh_from_db()
    assert function.code_id == theirs.code_id


def test_audit_entry__of_a_function__never_holds_values_of_the_environment() -> None:
    make.function(make.service(), environment={"TOKEN": "hunter2"})
    assert "hunter2" not in str(list(AuditEntry.objects.values()))


def test_audit_entry__update_or_delete__is_refused_by_the_database() -> None:
    make.service()
    for write in (lambda: AuditEntry.objects.update(action="x"), lambda: AuditEntry.objects.all().delete()):
        with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
            write()


def test_code_package__other_content_or_name__is_refused_by_the_database() -> None:
    package = make.function(make.service()).code
    rows = CodePackage.objects.filter(pk=package.pk)
    for write in (lambda: rows.update(content=b"other"), lambda: rows.update(digest="0" * 64)):
        with pytest.raises(IntegrityError, match="named by its SHA-256"), transaction.atomic():
            write()


def test_collect_packages__needed_by_latest_or_a_version__keeps_the_content() -> None:
    service = make.two_versions()
    make.deploy(Function.objects.get(service=service), "y = 3")
    assert packages.collect_packages(before=make.NOW.replace(year=2030)) == 0


def test_collect_packages__needed_by_nothing__empties_it_and_a_deploy_fills_it_again() -> None:
    function = make.function(make.service())
    make.deploy(function, "y = 3")
    assert packages.collect_packages(before=make.NOW.replace(year=2030)) == 1
    assert CodePackage.objects.get(pk=function.code_id).content is None
    make.deploy(function, make.HELLO)
    assert CodePackage.objects.get(pk=function.code_id).content is not None
