"""Every address of the console for every role: who gets in, who is told why not, for whom it is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from releases.core.rights import Role

ROLES: Final = tuple(role.value for role in Role)
EVERYBODY: Final = (*ROLES, "outsider", "administrator")


@dataclass(frozen=True)
class To:
    """Who may, and what the others get: 403 for those who see the thing, 404 for the outsider."""

    may: frozenset[str]
    outsider: int = 404

    def allows(self, name: str) -> bool:
        return name in self.may

    def refusal(self, name: str) -> int:
        return self.outsider if name == "outsider" else 403


def to(*names: str, outsider: int = 404) -> To:
    return To(frozenset(names), outsider)


SEE = to(*ROLES, "administrator")
EDIT = to("developer", "admin")
INVOKE = to("developer", "releaser", "admin")
RELEASE = to("releaser", "admin")
ADMINISTER = to("admin", "administrator")
# Of no service in particular: an outsider is told that no team lets him.
EDIT_ANY = to("developer", "admin", outsider=403)
INVOKE_ANY = to("developer", "releaser", "admin", outsider=403)
APPROVE = to("approver")
BREAK_GLASS = to("break-glass")
INSTALLATION = to("administrator", outsider=403)
ALL = to(*EVERYBODY)
NOBODY = to()  # somebody else's: it is not there, whoever asks

Row = tuple[To | None, To | None]  # by GET, by POST; None: not allowed with any role

_S = "<str:region>/services/<str:service>"
_F = f"{_S}/functions/<str:name>"
_V = f"{_S}/versions"
_A = f"{_S}/aliases/<str:name>"
_R = "<str:region>/test-runs"
_C = "<str:region>/changes"
_T = "teams/<int:team>"
_K = f"{_T}/programs/<int:account>/keys"

MATRIX: Final[dict[str, Row]] = {
    "": (ALL, None),
    "log-out/": (None, ALL),
    "account/password/": (ALL, ALL),
    "account/confirm/": (ALL, ALL),
    "account/sessions/": (ALL, None),
    "account/sessions/<int:number>/end/": (None, NOBODY),
    "account/sessions/end-others/": (None, ALL),
    "account/address/link/": (None, ALL),
    "account/address/<str:key>/": (NOBODY, NOBODY),
    "account/keys/": (ALL, None),
    "account/keys/new/": (None, ALL),
    "account/keys/<str:key>/revoke/": (None, NOBODY),
    f"{_K}/": (ADMINISTER, None),
    f"{_K}/new/": (None, ADMINISTER),
    f"{_K}/<str:key>/revoke/": (None, ADMINISTER),
    "teams/": (ALL, None),
    "teams/new/": (INSTALLATION, INSTALLATION),
    f"{_T}/": (SEE, None),
    f"{_T}/members/new/": (ADMINISTER, ADMINISTER),
    f"{_T}/members/<int:account>/": (ADMINISTER, ADMINISTER),
    f"{_T}/members/<int:account>/remove/": (None, ADMINISTER),
    f"{_T}/groups/new/": (ADMINISTER, ADMINISTER),
    f"{_T}/groups/<int:group>/": (ADMINISTER, ADMINISTER),
    f"{_T}/groups/<int:group>/delete/": (None, ADMINISTER),
    f"{_T}/programs/new/": (ADMINISTER, ADMINISTER),
    f"{_T}/invitations/new/": (ADMINISTER, ADMINISTER),
    f"{_T}/invitations/<int:number>/revoke/": (None, ADMINISTER),
    "invitations/<str:secret>/": (ALL, ALL),
    f"{_T}/protection/": (ADMINISTER, ADMINISTER),
    f"{_T}/protection/sentence/": (None, ADMINISTER),
    f"{_T}/webhooks/": (ADMINISTER, ADMINISTER),
    f"{_T}/webhooks/deliveries/": (ADMINISTER, None),
    f"{_T}/webhooks/<int:number>/test/": (None, ADMINISTER),
    f"{_T}/webhooks/<int:number>/remove/": (None, ADMINISTER),
    "audit/": (ALL, None),
    "audit/entries.csv": (ALL, None),
    "audit/entries.json": (ALL, None),
    "audit/chain/": (ALL, None),
    "audit/verify/": (None, INSTALLATION),
    "inbox/": (ALL, None),
    "inbox/bell/": (ALL, None),
    "inbox/read/": (None, ALL),
    "inbox/<int:number>/read/": (None, NOBODY),
    "inbox/preferences/": (ALL, ALL),
    "people/": (INSTALLATION, None),
    "people/<int:account>/deactivate/": (None, INSTALLATION),
    "people/<int:account>/reactivate/": (None, INSTALLATION),
    "<str:region>/": (ALL, ALL),
    "<str:region>/services/": (ALL, None),
    "<str:region>/service-list/": (ALL, None),
    "<str:region>/services/new/": (EDIT_ANY, EDIT_ANY),
    f"{_S}/edit/": (EDIT, EDIT),
    f"{_S}/team/": (ADMINISTER, ADMINISTER),
    f"{_S}/delete/": (None, EDIT),
    f"{_S}/functions/": (SEE, None),
    f"{_S}/function-list/": (SEE, None),
    f"{_S}/functions/new/": (EDIT, EDIT),
    f"{_F}/delete/": (None, EDIT),
    f"{_F}/code/": (SEE, None),
    f"{_F}/deploy/": (None, EDIT),
    f"{_F}/upload/": (None, EDIT),
    f"{_F}/package/": (SEE, None),
    f"{_F}/test/": (SEE, None),
    f"{_F}/invoke/": (None, INVOKE),
    f"{_F}/invocations/": (SEE, None),
    f"{_F}/invocations/<uuid:request_id>/": (SEE, None),
    f"{_F}/configuration/": (SEE, EDIT),
    f"{_F}/triggers/": (SEE, None),
    f"{_F}/triggers/new/": (EDIT, EDIT),
    f"{_F}/triggers/<str:trigger>/edit/": (EDIT, EDIT),
    f"{_F}/triggers/<str:trigger>/delete/": (None, EDIT),
    "<str:region>/versions/": (ALL, None),
    f"{_V}/": (SEE, None),
    f"{_V}/compare/": (SEE, None),
    f"{_V}/<int:number>/": (SEE, None),
    f"{_V}/publish/": (None, EDIT),
    f"{_V}/<int:number>/delete/": (None, EDIT),
    "<str:region>/aliases/": (ALL, None),
    f"{_S}/aliases/": (SEE, None),
    f"{_S}/alias-create/": (RELEASE, RELEASE),
    f"{_S}/alias-sentence/": (None, SEE),
    f"{_S}/alias-tester/": (None, SEE),
    f"{_A}/": (SEE, None),
    f"{_A}/edit/": (RELEASE, RELEASE),
    f"{_A}/split/": (SEE, None),
    f"{_A}/split.csv": (SEE, None),
    f"{_A}/traffic/": (SEE, None),
    f"{_A}/history/": (SEE, None),
    f"{_A}/compare/": (SEE, None),
    f"{_A}/switch/": (None, RELEASE),
    f"{_A}/rollback/": (None, RELEASE),
    f"{_A}/restore/<int:number>/": (None, RELEASE),
    f"{_A}/delete/": (None, RELEASE),
    f"{_A}/alias-sentence/": (None, SEE),
    f"{_A}/alias-tester/": (None, SEE),
    f"{_A}/recording/": (SEE, None),
    f"{_A}/record/": (RELEASE, RELEASE),
    f"{_A}/blast/": (None, SEE),
    f"{_A}/propose-delete/": (RELEASE, RELEASE),
    f"{_A}/protection/": (RELEASE, RELEASE),
    f"{_A}/protection/sentence/": (None, RELEASE),
    f"{_A}/break-glass/": (BREAK_GLASS, BREAK_GLASS),
    f"{_A}/break-glass/sentence/": (None, BREAK_GLASS),
    f"{_C}/": (ALL, None),
    f"{_C}/<int:number>/": (SEE, None),
    f"{_C}/<int:number>/state/": (SEE, None),
    f"{_C}/<int:number>/edit/": (RELEASE, RELEASE),
    f"{_C}/<int:number>/submit/": (None, RELEASE),
    f"{_C}/<int:number>/review/": (None, APPROVE),
    f"{_C}/<int:number>/reject/": (None, APPROVE),
    f"{_C}/<int:number>/cancel/": (None, ADMINISTER),
    f"{_C}/<int:number>/rebase/": (None, RELEASE),
    f"{_C}/<int:number>/schedule/": (None, RELEASE),
    f"{_C}/<int:number>/unschedule/": (None, RELEASE),
    f"{_C}/<int:number>/apply/": (None, RELEASE),
    f"{_C}/<int:number>/ratify/": (None, APPROVE),
    f"{_C}/<int:number>/comment/": (None, SEE),
    f"{_R}/": (ALL, None),
    f"{_R}/new/": (INVOKE_ANY, INVOKE_ANY),
    f"{_R}/form/": (None, INVOKE_ANY),
    f"{_R}/<int:number>/": (SEE, None),
    f"{_R}/<int:number>/progress/": (SEE, None),
    f"{_R}/<int:number>/split/": (SEE, None),
    f"{_R}/<int:number>/split.csv": (SEE, None),
    f"{_R}/<int:number>/cancel/": (None, INVOKE),
}
OPEN: Final = {"log-in/", "invitations/<str:secret>/"}  # to those who are not logged in

# Where the password is asked for again, by GET and POST alike.
GUARDED: Final = {
    "account/keys/new/",
    f"{_K}/new/",
    f"{_T}/members/new/",
    f"{_T}/members/<int:account>/",
    f"{_T}/groups/new/",
    f"{_T}/groups/<int:group>/",
    f"{_T}/programs/new/",
    f"{_T}/invitations/new/",
    "people/<int:account>/reactivate/",
    f"{_S}/team/",
}
