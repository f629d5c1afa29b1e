"""What a test run shall do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from console.forms.checks import WholeNumberField
from invocations.operations import MAX_CONCURRENCY, MAX_PAYLOAD_BYTES, MAX_PAYLOADS, MAX_TOTAL, BadRun, Plan

LINES, WHOLE = "lines", "whole"


class TestRunForm(forms.Form):
    """What can be chosen depends on the service, so it comes from outside. `plan` is set by a valid form."""

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
        *args: Any,
        region: str,
        services: Iterable[str],
        qualifiers: Iterable[tuple[str, str]],
        functions: Iterable[str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.region = region
        self._offer("service", ((name, name) for name in services))
        self._offer("qualifier", qualifiers)
        self._offer("function", ((name, name) for name in functions))
        self.plan: Plan | None = None

    def clean_payloads(self) -> list[str]:
        """The payloads as they will be sent; blank lines are none."""
        text: str = self.cleaned_data["payloads"].replace("\r\n", "\n")
        if self.cleaned_data.get("payload_kind") == WHOLE:
            return [text]
        return [line for line in text.split("\n") if line.strip()] or [""]

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not self.errors:
            self._take()
        return self.cleaned_data

    def _take(self) -> None:
        data = self.cleaned_data
        plan = Plan(
            region=self.region,
            service=data["service"],
            function=data["function"],
            qualifier=data["qualifier"],
            payloads=data["payloads"],
            total=data["total"],
            concurrency=data["concurrency"],
        )
        try:
            plan.check()
        except BadRun as refusal:
            self.add_error(refusal.field, f"{str(refusal)[:1].upper()}{str(refusal)[1:]}.")
        else:
            self.plan = plan

    def _offer(self, name: str, choices: Iterable[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = list(choices)
