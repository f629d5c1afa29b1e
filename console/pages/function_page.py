"""What the tabs of one function share: the function at a qualifier, and the frame around the tab."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.urls import reverse

from console.access import service_for, shown_for
from releases.core.rights import Action
from releases.models import FunctionConfiguration, Service
from releases.queries import aliases as alias_query
from releases.queries import catalog
from releases.queries import versions as version_query
from releases.queries.catalog import Shown


@dataclass(frozen=True, slots=True)
class OpenFunction:
    """A function as `?qualifier=` has it."""

    service: Service
    at: Shown
    function: FunctionConfiguration

    @property
    def qualifier(self) -> str:
        return str(self.at.qualifier)

    @property
    def is_http(self) -> bool:
        return self.function.type == "http"

    def url(self, name: str) -> str:
        """A page of this function at this qualifier."""
        url = reverse(name, args=[self.service.region, self.service.name, self.function.name])
        return url if self.at.is_latest else f"{url}?{urlencode({'qualifier': self.qualifier})}"


def open_function(
    request: HttpRequest, region: str, service: str, name: str, action: Action = Action.VIEW
) -> OpenFunction:
    found = service_for(request, region, service, action)
    at = shown_for(found, request.GET.get("qualifier", ""))
    function = catalog.function(found, at, name)
    if function is None:
        raise Http404(f"There is no function '{name}' at {at.qualifier} of service '{service}'.")
    return OpenFunction(found, at, function)


def frame(opened: OpenFunction, tab: str) -> dict[str, Any]:
    """What `function_frame.html` shows around a tab; `function-{tab}` is the name of its address."""
    service, name = opened.service, opened.function.name
    having = service.versions.filter(retired_at=None, functions__name=name).order_by("-number")
    numbers = list(having.values_list("number", flat=True))
    states = [state for state in alias_query.aliases(service) if state.policy.primary in numbers]
    return state_line(opened) | {
        "tab": tab,
        "tab_url": reverse(f"function-{tab}", args=[service.region, service.name, name]),
        "tabs": [
            {"name": label, "url": opened.url(f"function-{label.lower()}"), "current": label.lower() == tab}
            for label in _tabs(opened)
        ],
        "has_latest": service.functions.filter(name=name).exists(),
        "numbers": numbers,
        "states": states,
        "state": next((state for state in states if state.name == opened.qualifier), None),
    }


def _tabs(opened: OpenFunction) -> tuple[str, ...]:
    tabs = ("Code", "Test", "Invocations", "Configuration")
    return (*tabs, "Triggers") if opened.is_http else tabs


def state_line(opened: OpenFunction) -> dict[str, Any]:
    """What `_function_state.html` shows: how LATEST stands to the newest version, or what is shown."""
    latest = opened.at.is_latest
    return {
        "opened": opened,
        "service": opened.service,
        "function": opened.function,
        "at": opened.at,
        "qualifier": opened.qualifier,
        "newest": version_query.newest(opened.service) if latest else None,
        "differs": latest and version_query.latest_differs(opened.service),
    }
