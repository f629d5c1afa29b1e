"""Anybody does anything in any order: a protected alias never moves without its owners' agreement."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from invocations.refusals import Refused
from releases.core import policies
from releases.core.approvals import Verdict
from releases.core.policies import Canary, Policy
from releases.core.protections import Protection, When
from releases.core.rights import Role
from releases.models import Alias, ChangeRequest, Service
from releases.operations import aliases, applying, break_glass, changes, teams
from releases.operations.aliases import Setting
from releases.operations.audit import Act
from releases.operations.change_rows import Proposed
from releases.queries import changes as query
from tests import make

PEOPLE = ("alice", "bob", "carol")
NAMES = count()
# What must come together for an apply is more likely than what is in its way.
WORDS = "propose edit approve approve approve object withdraw apply apply apply "
WORDS += "change switch back restore glass demote promote rebase"
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(WORDS.split()),
        st.sampled_from(PEOPLE),
        st.integers(0, 3),
    ),
    min_size=4,
    max_size=20,
)


class World:
    """One alias that two must agree about, and an account of its own of who agreed to what."""

    def __init__(self, service: Service) -> None:
        made = make.alias(service, f"alias{next(NAMES)}")
        asked = Protection(when=frozenset({When.ANY}), approvals=2)
        aliases.protect_alias(make.act(), made, protection=asked)
        self.alias = made
        self.requests: list[ChangeRequest] = []
        self.agreed: dict[tuple[int, str], set[str]] = {}
        self.may = set(PEOPLE)
        self.returns = [Policy(1)]
        for name in PEOPLE:
            make.join(make.user(name), *make.ALL)

    def now(self) -> Alias:
        return make.loaded(self.alias)

    def policy(self) -> Policy:
        revision = self.now().revision
        assert revision is not None
        return policies.parse(revision.policy)

    def do(self, event: str, name: str, number: int) -> None:
        """Try it. Whatever moves the alias must be explained by this account."""
        before = self.now().revision_id
        act = make.act(make.user(name))
        setting = Setting(policy=Policy(1 + number % 2, Canary(2, 1000 * (number + 1))), reason=event)
        base = self.now().revision.number
        request = self.requests[number % len(self.requests)] if self.requests else None
        seen = query.payload_of(query.loaded().get(pk=request.pk)).digest if request else ""
        work = self._work(event, name, act, setting, base, request, seen)
        if work is None:
            return
        try:
            work()
        except Refused:
            assert self.now().revision_id == before, "a refusal moves nothing"
            return
        self._account(event, name, request, seen)
        if self.now().revision_id != before:
            self._explain(event, request, seen)

    def _work(  # noqa: PLR0917 - what an event can be about
        self,
        event: str,
        name: str,
        act: Act,
        setting: Setting,
        base: int,
        request: ChangeRequest | None,
        seen: str,
    ) -> Callable[[], object] | None:
        wanted = Proposed(ChangeRequest.Kind.POLICY, event, setting)
        direct: dict[str, Callable[[], object]] = {
            "propose": lambda: self.requests.append(
                changes.propose(act, self.alias, wanted, base_revision=base)
            ),
            "change": lambda: aliases.change_alias(act, self.alias, base_revision=base, setting=setting),
            "switch": lambda: aliases.switch_all(act, self.alias, base_revision=base),
            "back": lambda: aliases.roll_back(act, self.alias, base_revision=base, reason="back"),
            "restore": lambda: aliases.restore(
                act, self.alias, number=1 + base // 2, base_revision=base, reason="restored"
            ),
            "glass": lambda: break_glass.break_glass(
                act, self.alias, setting, base_revision=base, reason="everything answers 500 now"
            ),
            "demote": lambda: teams.set_roles(act, make.team(), make.user(name), [Role.ADMIN, Role.RELEASER]),
            "promote": lambda: teams.set_roles(act, make.team(), make.user(name), list(Role)),
        }
        if event in direct:
            return direct[event]
        if request is None:
            return None
        verdicts = {
            "approve": Verdict.APPROVE,
            "object": Verdict.REQUEST_CHANGES,
            "withdraw": Verdict.WITHDRAWN,
        }
        if event in verdicts:
            return lambda: changes.review(act, request, verdict=verdicts[event], seen=seen, comment="because")
        return {
            "edit": lambda: changes.edit(act, request, wanted, seen=seen, base_revision=base),
            "rebase": lambda: changes.rebase(act, request, seen=seen),
            "apply": lambda: applying.apply(act, request),
        }[event]

    def _account(self, event: str, name: str, request: ChangeRequest | None, seen: str) -> None:
        if event in {"demote", "promote"}:
            (self.may.discard if event == "demote" else self.may.add)(name)
        if request is None:
            return
        agreed = self.agreed.setdefault((request.pk, seen), set())
        if event == "approve":
            agreed.add(name)
        elif event in {"object", "withdraw"}:
            agreed.discard(name)

    def _explain(self, event: str, request: ChangeRequest | None, seen: str) -> None:
        policy = self.policy()
        if event == "apply":
            assert request is not None
            agreed = self.agreed.get((request.pk, seen), set()) & self.may
            assert len(agreed - {request.author.username}) >= 2
            self.returns.append(policy)
        elif event in {"back", "restore"}:
            alone = [Policy(each.primary) for each in self.returns]
            assert policy in self.returns + alone
        else:
            assert event == "glass"
            made = ChangeRequest.objects.get(revision=self.now().revision)
            assert made.ratify_by is not None


@pytest.mark.django_db
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=EVENTS)
def test_protected_alias__any_events__moves_only_by_agreement_return_or_broken_glass(
    db: None, events: list[tuple[str, str, int]]
) -> None:
    service = Service.objects.filter(name="shop").first() or make.two_versions()
    world = World(service)
    for event in events:
        world.do(*event)
