"""What the Content-Security-Policy and a browser without JavaScript ask of every template."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.template.loader import get_template

ROOT = Path(settings.BASE_DIR) / "templates"
NAMES = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("**/*.html"))
TAGS = re.compile(r"\{%.*?%\}|\{#.*?#\}", re.DOTALL)


class Elements(HTMLParser):
    """The start tags of a template, with the template's own tags taken out."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(TAGS.sub(" ", source))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(name: str) -> list[tuple[str, dict[str, str | None]]]:
    return Elements((ROOT / name).read_text()).found


@pytest.mark.parametrize("name", NAMES)
def test_template__any__compiles(name: str) -> None:
    assert get_template(name)


@pytest.mark.parametrize("name", NAMES)
def test_template__any__has_no_inline_style_script_or_handler(name: str) -> None:
    for tag, attributes in elements(name):
        assert tag != "style"
        assert tag != "script" or "src" in attributes
        bad = [key for key in attributes if key == "style" or key.startswith(("on", "hx-on", "hx-vals"))]
        assert bad == [], f"<{tag}>"


@pytest.mark.parametrize("name", NAMES)
def test_template__htmx_link_or_form__works_without_javascript(name: str) -> None:
    for tag, attributes in elements(name):
        if tag == "a" and "hx-get" in attributes:
            assert attributes.get("href")
        if tag == "form" and {"hx-get", "hx-post"} & attributes.keys():
            assert attributes.get("action")


@pytest.mark.parametrize("name", NAMES)
def test_template__posting_form__carries_the_token(name: str) -> None:
    source = (ROOT / name).read_text()
    posting = [
        attributes
        for tag, attributes in elements(name)
        if tag == "form" and attributes.get("method") == "post"
    ]
    assert source.count("{% csrf_token %}") >= len(posting)
