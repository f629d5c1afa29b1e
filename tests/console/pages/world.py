"""One of each thing that an address can name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.utils import timezone

from releases.core.policies import Policy
from releases.core.rights import Role
from releases.operations import access_keys, invitations, people, teams, webhooks
from tests import make

from . import counted
from .moved import moved


@dataclass(frozen=True)
class World:
    """One of each thing that an address can name, all in shop-team."""

    values: dict[str, str]

    def url(self, route: str) -> str:
        """The address of what there is. `number` means something else in each area."""
        values = self.values | {"number": self.values.get(f"number of {_area(route)}", "1")}
        if "/triggers" in route:
            values |= {"name": "storefront"}
        if "/aliases/" in route:
            values |= {"name": "alias1"}
        if route.startswith("people/"):
            values |= {"account": self.values["person"]}
        return "/" + re.sub(r"<\w+:(\w+)>", lambda found: values[found[1]], route)


def _area(route: str) -> str:
    return route.split("<int:number>", maxsplit=1)[0].strip("/").rpartition("/")[2]


def whole_world() -> World:
    alias = make.alias(make.two_versions())
    moved(alias, Policy(2), after=timedelta(hours=1))
    make.trigger(make.http_function(alias.service), "http")
    counted.invocation(1)
    run = counted.run(alias.service)
    team, act = make.team(), make.act(at=timezone.now())
    program = people.create_program(act, team, name="ci", roles=[Role.DEVELOPER])
    group = teams.set_group(act, team, name="Security", members=[make.user()])
    secret = invitations.invite(act, team, roles=[Role.VIEWER], expires_at=act.at + timedelta(days=1))
    key = access_keys.create_access_key(act, program)
    return World(
        {
            "region": make.REGION,
            "service": "shop",
            "name": "checkout",
            "trigger": "http",
            "team": str(team.pk),
            "group": str(group.pk),
            "account": str(program.pk),
            "person": str(make.user("paul", Role.VIEWER).pk),
            "secret": secret,
            "key": key.key_id,
            "request_id": str(UUID(int=1)),
            "number of sessions": "0",
            "number of inbox": "0",
            "number of changes": str(make.change(make.loaded(alias), Policy(1)).pk),
            "number of webhooks": str(
                webhooks.add_webhook(act, team, url="https://93.184.215.14/").webhook.pk
            ),
            "number of test-runs": str(run.pk),
            "number of invitations": str(team.invitations.get().pk),
        }
    )
