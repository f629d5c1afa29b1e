"""What a test run shall do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from console.forms import requests
from console.forms.checks import WholeNumberField
from console.forms.offers import offer
from console.forms.requests import RequestForm
from console.forms.rows import Row
from invocations.models import TestRun
from invocations.operations import MAX_CONCURRENCY, MAX_PAYLOAD_BYTES, MAX_PAYLOADS, MAX_TOTAL, BadRun, Plan
from invocations.request_plan import RequestPlan, parse

LINES, WHOLE = "lines", "whole"
TYPES = {"event": "event", "http": "HTTP"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What can be called: `functions` are names with their types. The rest is what was chosen of it."""

    services: Iterable[str]
    qualifiers: Iterable[tuple[str, str]]
    functions: Mapping[str, str]
    service: str
    qualifier: str
    function: str

    @property
    def is_http(self) -> bool:
        return self.functions.get(self.function) == "http"


class TestRunForm(forms.Form):
    """What can be chosen depends on the service, so it comes from outside. `plan` is set by a valid form.

    `request` has the fields for an HTTP function, and is None for an event function.
    """

    __test__ = False  # not a test, whatever its name begins with

    service = forms.ChoiceField(error_messages={"invalid_choice": "There is no such service."})
    qualifier = forms.ChoiceField(
        label="Version or alias",
        error_messages={"invalid_choice": "There is no such version or alias."},
        help_text="Through an alias with a canary, the run shows how the calls were split.",
    )
    function = forms.ChoiceField(error_messages={"invalid_choice": "There is no such function there."})
    total = WholeNumberField(
        label="Invocations",
        min_value=1,
        max_value=MAX_TOTAL,
        initial=2000,
        help_text=f"From 1 to {MAX_TOTAL:,}.",
    )
    concurrency = WholeNumberField(
        min_value=1,
        max_value=MAX_CONCURRENCY,
        initial=16,
        help_text=f"Calls in flight at once, from 1 to {MAX_CONCURRENCY}.",
    )
    payload_kind = forms.ChoiceField(
        label="Payload",
        choices=[(LINES, "One payload per line, used in turn"), (WHOLE, "The whole text is one payload")],
        initial=LINES,
    )
    payloads = forms.CharField(
        label="Event",
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"class": "code", "rows": 6, "spellcheck": "false"}),
        help_text=f"Empty sends an empty event. At most {MAX_PAYLOADS} payloads, "
        f"{MAX_PAYLOAD_BYTES // 1024} KB in all.",
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        region: str,
        choices: Choices,
        initial: Mapping[str, Any],
        rows: Iterable[Row],
    ) -> None:
        chosen = {name: getattr(choices, name) for name in ("service", "qualifier", "function")}
        super().__init__(data, initial={**initial, **chosen})
        self.region = region
        self.chosen = choices.service
        offer(self, "service", ((name, name) for name in choices.services))
        offer(self, "qualifier", choices.qualifiers)
        offer(
            self, "function", ((name, f"{name} ({TYPES[kind]})") for name, kind in choices.functions.items())
        )
        self.request: RequestForm | None = None
        if choices.is_http:
            self.request = RequestForm(data, initial=dict(initial), rows=rows)
            del self.fields["payload_kind"], self.fields["payloads"]
        self.plan: Plan | None = None

    def clean_payloads(self) -> list[str]:
        """The payloads as they will be sent; blank lines are none."""
        text: str = self.cleaned_data["payloads"].replace("\r\n", "\n")
        if self.cleaned_data.get("payload_kind") == WHOLE:
            return [text]
        return [line for line in text.split("\n") if line.strip()] or [""]

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.request is None:
            self._take(None)
        elif self.request.is_valid() and self.request.plan:
            self._take(self.request.plan)
        return self.cleaned_data

    def _take(self, request: RequestPlan | None) -> None:
        if self.errors:
            return
        data = self.cleaned_data
        plan = Plan(
            region=self.region,
            service=data["service"],
            function=data["function"],
            qualifier=data["qualifier"],
            payloads=() if request else data["payloads"],
            request=request,
            total=data["total"],
            concurrency=data["concurrency"],
        )
        try:
            plan.check()
        except BadRun as refusal:
            self.add_error(refusal.field, f"{str(refusal)[:1].upper()}{str(refusal)[1:]}.")
        else:
            self.plan = plan


def shown(run: TestRun) -> dict[str, Any]:
    """A run as the form for another like it opens."""
    opened = {
        "service": run.service,
        "qualifier": run.qualifier,
        "function": run.function,
        "total": run.total,
        "concurrency": run.concurrency,
    }
    if run.request is not None:
        return opened | requests.shown(parse(run.request))
    is_whole = len(run.payloads) == 1
    return opened | {"payload_kind": WHOLE if is_whole else LINES, "payloads": "\n".join(run.payloads)}
