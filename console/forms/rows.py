"""Lists of fields that plain forms carry: name-0-part and so on, with buttons that add and remove a row.

*Add* and *Remove* are submit buttons, named `add` and `remove` (whose value is the place, from 0): the form
comes back with what was typed, and a row more or less.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from django import forms

Row: TypeAlias = Mapping[str, Any]
F = TypeVar("F", bound=forms.Form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Generic[F]):
    """A list of forms of one kind, whose fields begin with `name`; `most` is how many there can be."""

    form: type[F]
    name: str
    add: str
    remove: str
    most: int

    def edited(self, data: Mapping[str, Any]) -> list[Row]:
        """The posted rows after the button that was pressed; a place that is not there removes none."""
        found = self._posted(data)
        removed = data.get(self.remove)
        kept = [row for place, row in enumerate(found) if str(place) != removed]
        return [*kept, {}] if self.add in data and len(kept) < self.most else kept

    def blank(self, given: Iterable[Row]) -> list[F]:
        """Forms that show rows without judging them; at most as many as there can be."""
        return [
            self.form(prefix=self._prefix(place), initial=dict(row))
            for place, row in enumerate(list(given)[: self.most])
        ]

    def judged(self, given: Iterable[Row]) -> list[F]:
        """Forms that say what is wrong with each row; at most as many as there can be."""
        return [
            self.form(
                {f"{self._prefix(place)}-{part}": text for part, text in row.items()},
                prefix=self._prefix(place),
            )
            for place, row in enumerate(list(given)[: self.most])
        ]

    def _posted(self, data: Mapping[str, Any]) -> list[Row]:
        """In the order of their places."""
        parts = "|".join(self.form.base_fields)
        field = re.compile(f"{self.name}-([0-9]{{1,9}})-({parts})")
        found: dict[int, dict[str, Any]] = {}
        for name in data:
            match = field.fullmatch(name)
            if match:
                found.setdefault(int(match[1]), {})[match[2]] = data[name]
        return [found[place] for place in sorted(found)]

    def _prefix(self, place: int) -> str:
        return f"{self.name}-{place}"
