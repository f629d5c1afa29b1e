"""The audit log on a real PostgreSQL: what is refused, what is found; and every write leaves an entry."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from releases.core import audit_words
from releases.core.chains import Broken
from releases.core.policies import Canary, Policy
from releases.core.rights import Role
from releases.models import AuditEntry
from releases.operations import aliases, break_glass, changes
from releases.operations.access_keys import create_access_key
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from releases.operations.change_rows import Kind, Proposed
from releases.queries import audit as query
from tests import make

ROOT = Path(settings.BASE_DIR) / "releases" / "operations"
TABLE = AuditEntry._meta.db_table

# Writes that nobody asked for, or that are a part of one that leaves an entry itself.
PARTS = {"tell", "give", "say", "tell_of", "ask_reviewers", "check", "mark_read", "set_address"}


@pytest.fixture
def log(db: None) -> list[AuditEntry]:
    """Six entries, of which the first made a service."""
    make.two_versions()
    return list(AuditEntry.objects.order_by("pk"))


def tamper(sql: str, *values: object) -> None:
    """What somebody does who owns the tables."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")
        cursor.execute(sql, values)
        cursor.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER USER")


def broken() -> Broken | None:
    return query.verify()[0].broken


@pytest.mark.parametrize(
    "sql", [f"UPDATE {TABLE} SET reason = 'x'", f"DELETE FROM {TABLE}", f"TRUNCATE {TABLE}"]
)
def test_database__asked_to_change_the_log__refuses(log: list[AuditEntry], sql: str) -> None:
    with pytest.raises(DatabaseError, match="is refused"), transaction.atomic():
        connection.cursor().execute(sql)
    assert AuditEntry.objects.count() == len(log)


def test_verify__as_written__holds(log: list[AuditEntry]) -> None:
    reading, _ = query.verify()
    assert (reading.broken, reading.chained, reading.unchained) == (None, len(log), 0)
    assert reading.head is not None
    assert (reading.head.number, reading.head.digest) == (log[-1].pk, log[-1].digest)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("at", "2020-01-01T00:00:00Z"),
        ("by_id", 10**9),
        ("source", "worker"),
        ("action", "alias.delete"),
        ("region", "us-east-1"),
        ("object", "shop/other"),
        ("team", "other"),
        ("before", '{"a": 1}'),
        ("after", '{"a": 1}'),
        ("reason", "because"),
        ("request", "abc"),
        ("ip", "192.0.2.1"),
    ],
)
def test_verify__any_column_changed__is_found(log: list[AuditEntry], column: str, value: object) -> None:
    tamper(f"UPDATE {TABLE} SET {column} = %s WHERE id = %s", value, log[2].pk)
    assert broken() == Broken(log[2].pk, "was changed after it was written")


def test_verify__every_column_of_the_entry__is_covered() -> None:
    covered = set(query.entry_of(AuditEntry(at=make.NOW)))
    columns = {field.name for field in AuditEntry._meta.fields}
    assert columns - covered == {"id", "previous", "digest"}


def test_verify__entry_deleted__is_found_at_the_next(log: list[AuditEntry]) -> None:
    tamper(f"DELETE FROM {TABLE} WHERE id = %s", log[2].pk)
    assert broken() == Broken(log[3].pk, "does not follow the entry before it: one was taken out or put in")


def test_verify__first_entry_deleted__is_found(log: list[AuditEntry]) -> None:
    tamper(f"DELETE FROM {TABLE} WHERE id = %s", log[0].pk)
    assert broken() is not None


@pytest.mark.parametrize("digest", ["", "ab" * 32])
def test_verify__entry_put_in__is_found(log: list[AuditEntry], digest: str) -> None:
    tamper(
        f"INSERT INTO {TABLE} (at, by_id, source, action, region, object, team, reason, request, previous,"
        " digest) VALUES (now(), 1, 'page', 'alias.change', '', 'shop', '', '', '', '', %s)",
        digest,
    )
    found = broken()
    assert found is not None
    assert found.number > log[-1].pk


def test_verify__digest_made_anew_for_a_change__is_found_at_the_next(log: list[AuditEntry]) -> None:
    tamper(f"UPDATE {TABLE} SET digest = %s WHERE id = %s", "ab" * 32, log[2].pk)
    assert broken() == Broken(log[2].pk, "was changed after it was written")


def test_verify__end_cut_off__is_found_by_a_head_that_was_kept(log: list[AuditEntry]) -> None:
    head = log[-1].digest
    assert query.verify(known={head}) == (query.verify()[0], set())
    tamper(f"DELETE FROM {TABLE} WHERE id = %s", log[-1].pk)
    reading, missing = query.verify(known={head})
    assert (reading.broken, missing) == (None, {head})


def test_verify__entries_from_before_the_chain__are_counted_apart(db: None) -> None:
    act = make.act()
    for name in ("old1", "old2"):
        AuditEntry.objects.create(
            at=make.NOW, by=act.by, source="page", action="service.create", region="", object=name
        )
    with transaction.atomic():
        act.record("service.create", on=None, path="new")
    reading, _ = query.verify()
    assert (reading.broken, reading.unchained, reading.chained) == (None, 2, 1)


def test_record__what_is_kept_as_json__is_read_back_to_the_same_digest(db: None) -> None:
    after = {"text": 'é ☃ " \\ \n', "big": 10**30, "list": [1, None, True, {"b": 1, "a": 2}], "half": 0.5}
    act = Act(by=make.user(), at=make.NOW, source="page", request="r", ip="2001:DB8::1")
    with transaction.atomic():
        act.record("service.create", on=None, path="x", before={}, after=after, reason="why")
    assert query.verify()[0].broken is None


def test_record__outside_of_a_transaction__is_refused(transactional_db: None) -> None:
    act = make.act()
    with pytest.raises(AssertionError, match="outside of a transaction"):
        act.record("service.create", on=None, path="x")


def test_break_glass__with_a_reason__leaves_entries_of_that_source(db: None) -> None:
    alias = make.protected_alias()
    erin = make.user("erin", Role.BREAK_GLASS, Role.RELEASER)
    act = Act(by=erin, at=make.NOW, source="page", request="r-1", ip="192.0.2.7")
    setting = Setting(policy=Policy(1, Canary(2, 5000)))
    reason = "the shop is down and nobody is awake"
    break_glass.break_glass(act, alias, setting, base_revision=1, reason=reason)
    written = AuditEntry.objects.filter(request="r-1")
    assert {entry.action for entry in written} == {"alias.change", "change.break_glass"}
    assert {(entry.source, entry.ip) for entry in written} == {("break-glass", "192.0.2.7")}
    assert written.get(action="change.break_glass").reason == reason


def test_comment__given__leaves_an_entry_with_its_text(db: None) -> None:
    alias = make.alias(make.two_versions(), canary=2, weight_bp=1000)
    setting = Setting(policy=Policy(1, Canary(2, 5000)))
    proposed = Proposed(Kind.POLICY, "More", setting)
    request = changes.propose(make.act(), alias, proposed, base_revision=1)
    changes.comment(make.act(), request, text="why now?")
    entry = AuditEntry.objects.get(action="change.comment")
    assert (entry.object, entry.after) == (f"shop/alias1#{request.pk}", {"text": "why now?"})


# Held to the code -------------------------------------------------------------------------------------------


def functions() -> dict[str, list[ast.FunctionDef]]:
    found: dict[str, list[ast.FunctionDef]] = {}
    for path in sorted(ROOT.glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef):
                found.setdefault(node.name, []).append(node)
    return found


def called(node: ast.FunctionDef) -> set[str]:
    calls = [each.func for each in ast.walk(node) if isinstance(each, ast.Call)]
    return {each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in calls}


def acting() -> list[str]:
    """The public operations: their first argument is the act."""
    return sorted(
        name
        for name, nodes in functions().items()
        if not name.startswith("_") and any(n.args.args and n.args.args[0].arg == "act" for n in nodes)
    )


@pytest.mark.parametrize("name", sorted(set(acting()) - PARTS))
def test_operation__every_one__leaves_an_entry(name: str) -> None:
    known = functions()
    seen, ahead = set(), {name}
    while ahead:
        each = ahead.pop()
        seen.add(each)
        for node in known.get(each, []):
            ahead |= called(node) - seen
    assert "record" in seen, f"{name} writes without an entry"


def recorded() -> set[str]:
    """Every action that stands in the code of operations and console."""
    texts = [path.read_text() for path in (*ROOT.glob("*.py"), *ROOT.parents[1].glob("console/**/*.py"))]
    constants = (
        node.value
        for text in texts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    nouns = {action.partition(".")[0] for action in audit_words.ACTIONS}
    return {
        text
        for text in constants
        if text.count(".") == 1
        and text.partition(".")[0] in nouns
        and text.partition(".")[2].replace("_", "").isalpha()
    }


def test_actions__all_that_are_recorded__have_words_that_fit_their_column() -> None:
    assert recorded() - set(audit_words.ACTIONS) == set()
    assert len(recorded()) > 40
    assert all(len(action) <= 48 for action in audit_words.ACTIONS)


def test_access_key__created__belongs_to_no_team(db: None) -> None:
    pair = create_access_key(make.act(), make.user())
    assert AuditEntry.objects.get(object=pair.key_id).team == ""


def test_alias__changed__tells_whose_it_is_and_what_it_was(db: None) -> None:
    alias = make.alias(make.two_versions())
    aliases.change_alias(make.act(), alias, base_revision=1, setting=Setting(policy=Policy(2), reason="go"))
    entry = AuditEntry.objects.get(action="alias.change")
    assert (entry.team, entry.object, entry.reason) == (make.TEAM, "shop/alias1", "go")
    assert (entry.before["versionId"], entry.after["versionId"]) == ("1", "2")
