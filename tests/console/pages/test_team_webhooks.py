from __future__ import annotations

import pytest
from cryptography.fernet import Fernet
from django.conf import settings as configured
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from releases.core.rights import Role
from releases.core.targets import parse_allowed
from releases.models import AuditEntry, Outgoing, Webhook
from releases.operations import webhooks as operation
from releases.operations.sending import FIRST_WAIT
from releases.queries.access_keys import box
from tests import make

URL = "https://hooks.example/serin?token=xyz"
HTMX = {"hx-request": "true"}


def page() -> str:
    return reverse("team-webhooks", args=[make.team().pk])


def deliveries() -> str:
    return reverse("webhook-deliveries", args=[make.team().pk])


def hook(team: str = make.TEAM) -> Webhook:
    return operation.add_webhook(make.act(), make.team(team), url=URL).webhook


def address(name: str, webhook: Webhook, team: str = make.TEAM) -> str:
    return reverse(name, args=[make.team(team).pk, webhook.pk])


@pytest.fixture
def addresses(db: None) -> list[tuple[str, str]]:
    """Every address with its method."""
    webhook = hook()
    posted = [address(name, webhook) for name in ("webhook-test", "webhook-remove")]
    return [("get", page()), ("post", page()), ("get", deliveries()), *(("post", url) for url in posted)]


def test_webhooks__anonymous__is_sent_to_log_in(anonymous: Client, addresses: list[tuple[str, str]]) -> None:
    for method, url in addresses:
        assert getattr(anonymous, method)(url).status_code == 302


def test_webhooks__outsider__finds_nothing(anonymous: Client, addresses: list[tuple[str, str]]) -> None:
    anonymous.force_login(make.outsider())
    assert {getattr(anonymous, method)(url).status_code for method, url in addresses} == {404}


def test_webhooks__member_who_is_no_admin__is_told_why(
    anonymous: Client, addresses: list[tuple[str, str]]
) -> None:
    anonymous.force_login(make.user("dana", *(set(Role) - {Role.ADMIN})))
    for method, url in addresses:
        response = getattr(anonymous, method)(url, {"url": URL})
        assert response.status_code == 403
        assert "that needs admin in team shop-team" in response.content.decode()
    anonymous.force_login(make.user("erin", Role.ADMIN))
    assert anonymous.get(page()).status_code == 200


def test_webhooks__wrong_method__is_not_allowed(alice: Client) -> None:
    webhook = hook()
    assert alice.post(deliveries()).status_code == 405
    assert alice.get(address("webhook-test", webhook)).status_code == 405
    assert alice.get(address("webhook-remove", webhook)).status_code == 405


def test_webhooks__none__says_what_they_are_for(alice: Client) -> None:
    text = alice.get(page()).content.decode()
    assert "No webhooks yet" in text
    assert "Nothing was sent yet" in text


def test_webhook_add__public_address__shows_its_secret_once(alice: Client) -> None:
    response = alice.post(page(), {"url": URL})
    secret = response.context["made"].secret
    assert response.status_code == 200
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert secret not in alice.get(page()).content.decode()
    webhook = Webhook.objects.get()
    sealed: Fernet = box(configured.SECRET_KEY)
    assert secret.encode() not in bytes(webhook.secret_box)
    assert sealed.decrypt(bytes(webhook.secret_box)).decode() == secret


def test_webhook_add__audit__names_the_host_without_what_may_be_secret(alice: Client) -> None:
    alice.post(page(), {"url": URL})
    entry = AuditEntry.objects.get(action="webhook.add")
    assert (entry.team, entry.after) == (make.TEAM, {"host": "https://hooks.example"})


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "ftp://hooks.example/",
        "http://127.0.0.1:9000/",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data/",
        "https://user:password@hooks.example/",
        "https://hooks.example:22/",
        "https://hooks.example/\0",
        "https://hooks.example/" + "x" * 1100,
    ],
)
def test_webhook_add__no_public_address__is_an_error_at_the_field(alice: Client, url: str) -> None:
    response = alice.post(page(), {"url": url})
    assert response.status_code == 422
    assert response.context["form"].errors.keys() == {"url"}
    assert not Webhook.objects.exists()


def test_webhook_add__inside_but_allowed__is_taken(alice: Client, settings: Settings) -> None:
    settings.WEBHOOK_ALLOW = parse_allowed(["10.1.0.0/16"])
    assert alice.post(page(), {"url": "http://10.1.2.3:8080/"}).status_code == 200
    assert alice.post(page(), {"url": "http://10.2.2.3:8080/"}).status_code == 422


def test_webhook_add__too_many__is_refused_in_place(alice: Client) -> None:
    for _ in range(operation.MAX_WEBHOOKS):
        hook()
    response = alice.post(page(), {"url": URL})
    assert response.status_code == 409
    assert "remove one first" in response.content.decode()


def test_webhook_remove__once__is_gone_and_cannot_be_tested(alice: Client) -> None:
    webhook = hook()
    remove = address("webhook-remove", webhook)
    assert alice.post(remove, headers=HTMX)["HX-Redirect"] == page()
    assert URL not in alice.get(page()).content.decode()
    assert alice.post(remove).status_code == 404
    assert alice.post(address("webhook-test", webhook)).status_code == 404
    assert AuditEntry.objects.filter(action="webhook.remove").count() == 1


def test_webhook__of_another_team__is_not_found_here(alice: Client) -> None:
    make.user("eve", of="others")
    theirs = hook("others")
    for name in ("webhook-test", "webhook-remove"):
        assert alice.post(address(name, theirs)).status_code == 404
        assert alice.post(address(name, theirs, "others")).status_code == 404
    assert alice.post(reverse("webhook-test", args=[make.team().pk, 10**30])).status_code == 404


def test_webhook_test__asked_for__goes_into_the_outbox(alice: Client) -> None:
    assert alice.post(address("webhook-test", hook()))["Location"] == page()
    row = Outgoing.objects.get()
    assert (row.document["kind"], row.document["path"], row.tries) == ("test", page(), 0)
    assert "On its way" in alice.get(page()).content.decode()


def test_webhook_test__twice_at_once__is_refused(alice: Client) -> None:
    test = address("webhook-test", hook())
    alice.post(test)
    response = alice.post(test, headers=HTMX)
    assert response.status_code == 409
    assert "a moment ago" in response.content.decode()


def test_deliveries__each_outcome__is_shown_with_its_error(alice: Client) -> None:
    webhook = hook()
    row = operation.send_test(make.act(), webhook)
    states = [
        ({"tries": 1, "error": "it answered 500", "next_try_at": make.NOW + FIRST_WAIT}, "Not yet"),
        ({"tries": 9, "error": "it answered 500", "next_try_at": None}, "Given up"),
        ({"tries": 2, "error": "", "next_try_at": None, "sent_at": make.NOW}, "Delivered"),
    ]
    for columns, word in states:
        Outgoing.objects.filter(pk=row.pk).update(**columns)
        text = alice.get(deliveries()).content.decode()
        assert word in text
        assert ("it answered 500" in text) is bool(columns["error"])
        assert ("hx-get" in text) is (columns["next_try_at"] is not None)


def test_deliveries__nothing_new__is_no_content(alice: Client) -> None:
    row = operation.send_test(make.act(), hook())
    shown = alice.get(deliveries()).context["shown"]
    assert alice.get(deliveries(), {"shown": shown}).status_code == 204
    Outgoing.objects.filter(pk=row.pk).update(tries=1)
    assert alice.get(deliveries(), {"shown": shown}).status_code == 200


def test_webhooks__many__take_no_more_queries(alice: Client, django_assert_num_queries) -> None:
    for _ in range(6):
        operation.send_test(make.act(), hook())
    with django_assert_num_queries(7):  # session, user, team, roles, webhooks, deliveries
        alice.get(page())
