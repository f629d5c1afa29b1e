"""What a form offers to choose from, where that is known only when it opens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from django import forms

from releases.models import Version

MAX_LABEL: Final = 80
NO_SUCH_VERSION: Final = {"invalid_choice": "There is no such version: it may have been deleted meanwhile."}


def offer(form: forms.Form, name: str, choices: Iterable[tuple[object, str]]) -> None:
    """Give the ChoiceField `name` its choices: values with their words."""
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} is no field of choices")
    field.choices = list(choices)


def version_label(version: Version) -> str:
    """ "Version 2: gift cards", cut where it is long."""
    words = f"Version {version}: {version.description}" if version.description else f"Version {version}"
    return words if len(words) <= MAX_LABEL else words[: MAX_LABEL - 1] + "…"
