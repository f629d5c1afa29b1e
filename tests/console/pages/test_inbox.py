from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from releases.core.notices import Kind
from releases.models import AuditEntry, Notice, User
from releases.operations import notices
from tests import make

INBOX, BELL, READ = reverse("inbox"), reverse("inbox-bell"), reverse("inbox-read")
PATH = "/cn-hangzhou/changes/7/"


def told(
    kind: Kind = Kind.APPLIED, to: User | None = None, *, path: str = PATH, text: str = "look"
) -> Notice:
    notices.tell(
        make.act(make.user("bob")), kind, [to or make.user()], team=make.team(), text=text, path=path
    )
    return Notice.objects.latest("pk")


def read(notice: Notice) -> bool:
    notice.refresh_from_db()
    return notice.read_at is not None


@pytest.mark.parametrize("address", [INBOX, BELL, READ])
def test_inbox__anonymous__is_sent_to_log_in(anonymous: Client, address: str) -> None:
    for response in (anonymous.get(address), anonymous.post(address)):
        assert response.status_code == 302
        assert response["Location"].startswith(reverse("log-in"))


def test_inbox__wrong_method__is_not_allowed(alice: Client) -> None:
    read_one = reverse("notice-read", args=[told().pk])
    assert [alice.post(INBOX).status_code, alice.post(BELL).status_code] == [405, 405]
    assert [alice.get(READ).status_code, alice.get(read_one).status_code] == [405, 405]


def test_inbox__empty__says_what_will_be_there(alice: Client) -> None:
    assert "Nothing yet" in alice.get(INBOX).content.decode()


def test_inbox__what_needs_the_person__comes_first(alice: Client) -> None:
    waits = told(Kind.REVIEW_WANTED)
    newer = told(path="/cn-hangzhou/changes/8/", text="<b>bold</b>")
    response = alice.get(INBOX)
    assert [row["notice"] for row in response.context["rows"]] == [waits, newer]
    text = response.content.decode()
    assert f'href="{PATH}"' in text
    assert "&lt;b&gt;bold" in text
    assert "1 waits for you, 1 more unread" in text


def test_inbox__looked_at__reads_nothing(alice: Client) -> None:
    notice = told()
    alice.get(INBOX)
    assert not read(notice)


def test_inbox__of_others__is_theirs(alice: Client) -> None:
    carol = make.user("carol")
    notice = told(to=carol)
    assert list(alice.get(INBOX).context["rows"]) == []
    assert alice.post(reverse("notice-read", args=[notice.pk])).status_code == 404
    alice.post(READ)
    assert not read(notice)


def test_inbox__many__are_paged_and_take_no_more_queries(alice: Client, django_assert_num_queries) -> None:
    for number in range(35):
        told(path=f"/cn-hangzhou/changes/{number}/")
    with django_assert_num_queries(5):  # session, user, count, rows, how many wait
        response = alice.get(INBOX)
    assert (len(response.context["rows"]), response.context["page"].paginator.num_pages) == (30, 2)
    assert len(alice.get(INBOX, {"page": "2"}).context["rows"]) == 5


def test_notice_read__one__is_read_and_leaves_no_audit_entry(alice: Client) -> None:
    first, second = told(), told()
    entries = AuditEntry.objects.count()
    response = alice.post(reverse("notice-read", args=[first.pk]))
    assert response["Location"] == INBOX
    assert (read(first), read(second), AuditEntry.objects.count()) == (True, False, entries)


def test_notice_read__and_go__leads_to_the_page_that_asks(alice: Client) -> None:
    notice = told(Kind.REVIEW_WANTED)
    response = alice.post(reverse("notice-read", args=[notice.pk]), {"go": "1"})
    assert response["Location"] == PATH
    assert read(notice)
    assert notice.needs_action  # reading is not doing


@pytest.mark.parametrize("number", [7, 10**30])
def test_notice_read__unknown__is_not_found(alice: Client, number: int) -> None:
    assert alice.post(reverse("notice-read", args=[number])).status_code == 404


def test_inbox_read__all__keeps_the_time_of_what_was_read(alice: Client) -> None:
    first, second = told(), told()
    alice.post(reverse("notice-read", args=[first.pk]))
    assert read(first)
    when = first.read_at
    assert alice.post(READ)["Location"] == INBOX
    assert (read(first), read(second), first.read_at) == (True, True, when)


def test_inbox_bell__on_every_page__asks_no_query_and_then_by_itself(alice: Client) -> None:
    told()
    text = alice.get(reverse("services", args=[make.REGION])).content.decode()
    assert f'id="inbox-bell" href="{INBOX}"' in text
    assert 'hx-trigger="load, every 30s"' in text


def test_inbox_bell__count__is_what_waits_and_is_unread(alice: Client, django_assert_num_queries) -> None:
    told(Kind.REVIEW_WANTED)
    told()
    with django_assert_num_queries(3):  # session, user, count
        response = alice.get(BELL)
    text = response.content.decode()
    assert 'aria-label="Inbox: 1 for you to do, 1 more unread"' in text
    assert 'hx-trigger="every 30s"' in text
    assert alice.get(BELL, {"shown": response.context["bell_shown"]}).status_code == 204
    alice.post(READ)
    assert alice.get(BELL, {"shown": response.context["bell_shown"]}).context["bell"].total == 1
