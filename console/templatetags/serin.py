"""How the pages write numbers, times, versions and verdicts: `{% load serin %}`."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.forms import BoundField, CheckboxInput, Select
from django.template import Context
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from console.access import may, may_anywhere
from releases.core import policy_words, wording
from releases.core.policies import Policy, format_percent
from releases.core.rights import DUTIES, Action, Answer, Role
from releases.models import ChangeRequest, Service

register = template.Library()

NOTHING = "\N{EN DASH}"
VERDICTS = {
    "pass": ("circle-check", "Pass"),
    "fail": ("circle-x", "Fail"),
    "hold": ("hourglass", "Not enough data"),
    "not_applicable": ("circle-minus", "Not applicable"),
    "error": ("alert-triangle", "Error"),
}


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """A decoration, never read aloud, from the sprite that is built of `static/src/icons.json`."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        css_class,
        static("icons.svg"),
        name,
    )


@register.filter
def percent(basis_points: int | None) -> str:
    """3000 -> "30%", 1 -> "0.01%"; a dash for nothing."""
    return NOTHING if basis_points is None else format_percent(basis_points)


@register.filter
def share(fraction: float | None) -> str:
    """0.306 -> "30.6%"; a dash for nothing."""
    return NOTHING if fraction is None else wording.share(fraction)


@register.filter
def thousands(number: int | None) -> str:
    """2000 -> "2,000"; a dash for nothing."""
    return NOTHING if number is None else wording.count(number)


@register.filter
def milliseconds(value: float | None) -> str:
    """A duration in milliseconds, with three significant digits: "0.84 ms", "12.3 ms", "1.42 s"."""
    if value is None:
        return NOTHING
    if value >= 1000:
        return seconds(value / 1000)
    return f"{value:.{_decimals(value)}f} ms"


@register.filter
def seconds(value: float | timedelta | None) -> str:
    """A duration in seconds: "1.42 s", "2 min 5 s", "3 h 20 min"."""
    if value is None:
        return NOTHING
    total = value.total_seconds() if isinstance(value, timedelta) else float(value)
    if total < 60:
        return f"{total:.{_decimals(total)}f} s"
    if total < 3600:
        return f"{int(total // 60)} min {int(total % 60)} s"
    return f"{int(total // 3600)} h {int(total % 3600 // 60)} min"


def _decimals(value: float) -> int:
    """How many decimals three significant digits take."""
    return 2 if value < 10 else 1 if value < 100 else 0


@register.filter
def ago(when: datetime | None) -> SafeString | str:
    """ "3 min ago", with the exact time and its zone in the tooltip; a dash for nothing."""
    return NOTHING if when is None else time_ago(when, timezone.now())


def time_ago(when: datetime, now: datetime) -> SafeString:
    """The <time> element that `ago` shows at `now`."""
    local = timezone.localtime(when)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        local.isoformat(timespec="seconds"),
        f"{local:%Y-%m-%d %H:%M:%S %Z}",
        _age(now - when) or f"{local:%Y-%m-%d}",
    )


def _age(age: timedelta) -> str:
    """In words, up to 30 days; empty beyond. Clocks of two hosts may differ, so the future is now."""
    if age < timedelta(seconds=5):
        return "just now"
    for unit, limit, name in ((1, 60, "s"), (60, 3600, "min"), (3600, 86400, "h"), (86400, 30 * 86400, "d")):
        if age < timedelta(seconds=limit):
            return f"{int(age.total_seconds() // unit)} {name} ago"
    return ""


@register.simple_tag
def version_badge(version: int | str, role: str = "") -> SafeString:
    """A version in the colour of its role, "primary", "canary" or none."""
    label = "LATEST" if version == "LATEST" else f"Version {version}"
    css_class = f"version version-{role}" if role else "version"
    return format_html('<span class="{}">{}</span>', css_class, label)


@register.inclusion_tag("console/_split_bar.html")
def split_bar(policy: Policy) -> dict[str, Any]:
    """How an alias is set, as a bar with its legend; without shares where rules alone decide."""
    canary_bp = policy.share_bp or 0
    has_canary = policy_words.splits(policy)
    return {
        "policy": policy,
        "has_canary": has_canary,
        "by_rule": has_canary and policy.share_bp is None,
        "label": policy_words.sentence(policy),
        "primary_width": f"{100 - canary_bp / 100:g}%",
        "canary_width": f"{canary_bp / 100:g}%",
    }


@register.simple_tag
def policy_sentence(policy: Policy) -> str:
    """ "70% of calls go to version 1, 30% to version 2." """
    return policy_words.sentence(policy)


@register.simple_tag
def deed_url(deed: str, change: ChangeRequest) -> str:
    """The address of what is done to a change request: "apply", "reject" ..."""
    return reverse(f"change-{deed}", args=[change.alias.service.region, change.pk])


@register.filter
def canary_gets(policy: Policy) -> str:
    """ "30%", "30% of keys" or "calls that meet its rules"."""
    return policy_words.canary_gets(policy)


@register.filter
def primary_gets(policy: Policy) -> str:
    """ "70%", "70% of keys" or "all other calls"."""
    return policy_words.primary_gets(policy)


@register.inclusion_tag("console/_verdict.html")
def verdict(outcome: str) -> dict[str, str]:
    """A verdict as icon, word and colour. `outcome` is a `releases.core.verdicts.Outcome`."""
    name, word = VERDICTS[outcome]
    return {"outcome": outcome, "icon_name": name, "word": word}


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """The field's widget with Tabler's classes. Django adds aria-invalid and aria-describedby."""
    widget = field.field.widget
    own = widget.attrs.get("class", "")
    invalid = "is-invalid" if field.errors else ""
    css_class = " ".join(filter(None, [_control_class(widget), own, invalid]))
    return field.as_widget(attrs={"class": css_class})


def _control_class(widget: object) -> str:
    if isinstance(widget, CheckboxInput):
        return "form-check-input"
    return "form-select" if isinstance(widget, Select) else "form-control"


@register.filter
def is_checkbox(field: BoundField) -> bool:
    return isinstance(field.field.widget, CheckboxInput)


@register.filter
def duty(role: str) -> str:
    """What a role lets somebody do, in one line."""
    return DUTIES[Role(role)]


@register.simple_tag(takes_context=True)
def allowed(context: Context, action: str, service: Service) -> Answer:
    """Whether who looks may do this to a service: `{% allowed "release" service as release %}`. What is
    denied has a `reason`, for `_barred.html`. `action` names an Action: edit, publish, invoke, release.
    """
    return may(context["request"], Action[action.upper()], service)


@register.simple_tag(takes_context=True)
def allowed_anywhere(context: Context, action: str) -> Answer:
    """The same where no service is named yet: whether any team gives the right."""
    return may_anywhere(context["request"], Action[action.upper()])
