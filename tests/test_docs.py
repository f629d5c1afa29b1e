"""Holds the documents to the code: what they name exists, and what they state is so."""

from __future__ import annotations

import ast
import dataclasses
import doctest
import pkgutil
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import MemberDescriptorType

import pytest
from django.core.management import get_commands

from console import env
from console.celery import app
from invocations import queries, retention

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("console", "releases", "invocations")
DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
}
EACH_DOCUMENT = pytest.mark.parametrize("name", sorted(DOCUMENTS))

READERS = {name for name in vars(env) if callable(getattr(env, name)) and name.islower()} | {"get"}
UNITS = {"": 1, "KB": 2**10, "MB": 2**20, "s": 1, "min": 60, "days": 86_400}


def rows(text: str) -> Iterator[list[str]]:
    """The cells of every table row."""
    for line in text.splitlines():
        if line.startswith("| "):
            yield [cell.strip() for cell in line.strip("|").split(" | ")]


def resolve(name: str) -> object:
    """What a dotted name stands for; `name[key]` looks into a dict, a dataclass's field is its default."""
    path, _, key = name.rstrip("]").partition("[")
    found = pkgutil.resolve_name(path)
    if isinstance(found, MemberDescriptorType):
        return {field.name: field.default for field in dataclasses.fields(found.__objclass__)}[found.__name__]
    return found[int(key)] if key else found


def code_names(text: str) -> set[str]:
    return set(re.findall(r"`((?:console|releases|invocations)(?:\.\w+)+(?:\[\d+\])?)`", text))


def variables_read() -> set[str]:
    """Environment variables that an operator may set: every constant that a reader is called with."""
    calls = (
        node
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
    )
    names = {call.args[0].value for call in calls if getattr(call.func, "attr", call.func) in READERS}
    home = {"SERIN_HOME"}  # read by the readers' own module
    return home | {name for name in names if re.fullmatch(r"SERIN_[A-Z_]+|DATABASE_URL|REDIS_URL", str(name))}


def test_operations__table_of_variables__has_all_that_are_read_and_no_other() -> None:
    text = DOCUMENTS["docs/operations.md"].partition("## Variables")[2].partition("\n## ")[0]
    documented = [cells[0].strip("`") for cells in rows(text) if cells[0].startswith("`")]
    assert len(documented) == len(set(documented))
    assert set(documented) == variables_read()


def test_glossary__each_word__names_code_that_exists() -> None:
    words = [cells for cells in rows(DOCUMENTS["docs/glossary.md"]) if cells[0] not in {"word", "---"}]
    assert len(words) > 30
    for _word, _meaning, names in words:
        assert [resolve(name) for name in code_names(names)]


@EACH_DOCUMENT
def test_document__names_of_code__exist(name: str) -> None:
    app.loader.import_default_modules()
    for dotted in code_names(DOCUMENTS[name]) - set(app.tasks):
        resolve(dotted)


@EACH_DOCUMENT
def test_document__paths__exist(name: str) -> None:
    folders = "console|releases|invocations|tests|docs|templates|requirements|static/src"
    paths = re.findall(rf"`((?:{folders})/[\w./-]*)`", DOCUMENTS[name])
    assert [path for path in paths if not (ROOT / path).exists()] == []


@EACH_DOCUMENT
def test_document__links__lead_somewhere(name: str) -> None:
    here = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", DOCUMENTS[name]):
        path, _, anchor = target.partition("#")
        linked = (here.parent / path).resolve() if path else here
        assert linked.is_file(), target
        headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
        slugs = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
        assert not anchor or anchor in slugs, target


@EACH_DOCUMENT
def test_document__commands__exist(name: str) -> None:
    text = DOCUMENTS[name]
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    made = re.findall(r"(?:^ {4}|`)make (?:-C \S+ +)?([a-z]+)", text, re.MULTILINE)
    managed = re.findall(r"manage\.py\s+([a-z_]+)", text)
    assert set(made) <= targets
    assert set(managed) <= set(get_commands()) | {"help"}


def test_readme__commands__begins_with_the_two() -> None:
    commands = re.findall(r"^ {4}(make [a-z]+)", DOCUMENTS["README.md"], re.MULTILINE)
    assert commands[:2] == ["make up", "make test"]


def limits() -> Iterator[tuple[str, str]]:
    for text in DOCUMENTS.values():
        for cells in rows(text):
            if len(cells) == 3 and re.fullmatch(r"[\d,.]+( \w+)?", cells[1]) and code_names(cells[2]):
                yield cells[1], cells[2].strip("`")


@pytest.mark.parametrize(("stated", "name"), sorted(set(limits())))
def test_limit__as_documented__is_the_codes(stated: str, name: str) -> None:
    figure, _, unit = stated.replace(",", "").partition(" ")
    value = resolve(name)
    seconds_or_number = value.total_seconds() if isinstance(value, timedelta) else value
    assert float(figure) * UNITS[unit] == seconds_or_number


def test_scaling__retention__states_every_time() -> None:
    stated = {name for _figure, name in limits()}
    times = {f"invocations.retention.{name}" for name in ("ROWS", "RUNS", "RECORDERS")}
    assert times == {f"invocations.retention.{k}" for k, v in vars(retention).items() if type(v) is timedelta}
    assert times | {f"invocations.queries.TIERS[{tier}]" for tier in queries.TIERS} <= stated


def test_architecture__libraries__names_every_requirement() -> None:
    table = DOCUMENTS["docs/architecture.md"].partition("## Libraries")[2].partition("\n## ")[0]
    lines = (ROOT / "requirements" / "base.in").read_text().splitlines()
    required = {re.split(r"[\[~=<>#\s]", line)[0] for line in lines} - {""}
    named = {part.strip() for cells in rows(table) for part in cells[0].split(",")}
    assert required <= named


@pytest.mark.parametrize("name", ["routing", "statistics"])
def test_document__worked_examples__come_out_as_printed(name: str) -> None:
    result = doctest.testfile(str(ROOT / "docs" / f"{name}.md"), module_relative=False, encoding="utf-8")
    assert result.attempted > 10
    assert result.failed == 0
