from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from invocations import models, operations
from releases.models import Alias, AuditEntry, Service
from releases.operations import aliases, testruns
from tests import make

from . import counted
from .conftest import HTMX

REGION = make.REGION
CREATE = reverse("testrun-create", args=[REGION])
FORM = reverse("testrun-form", args=[REGION])
WANTED = {
    "service": "shop",
    "qualifier": "alias1",
    "function": "checkout",
    "total": "2000",
    "concurrency": "16",
    "payload_kind": "lines",
    "payloads": "",
}


@pytest.fixture
def shop(db: None) -> Service:
    shop = make.two_versions()
    make.alias(shop, canary=2, weight_bp=3000)
    return shop


def offered(client: Client, **given: str) -> dict[str, list[str]]:
    form = client.get(CREATE, given).context["form"]
    return {
        name: [value for value, _ in form.fields[name].choices]
        for name in ("service", "qualifier", "function")
    }


def test_testrun_create__opened__offers_what_can_be_called(alice: Client, shop: Service) -> None:
    make.service("empty")
    assert offered(alice) == {
        "service": ["empty", "shop"],
        "qualifier": ["alias1", "LATEST", "2", "1"],
        "function": ["checkout"],
    }
    form = alice.get(CREATE).context["form"]
    assert (form["service"].value(), form["qualifier"].value()) == ("shop", "alias1")


def test_testrun_create__from_another_page__is_filled_in(alice: Client, shop: Service) -> None:
    given = {"service": "shop", "qualifier": "2", "function": "checkout", "total": "50", "concurrency": "2"}
    form = alice.get(CREATE, given).context["form"]
    assert {name: form[name].value() for name in given} == given


def test_testrun_create__no_service__teaches_the_next_step(alice: Client) -> None:
    assert reverse("service-create", args=[REGION]) in alice.get(CREATE).content.decode()


def test_testrun_create__service_without_function__says_so(alice: Client) -> None:
    make.service()
    text = alice.get(CREATE).content.decode()
    assert "There is no function to call there yet." in text
    assert reverse("functions", args=[REGION, "shop"]) in text


def looked(client: Client, **given: str) -> list[str]:
    """The functions that are offered after a choice, which starts nothing."""
    page = client.post(FORM, WANTED | given, headers=HTMX)
    assert page.status_code == 200
    assert page.content.decode().lstrip().startswith("<form")
    assert not models.TestRun.objects.exists()
    return [value for value, _ in page.context["form"].fields["function"].choices]


def test_testrun_create__choice__brings_what_can_be_chosen_next(alice: Client, shop: Service) -> None:
    make.function(shop, "pay")  # at LATEST only
    assert looked(alice, qualifier="2") == ["checkout"]
    assert looked(alice, qualifier="LATEST") == ["checkout", "pay"]
    assert looked(alice, service="\0", qualifier="\0") == ["checkout"]


def test_testrun_create__choice__keeps_what_was_typed(alice: Client, shop: Service) -> None:
    typed = WANTED | {"total": "abc", "payloads": "kept"}
    form = alice.post(FORM, typed).context["form"]
    assert (form["total"].value(), form["payloads"].value(), form.errors) == ("abc", "kept", {})


@pytest.mark.parametrize("payloads", [["{}"], ["a", "b"], ["two\nlines"], [""]])
def test_testrun_create__again__asks_for_the_same_run(
    alice: Client, shop: Service, payloads: list[str]
) -> None:
    first = counted.run(shop, qualifier="2", payloads=payloads, total=50, concurrency=3)
    form = alice.get(CREATE, {"again": first.pk}).context["form"]
    names = [*form.fields]
    alice.post(CREATE, {name: form[name].value() for name in names})
    second = models.TestRun.objects.latest("pk")
    assert second != first
    for column in ("service", "qualifier", "function", "payloads", "request", "total", "concurrency"):
        assert getattr(second, column) == getattr(first, column)


@pytest.mark.parametrize("number", ["0", "-1", "a", "", "\0", "9" * 30])
def test_testrun_create__again_like_a_run_that_is_not_there__is_not_found(
    alice: Client, shop: Service, number: str
) -> None:
    assert alice.get(CREATE, {"again": number}).status_code == 404


def test_testrun_create__alias_without_its_primary_version__is_not_offered(
    alice: Client, shop: Service
) -> None:
    make.alias(shop, "broken", primary=2)
    shop.versions.filter(number=2).update(retired_at=make.NOW)
    assert offered(alice)["qualifier"] == ["alias1", "LATEST", "1"]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_testrun_create__sent__starts_a_run(alice: Client, shop: Service, headers: dict[str, str]) -> None:
    response = alice.post(CREATE, WANTED, headers=headers)
    run = models.TestRun.objects.get()
    page = reverse("testrun", args=[REGION, run.pk])
    assert response.headers.get("HX-Redirect" if headers else "Location") == page
    assert (run.service, run.function, run.qualifier) == ("shop", "checkout", "alias1")
    assert (run.total, run.concurrency, run.payloads, run.created_by) == (2000, 16, [""], "alice")
    assert AuditEntry.objects.filter(action="testrun.start").count() == 1


@pytest.mark.parametrize(
    ("kind", "text", "payloads"),
    [
        ("lines", '{"id": 1}\r\n\r\n{"id": 2}\r\n', ['{"id": 1}', '{"id": 2}']),
        ("lines", "\r\n \r\n", [""]),
        ("whole", '{\r\n  "id": 1\r\n}', ['{\n  "id": 1\n}']),
        ("whole", "", [""]),
    ],
)
def test_testrun_create__payloads__are_read_as_asked(
    alice: Client, shop: Service, kind: str, text: str, payloads: list[str]
) -> None:
    alice.post(CREATE, WANTED | {"payload_kind": kind, "payloads": text})
    assert models.TestRun.objects.get().payloads == payloads


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service": "pay"}, "service"),
        ({"qualifier": ""}, "qualifier"),
        ({"qualifier": "9"}, "qualifier"),
        ({"qualifier": "gone"}, "qualifier"),
        ({"qualifier": "a\0b"}, "qualifier"),
        ({"function": ""}, "function"),
        ({"function": "other"}, "function"),
        ({"total": ""}, "total"),
        ({"total": "0"}, "total"),
        ({"total": "1000001"}, "total"),
        ({"total": "1_000"}, "total"),
        ({"total": "2e3"}, "total"),
        ({"total": "9" * 5000}, "total"),
        ({"concurrency": "0"}, "concurrency"),
        ({"concurrency": "257"}, "concurrency"),
        ({"concurrency": "-1"}, "concurrency"),
        ({"payload_kind": "file"}, "payload_kind"),
        ({"service": "../shop", "qualifier": "../shop", "function": "../shop"}, "service"),
        ({"payloads": "a\0b"}, "payloads"),
        ({"payloads": "x" * (operations.MAX_PAYLOAD_BYTES + 1)}, "payloads"),
        ({"payloads": "x\n" * (operations.MAX_PAYLOADS + 1)}, "payloads"),
    ],
)
def test_testrun_create__bad_input__is_told_at_its_field(
    alice: Client, shop: Service, changes: dict[str, str], field: str
) -> None:
    response = alice.post(CREATE, WANTED | changes)
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert not models.TestRun.objects.exists()


def test_testrun_create__bad_input_by_htmx__answers_the_form_with_what_was_typed(
    alice: Client, shop: Service
) -> None:
    response = alice.post(CREATE, WANTED | {"total": "0", "payloads": "kept"}, headers=HTMX)
    text = response.content.decode()
    assert response.status_code == 422
    assert text.lstrip().startswith("<form")
    assert "kept</textarea>" in text


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_testrun_create__target_gone_at_the_last_moment__is_refused(
    alice: Client, shop: Service, headers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = testruns.start_test_run

    def too_late(act, service, plan):
        aliases.delete_alias(act, Alias.objects.get())
        return start(act, service, plan)

    monkeypatch.setattr(testruns, "start_test_run", too_late)
    response = alice.post(CREATE, WANTED, headers=headers)
    assert response.status_code == 409
    assert "does not exist" in response.content.decode()
    assert not models.TestRun.objects.exists()


def test_testrun_create__anonymous__is_sent_to_log_in(anonymous: Client) -> None:
    assert anonymous.get(CREATE)["Location"].startswith(reverse("log-in"))
    assert anonymous.post(FORM)["Location"].startswith(reverse("log-in"))


def test_testrun_create__wrong_method_or_region__is_turned_away(alice: Client) -> None:
    assert alice.delete(CREATE).status_code == 405
    assert alice.get(FORM).status_code == 405
    assert alice.post(reverse("testrun-form", args=["atlantis"])).status_code == 404
    assert alice.get(reverse("testrun-create", args=["atlantis"])).status_code == 404
