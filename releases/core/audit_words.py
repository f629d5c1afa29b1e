"""Entries of the audit log in words: what was done, and what is other than before."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from . import policies, policy_words
from .policies import BadPolicy, Policy

ACTIONS: Final[Mapping[str, str]] = {
    "access_key.create": "created access key",
    "access_key.revoke": "revoked access key",
    "account.address": "confirmed the e-mail address of",
    "account.address_link": "asked for a link to confirm the e-mail address of",
    "account.notices": "chose what is sent by e-mail to",
    "account.password": "changed the password of",
    "account.create": "created account",
    "alias.change": "changed alias",
    "alias.create": "created alias",
    "alias.delete": "deleted alias",
    "alias.protect": "changed the protection of alias",
    "alias.record": "changed the recording of alias",
    "change.apply": "applied change",
    "change.approve": "approved change",
    "change.break_glass": "broke the glass with change",
    "change.cancel": "cancelled change",
    "change.comment": "commented on change",
    "change.edit": "edited change",
    "change.expire": "let expire change",
    "change.not_ratified": "did not get ratified change",
    "change.propose": "proposed change",
    "change.ratify": "ratified change",
    "change.rebase": "rebased change",
    "change.reject": "rejected change",
    "change.request_changes": "asked for changes of change",
    "change.schedule": "scheduled change",
    "change.submit": "submitted change",
    "change.suspend": "could not apply change",
    "change.unschedule": "took off the schedule change",
    "change.withdrawn": "took back the verdict on change",
    "function.configure": "configured function",
    "function.create": "created function",
    "function.delete": "deleted function",
    "function.deploy": "deployed code of function",
    "invitation.accept": "accepted invitation",
    "invitation.create": "created invitation",
    "invitation.revoke": "revoked invitation",
    "person.deactivate": "deactivated account",
    "person.reactivate": "reactivated account",
    "program.create": "created service account",
    "program.retire": "retired service account",
    "service.create": "created service",
    "service.delete": "deleted service",
    "service.describe": "described service",
    "service.transfer": "gave to another team service",
    "team.create": "created team",
    "team.group": "changed group",
    "team.group_delete": "deleted group",
    "team.protect": "changed the protection of team",
    "team.roles": "changed the roles of",
    "testrun.cancel": "cancelled a test run of",
    "testrun.start": "started a test run of",
    "trigger.change": "changed trigger",
    "trigger.create": "created trigger",
    "trigger.delete": "deleted trigger",
    "version.delete": "deleted version",
    "version.publish": "published version",
    "webhook.add": "added webhook",
    "webhook.remove": "removed webhook",
    "webhook.test": "tested webhook",
}
"""Every action that an operation records; tests hold it to the code."""

SOURCES: Final = ("page", "api", "worker", "command", "break-glass")

MAX_VALUE: Final = 256
"""Characters of a value in a difference; the entry itself holds all of it."""

Document = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Difference:
    """What one member was and is; None where it was not, or is no more, and "" where it was or is empty."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """What an entry changed: policies as sentences, all else member by member."""

    sentences: list[str]
    differences: list[Difference]


def done(action: str) -> str:
    """ "changed alias"; the action itself where it has no words."""
    return ACTIONS.get(action, action)


def tell(before: Document, after: Document) -> Told:
    """What is other after than before, and only that."""
    old, new = dict(before or {}), dict(after or {})
    sentences = _policy_sentences(_take_policy(old), _take_policy(new))
    return Told(sentences, _differences(_flat(old), _flat(new)))


def _take_policy(document: dict[str, Any]) -> Policy | None:
    """The policy that a document is or holds, taken out of it; None when there is none that can be read."""
    is_policy = "versionId" in document
    found = document if is_policy else document.get("policy")
    try:
        policy = policies.parse(found) if isinstance(found, Mapping) else None
    except BadPolicy:
        policy = None
    if policy is None:
        return None
    for name in list(document) if is_policy else ["policy"]:
        del document[name]
    return policy


def _policy_sentences(old: Policy | None, new: Policy | None) -> list[str]:
    if new is None:
        return [f"It was: {policy_words.sentence(old)}"] if old is not None else []
    if old is None:
        return [policy_words.sentence(new)]
    return policy_words.changes(old, new) or ["The routing is the same."]


def _flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Members of members by their path."""
    found: dict[str, str] = {}
    for name, value in document.items():
        if isinstance(value, Mapping) and value:
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = _text(value)
    return found


def _differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[Difference]:
    both = [Difference(name, old.get(name), new.get(name)) for name in {**old, **new}]
    return [each for each in both if (each.old or "") != (each.new or "")]


def _text(value: object) -> str:
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        text = ", ".join(value)
    elif isinstance(value, str):
        text = value
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    elif value is None or value == {}:
        text = ""
    else:
        text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_VALUE else f"{text[: MAX_VALUE - 1]}…"
