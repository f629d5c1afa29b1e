from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from releases.models import Function, Version, VersionFunction
from releases.operations import catalog, versions
from releases.operations.catalog import StillNeeded
from releases.operations.versions import NoSuchVersion, NothingChanged
from releases.queries import versions as query
from tests import make

pytestmark = pytest.mark.django_db


def test_publish__first_time__snapshots_every_function_as_version_1() -> None:
    service = make.service()
    make.function(service, "a", environment={"K": "v"})
    make.function(service, "b")
    version = make.version(service, "first")
    assert (version.number, version.description) == (1, "first")
    assert [f.name for f in version.functions.order_by("name")] == ["a", "b"]
    assert version.functions.get(name="a").environment == {"K": "v"}


def test_publish__service_without_functions__is_published() -> None:
    assert make.version(make.service()).number == 1


def test_publish__nothing_changed__is_refused_with_the_reason() -> None:
    service = make.service()
    make.function(service)
    make.version(service)
    with pytest.raises(NothingChanged, match="nothing has changed since version 1"):
        make.version(service, "another description is no change")


def test_publish__only_the_service_description_changed__is_a_change() -> None:
    service = make.service()
    make.version(service)
    catalog.describe_service(make.act(), service, description="new")
    assert make.version(service).number == 2


def test_publish__after_the_newest_was_retired__may_repeat_but_never_reuses_the_number() -> None:
    service = make.service()
    versions.retire(make.act(), make.version(service))
    assert make.version(service).number == 2


def test_latest_differs__before_and_after_a_publish_and_a_deploy__tells() -> None:
    service = make.service()
    function = make.function(service)
    assert query.latest_differs(service)
    make.version(service)
    assert not query.latest_differs(service)
    make.deploy(function, "z = 1")
    assert query.latest_differs(service)


def test_retire__free_version__leaves_the_lists_and_keeps_the_row() -> None:
    service = make.two_versions()
    versions.retire(make.act(), Version.objects.get(number=2))
    assert [version.number for version in query.versions(service)] == [1]
    assert Version.objects.count() == 2


def test_retire__twice__is_refused() -> None:
    make.two_versions()
    version = Version.objects.get(number=2)
    versions.retire(make.act(), version)
    with pytest.raises(NoSuchVersion, match="has been deleted already"):
        versions.retire(make.act(), version)


@pytest.mark.parametrize("number", [1, 2])
def test_retire__primary_or_canary_of_an_alias__is_refused_naming_it(number: int) -> None:
    service = make.two_versions()
    make.alias(service, "alias1", primary=1, canary=2, weight_bp=3000)
    with pytest.raises(StillNeeded, match="alias alias1"):
        versions.retire(make.act(), Version.objects.get(number=number))


@pytest.mark.parametrize("change", [{"description": "x"}, {"number": 9}, {"fingerprint": "0" * 64}])
def test_version__content_changed_past_the_application__is_refused_by_the_database(
    change: dict[str, object],
) -> None:
    make.two_versions()
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        Version.objects.filter(number=1).update(**change)


def test_version__deleted_or_unretired_past_the_application__is_refused_by_the_database() -> None:
    make.two_versions()
    versions.retire(make.act(), Version.objects.get(number=2))
    with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
        Version.objects.filter(number=2).update(retired_at=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        Version.objects.filter(number=2)._raw_delete(using="default")


def test_version_function__changed_or_deleted_past_the_application__is_refused_by_the_database() -> None:
    make.two_versions()
    for write in (
        lambda: VersionFunction.objects.update(handler="evil.handler"),
        lambda: VersionFunction.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="immutable"), transaction.atomic():
            write()


def test_delete_function__that_versions_have__leaves_it_in_them() -> None:
    service = make.two_versions()
    catalog.delete_function(make.act(), Function.objects.get(service=service))
    assert VersionFunction.objects.filter(version__number=1, name="checkout").exists()
