from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from console.pages import function_invocations
from invocations.models import Invocation
from tests import make

CHECKOUT = [make.REGION, "shop", "checkout"]
PAGE = reverse("function-invocations", args=CHECKOUT)


def record(number: int, **columns: object) -> Invocation:
    """A row as the recorder writes it; several start within the same second."""
    row = {
        "request_id": UUID(int=number),
        "started_at": make.NOW + timedelta(seconds=number // 3),
        "region": make.REGION,
        "service": "shop",
        "function": "checkout",
        "qualifier": "LATEST",
        "version": "LATEST",
        "alias_revision": 0,
        "outcome": "ok",
        "duration_us": 870,
        "memory_kb": 10240,
        "cold": False,
        "log": "FC Invoke Start RequestId: x\n",
    }
    return Invocation.objects.create(**row | columns)


def ids(page: object) -> list[int]:
    return [item["row"].pk.int for item in page.context["rows"]]  # type: ignore[attr-defined]


def test_function_invocations__none__teaches_the_next_step(alice: Client) -> None:
    make.function(make.service())
    assert "No invocations" in alice.get(PAGE).content.decode()


def test_function_invocations__many__are_paged_without_gap_or_repetition(
    alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function_invocations, "PAGE_SIZE", 4)
    make.function(make.service())
    for number in range(10):
        record(number)
    page = alice.get(PAGE)
    seen = ids(page)
    while page.context["next"]:
        page = alice.get(PAGE, {"before": str(page.context["next"])})
        seen += ids(page)
    assert seen == list(range(9, -1, -1))


def test_function_invocations__of_another_function__are_not_listed(alice: Client) -> None:
    shop = make.service()
    make.function(shop)
    make.function(shop, "pay")
    record(1, function="pay")
    record(2, region="cn-shanghai")
    record(3, service="other")
    assert ids(alice.get(PAGE)) == []
    for number in (1, 2, 3):
        url = reverse("function-invocation", args=[*CHECKOUT, UUID(int=number)])
        assert alice.get(url).status_code == 404


def test_function_invocations__through_an_alias__show_the_part_of_the_version(alice: Client) -> None:
    alias = make.alias(make.two_versions(), canary=2, weight_bp=3000)
    record(1, qualifier="alias1", version="1", alias_revision=alias.revision_id)
    record(2, qualifier="alias1", version="2", alias_revision=alias.revision_id)
    assert [item["part"] for item in alice.get(PAGE).context["rows"]] == ["canary", "primary"]


def test_function_invocations__many__take_no_more_queries(alice: Client, django_assert_num_queries) -> None:
    shop = make.two_versions()
    for number in range(6):
        alias = make.alias(shop, f"a{number}", canary=2, weight_bp=3000)
        record(number, qualifier=f"a{number}", version="2", alias_revision=alias.revision_id)
    # session, user, service, function; rows, revisions; in the frame LATEST differs 3, versions 1,
    # aliases 2, exists at LATEST 1
    with django_assert_num_queries(13):
        alice.get(PAGE)


@pytest.mark.parametrize("before", ["junk", "\0", str(UUID(int=77))])
def test_function_invocations__unknown_place__is_not_found(alice: Client, before: str) -> None:
    make.function(make.service())
    assert alice.get(PAGE, {"before": before}).status_code == 404


def test_function_invocations__of_an_http_function__show_the_status_that_failed(alice: Client) -> None:
    make.function(make.service())
    record(1, outcome="http 503")
    assert "HTTP 503</span>" in alice.get(PAGE).content.decode()


def test_function_invocation__recorded__shows_its_log(alice: Client) -> None:
    make.function(make.service())
    record(1, outcome="timeout", cold=True, log="<i>FC Invoke Start</i>")
    text = alice.get(reverse("function-invocation", args=[*CHECKOUT, UUID(int=1)])).content.decode()
    for shown in ("Timeout", "Cold", "0.87 ms", "10.00 MB", "&lt;i&gt;FC Invoke Start&lt;/i&gt;"):
        assert shown in text


def test_function_invocation__unknown__is_not_found(alice: Client) -> None:
    make.function(make.service())
    assert alice.get(reverse("function-invocation", args=[*CHECKOUT, UUID(int=5)])).status_code == 404
