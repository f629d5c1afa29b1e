"""What a test run sends to an HTTP function."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from console.forms import lines
from console.forms.drawn import ATTRIBUTES
from console.forms.rows import Row
from invocations.request_plan import MAX_BODY, MAX_DRAWN, METHODS, BadRequestPlan, RequestPlan


def _line_input() -> forms.TextInput:
    return forms.TextInput(attrs={"class": "code", "autocomplete": "off", "spellcheck": "false"})


class RequestForm(forms.Form):
    """The fields of a `RequestPlan`; `rows` are its drawn attributes. `plan` is set by a valid form."""

    method = forms.ChoiceField(choices=[(method, method) for method in METHODS])
    path = forms.CharField(initial="/", widget=_line_input())
    query = forms.CharField(
        required=False, widget=_line_input(), help_text="As in an address: a=1&b=2. Sent with every call."
    )
    headers = forms.CharField(required=False, widget=lines.textarea(), help_text="Name: value, one a line.")
    cookies = forms.CharField(required=False, widget=lines.textarea(), help_text="name=value, one a line.")
    body = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "code", "rows": 3, "spellcheck": "false"}),
        help_text=f"At most {MAX_BODY // 1024} KB.",
    )

    def __init__(self, *args: Any, rows: Iterable[Row], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = list(rows)
        self._too_many = len(given) > MAX_DRAWN
        self.rows = ATTRIBUTES.judged(given) if self.is_bound else ATTRIBUTES.blank(given)
        self.plan: RequestPlan | None = None

    @property
    def can_add(self) -> bool:
        return len(self.rows) < MAX_DRAWN

    def clean_query(self) -> str:
        query: str = self.cleaned_data["query"]
        return query.removeprefix("?")

    def clean_headers(self) -> lines.Pairs:
        return lines.headers(self.cleaned_data["headers"])

    def clean_cookies(self) -> lines.Pairs:
        return lines.cookies(self.cleaned_data["cookies"])

    def clean_body(self) -> str:
        body: str = self.cleaned_data["body"]
        return body.replace("\r\n", "\n")

    def clean(self) -> dict[str, Any]:
        super().clean()
        attributes = [row.attribute for row in self.rows if row.is_valid()]
        if self._too_many:
            self.add_error(None, f"At most {MAX_DRAWN} attributes are drawn.")
        if not self.errors:
            self._take(RequestPlan(**self.cleaned_data, drawn=tuple(each for each in attributes if each)))
        if len(attributes) < len(self.rows):
            self.plan = None
        return self.cleaned_data

    def _take(self, plan: RequestPlan) -> None:
        """Judge it as a whole. With a bad attribute left out, rows do not tell which one is meant."""
        try:
            plan.check()
        except BadRequestPlan as bad:
            row = self.rows[bad.row] if bad.row is not None and len(plan.drawn) == len(self.rows) else None
            if row is not None:
                row.add_error(bad.part, str(bad))
            elif bad.row is None:
                self.add_error(None if bad.field == "drawn" else bad.field, str(bad))
        else:
            self.plan = plan


def shown(plan: RequestPlan) -> dict[str, Any]:
    """A plan as its fields open; its attributes are rows of `console.forms.drawn`."""
    return {
        "method": plan.method,
        "path": plan.path,
        "query": plan.query,
        "headers": "\n".join(f"{name}: {value}" for name, value in plan.headers),
        "cookies": "\n".join(f"{name}={value}" for name, value in plan.cookies),
        "body": plan.body,
    }
