"""The drawn attributes of a test run: fields named drawn-0-type, drawn-0-name ..."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError

from console.forms import lines
from console.forms.checks import WholeNumberField
from console.forms.rows import Row, Rows
from invocations.drawn import (
    MAX_KEYS,
    MAX_NAME,
    MAX_PREFIX,
    MAX_VALUE,
    MAX_VALUES,
    BadAttribute,
    DrawnAttribute,
    Keys,
    Listed,
    Order,
    Place,
    Spread,
)
from invocations.request_plan import MAX_DRAWN, check_attribute
from releases.core.parameters import BadParameter

LIST, KEYS = "list", "keys"


class DrawnForm(forms.Form):
    """One attribute. `attribute` is set once this is valid."""

    type = forms.ChoiceField(required=False, choices=[(place.value, place.value) for place in Place])
    name = forms.CharField(required=False, widget=lines.text_input(MAX_NAME))
    source = forms.ChoiceField(
        label="Drawn from",
        required=False,
        choices=[(LIST, "a list"), (KEYS, "k distinct keys")],
        initial=KEYS,
    )
    values = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "code", "rows": 3, "spellcheck": "false"}),
        help_text=f"One a line, at most {MAX_VALUES:,}; each of at most {MAX_VALUE} characters.",
    )
    order = forms.ChoiceField(
        label="Taken", required=False, choices=[(order.value, order.value) for order in Order]
    )
    count = WholeNumberField(
        label="Keys", required=False, initial=1000, help_text=f"1 to {MAX_KEYS:,}.", min_value=0
    )
    prefix = forms.CharField(  # type: ignore[assignment]  # a field: Django takes it out of the class
        required=False,
        strip=False,
        initial="user-",
        widget=lines.text_input(MAX_PREFIX),
        help_text="The number follows it.",
    )
    spread = forms.ChoiceField(
        required=False,
        choices=[(Spread.EVEN.value, "evenly"), (Spread.ZIPF.value, "Zipf: key r as often as 1/r")],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attribute: DrawnAttribute | None = None

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.cleaned_data.get("type") == Place.COOKIE:
            try:
                lines.check_foreign(name)
            except BadParameter as bad:
                raise ValidationError(str(bad)) from None
        return name

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.errors:
            return self.cleaned_data
        data = self.cleaned_data
        attribute = DrawnAttribute(Place(data["type"] or Place.HEADER), data["name"], self._source())
        try:
            check_attribute(attribute)
        except BadAttribute as bad:
            self.add_error(bad.part, str(bad))
        else:
            self.attribute = attribute
        return data

    def _source(self) -> Listed | Keys:
        data = self.cleaned_data
        if data["source"] == LIST:
            lines = (line.strip(" \t") for line in re.split("\r\n|\r|\n", data["values"]))
            return Listed(tuple(line for line in lines if line), Order(data["order"] or Order.IN_TURN))
        return Keys(data["count"] or 0, Spread(data["spread"] or Spread.EVEN), data["prefix"])


ATTRIBUTES: Final = Rows(
    form=DrawnForm, name="drawn", add="add_attribute", remove="remove_attribute", most=MAX_DRAWN
)


def shown(attributes: Iterable[DrawnAttribute]) -> list[Row]:
    """Attributes as their fields open."""
    return [
        {"type": attribute.place.value, "name": attribute.name} | _shown(attribute.source)
        for attribute in attributes
    ]


def _shown(source: Listed | Keys) -> dict[str, Any]:
    if isinstance(source, Listed):
        return {"source": LIST, "values": "\n".join(source.values), "order": source.order.value}
    return {
        "source": KEYS,
        "count": source.count,
        "prefix": source.prefix,
        "spread": source.spread.value,
    }
