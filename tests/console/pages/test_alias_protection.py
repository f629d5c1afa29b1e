from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from releases.core import protection_document
from releases.core.protections import NONE, Barred, Evidence, Freeze, Protection, When, Window
from releases.core.rights import Role
from releases.models import Alias, ChangeRequest
from releases.operations import aliases
from releases.operations.protections import protect_team
from releases.operations.teams import set_group
from releases.queries import changes as query
from tests import make

from .conftest import HTMX, browser

KEY = [make.REGION, "shop", "alias1"]
PAGE, FORM, SENTENCE = (
    reverse(name, args=KEY) for name in ("alias", "alias-protection", "protection-sentence")
)
PLAIN = {"approvals": "1", "expiry": "14", "ratify": "24", "barred": ["author"]}
OWN = PLAIN | {"source": "own", "when": ["any"], "base_revision": "1", "title": ""}
WINDOW = {
    "window-0-days": ["0", "4"],
    "window-0-start": "09:00",
    "window-0-end": "17:00",
    "window-0-zone": "Asia/Shanghai",
}
FREEZE = {
    "freeze-0-start": "2026-12-24T18:00",
    "freeze-0-end": "2026-12-27T08:00",
    "freeze-0-zone": "Asia/Shanghai",
    "freeze-0-reason": "holidays",
}
ANY = Protection(when=frozenset({When.ANY}))


@pytest.fixture
def alias1(db: None) -> Alias:
    return make.alias(make.two_versions())


def own() -> Protection | None:
    return query.own_protection(Alias.objects.get(name="alias1"))


def test_alias__unprotected__says_so_and_leads_to_the_form(alice: Client, alias1: Alias) -> None:
    text = alice.get(PAGE).content.decode()
    assert "Nothing is asked of a change: it takes effect at once." in text
    assert f'href="{FORM}"' in text
    assert "Break the glass" not in text


def test_alias__protected__in_words_with_what_opens_next_and_who_may_break_the_glass(
    alice: Client, alias1: Alias
) -> None:
    make.user("zoe", Role.BREAK_GLASS)
    frozen = Freeze(datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC), "inventory")
    wanted = Protection(when=frozenset({When.ANY}), approvals=2, groups=("sre",), freezes=(frozen,))
    aliases.protect_alias(make.act(), alias1, protection=wanted)
    text = alice.get(PAGE).content.decode()
    assert "Two of one approvers" not in text
    assert "one of group sre among them, must agree before anything changes." in text
    assert "It asks for 2 approvals, and 1 person may give them. Nothing could be applied." in text
    assert "frozen until 2099-01-01 00:00 UTC: inventory" in text
    assert '<time datetime="2099-01-01T00:00:00+00:00">' in text
    assert "zoe may break the glass." in text
    assert "alice may not break the glass of service shop" in text


def test_protect__unprotected_alias__at_once(alice: Client, alias1: Alias) -> None:
    set_group(make.act(), make.team(), name="sre", members=[make.user("alice")])
    everything = {
        "when": ["primary", "weight_above", "weight_rises", "rules", "delete"],
        "weight_above": "30",
        "weight_rises": "12.5",
        "approvals": "2",
        "groups": ["sre"],
        "barred": ["author", "contributors", "publisher"],
        "evidence": ["test_run", "lint"],
        "expiry": "7",
        "ratify": "4",
        "revert": "on",
    }
    response = alice.post(FORM, OWN | everything | WINDOW | FREEZE, follow=True)
    assert response.redirect_chain == [(PAGE, 302)]
    assert own() == Protection(
        when=frozenset(When) - {When.ANY},
        weight_above_bp=3000,
        weight_rises_bp=1250,
        approvals=2,
        groups=("sre",),
        barred=frozenset(Barred),
        expiry=timedelta(days=7),
        evidence=frozenset(Evidence),
        windows=((Window((0, 4), time(9), time(17), "Asia/Shanghai"),),),
        freezes=(
            Freeze(datetime(2026, 12, 24, 10, tzinfo=UTC), datetime(2026, 12, 27, 0, tzinfo=UTC), "holidays"),
        ),
        ratify=timedelta(hours=4),
        revert=True,
    )


def test_protection__opened_and_sent_back__changes_nothing(alice: Client, alias1: Alias) -> None:
    alice.post(FORM, OWN | {"when": ["rules", "weight_above"], "weight_above": "0.5"} | WINDOW | FREEZE)
    before, form = own(), alice.get(FORM).context["form"]
    fields = [*form, *(field for row in (*form.windows, *form.freezes) for field in row)]
    sent = {field.html_name: field.value() for field in fields if field.value()}
    response = alice.post(FORM, sent)
    assert response.status_code == 409
    assert "already protected so" in response.content.decode()
    assert own() == before


def test_protect__protected_alias__becomes_a_request(alice: Client, alias1: Alias) -> None:
    aliases.protect_alias(make.act(), alias1, protection=ANY)
    assert "Propose change" in alice.get(FORM).content.decode()
    seen = {"seen": protection_document.digest(ANY)}
    response = alice.post(FORM, OWN | seen | {"when": [], "title": "No longer needed"}, headers=HTMX)
    request = ChangeRequest.objects.get()
    assert response["HX-Redirect"] == f"/{make.REGION}/changes/{request.pk}/"
    assert (request.kind, request.title, request.status) == ("protection", "No longer needed", "in_review")
    assert own() == ANY


def test_protect__opened_on_another_protection__refused_in_place(alice: Client, alias1: Alias) -> None:
    aliases.protect_alias(make.act(), alias1, protection=ANY)
    seen = {"seen": protection_document.digest(NONE)}
    response = alice.post(FORM, OWN | seen | {"when": []}, headers=HTMX)
    assert response.status_code == 409
    assert "was changed meanwhile" in response.content.decode()
    assert not ChangeRequest.objects.exists()


def test_protect__to_that_of_the_team__ignores_what_is_hidden(alice: Client, alias1: Alias) -> None:
    aliases.protect_alias(make.act(), alias1, protection=NONE)
    bad = {"source": "team", "approvals": "many", "base_revision": "1", "window-0-start": "x"}
    assert alice.post(FORM, bad).status_code == 302
    assert own() is None


def test_form__alias_that_relies_on_its_team__opens_so(alice: Client, alias1: Alias) -> None:
    protect_team(make.act(), make.team(), protection=ANY, seen="")
    form = alice.get(FORM).context["form"]
    assert (form["source"].value(), form["when"].value()) == ("team", ["any"])


@pytest.mark.parametrize(
    ("bad", "field", "told"),
    [
        ({"source": ""}, "source", "required"),
        ({"when": ["sometimes"]}, "when", "not one of the available choices"),
        ({"when": ["weight_above"], "weight_above": ""}, "weight_above", "must be a plain number"),
        ({"when": ["weight_above"], "weight_above": "101"}, "weight_above", "from 0% to 100%"),
        ({"when": ["weight_rises"], "weight_rises": "1.234"}, "weight_rises", "two decimal places"),
        ({"approvals": "11"}, "approvals", "less than or equal to 10"),
        ({"approvals": "-1"}, "approvals", "whole number"),
        ({"approvals": ""}, "approvals", "required"),
        ({"groups": ["nobody"]}, "groups", "not one of the available choices"),
        ({"barred": ["everybody"]}, "barred", "not one of the available choices"),
        ({"evidence": ["hope"]}, "evidence", "not one of the available choices"),
        ({"expiry": "91"}, "expiry", "less than or equal to 90"),
        ({"expiry": "0"}, "expiry", "greater than or equal to 1"),
        ({"ratify": "25"}, "ratify", "less than or equal to 24"),
        ({"title": "a\x07b"}, "title", "control character"),
        ({"title": "x" * 300}, "title", "too long"),
        ({"base_revision": ""}, "base_revision", "open it again"),
        (WINDOW | {"window-0-days": []}, "window-0-days", "at least one day"),
        (WINDOW | {"window-0-days": ["7"]}, "window-0-days", "not one of the available choices"),
        (WINDOW | {"window-0-start": "nine"}, "window-0-start", "written like 09:30"),
        (WINDOW | {"window-0-end": "09:00"}, "window-0-end", "must end after it starts"),
        (WINDOW | {"window-0-zone": "Mars/Crater"}, "window-0-zone", "no such time zone"),
        (WINDOW | {"window-0-zone": "../../etc/passwd"}, "window-0-zone", "no such time zone"),
        (FREEZE | {"freeze-0-start": "tomorrow"}, "freeze-0-start", "written like 2026-12-24T18:00"),
        (FREEZE | {"freeze-0-start": "0001-01-01T00:00"}, "freeze-0-start", "from 2000 to 2999"),
        (FREEZE | {"freeze-0-end": "2026-12-24T17:00"}, "freeze-0-end", "must end after it starts"),
        (FREEZE | {"freeze-0-reason": ""}, "freeze-0-reason", "required"),
        (FREEZE | {"freeze-0-reason": "a\x07"}, "freeze-0-reason", "control character"),
        (FREEZE | {"freeze-0-reason": "a\0"}, "freeze-0-reason", "Null characters"),
    ],
)
def test_protect__bad_input__is_told_at_its_field(
    alice: Client, alias1: Alias, bad: dict[str, object], field: str, told: str
) -> None:
    for headers in ({}, HTMX):
        response = alice.post(FORM, OWN | bad, headers=headers)
        text = response.content.decode()
        assert response.status_code == 422
        form = response.context["form"]
        rows = [name for row in (*form.windows, *form.freezes) for name in map(row.add_prefix, row.errors)]
        assert [*(name for name in form.errors if name != "__all__"), *rows] == [field]
        assert told in text
        if field != "base_revision":
            assert f'id="id_{field}_error"' in text
    assert own() is None


def test_protect__too_many_rows__refused_at_the_limit(alice: Client, alias1: Alias) -> None:
    many = {name.replace("-0-", f"-{place}-"): value for place in range(21) for name, value in WINDOW.items()}
    response = alice.post(FORM, OWN | many)
    assert response.status_code == 422
    assert "At most 20 windows can be kept; 21 were sent." in response.content.decode()


@pytest.mark.parametrize(
    ("pressed", "windows", "freezes"),
    [
        ({"add_window": "1"}, 2, 1),
        ({"remove_window": "0"}, 0, 1),
        ({"remove_window": "7"}, 1, 1),
        ({"add_freeze": "1"}, 1, 2),
        ({"remove_freeze": "0"}, 1, 0),
    ],
)
def test_rows__added_and_removed__keep_what_was_typed_and_judge_nothing(
    alice: Client, alias1: Alias, pressed: dict[str, str], windows: int, freezes: int
) -> None:
    typed = OWN | {"approvals": "99", "when": ["rules"], "revert": "on"} | WINDOW | FREEZE
    for headers in ({}, HTMX):
        response = alice.post(FORM, typed | pressed, headers=headers)
        form = response.context["form"]
        assert response.status_code == 200
        assert (len(form.windows), len(form.freezes)) == (windows, freezes)
        assert (form["approvals"].value(), form["when"].value()) == ("99", ["rules"])
        assert form["revert"].value() is True
        assert "is-invalid" not in response.content.decode()
        if windows:
            assert form.windows[0]["days"].value() == ["0", "4"]
    assert own() is None


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, "One of one approver must agree before anything changes."),
        ({"when": ["weight_above"], "weight_above": "30"}, "before the weight rises above 30%."),
        ({"when": []}, "Nothing is asked of a change"),
        ({"approvals": "3"}, "It asks for 3 approvals, and 1 person may give them."),
        ({"approvals": "x"}, "as soon as everything is filled in"),
        ({"source": "team"}, "Nothing is asked of a change"),
    ],
)
def test_protection_sentence__as_filled_in__says_it_in_words(
    alice: Client, alias1: Alias, changes: dict[str, object], told: str
) -> None:
    response = alice.post(SENTENCE, OWN | changes, headers=HTMX)
    assert response.status_code == 200
    assert told in response.content.decode()


def test_protection__who_may_not_release__is_told_why(db: None, alias1: Alias) -> None:
    viewer = browser()
    viewer.force_login(make.user("vera", Role.VIEWER))
    assert viewer.get(PAGE).status_code == 200
    for response in (viewer.get(FORM), viewer.post(FORM, OWN), viewer.post(SENTENCE, OWN)):
        assert response.status_code == 403
        assert "that needs admin or releaser in team shop-team" in response.content.decode()
    assert own() is None


def test_protection__outsider_and_anonymous__are_turned_away(anonymous: Client, alias1: Alias) -> None:
    assert anonymous.get(FORM)["Location"].startswith(reverse("log-in"))
    stranger = browser()
    stranger.force_login(make.outsider())
    assert stranger.get(FORM).status_code == stranger.post(FORM, OWN).status_code == 404
    assert stranger.post(SENTENCE, OWN).status_code == 404
