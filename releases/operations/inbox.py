"""What people do with their own inbox, and how they want to be told."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from releases.core.notices import Kind
from releases.models import Notice, Outgoing, Preference, User

from .addresses import checked, set_address
from .audit import Act

KEPT: Final = timedelta(days=90)
SENT_KEPT: Final = timedelta(days=30)


def mark_read(act: Act, notices: Collection[int] | None = None) -> None:
    """These of one's own notices, or all. It changes nothing that others see, and leaves no audit entry."""
    unread = Notice.objects.filter(to=act.by, read_at=None)
    if notices is not None:
        unread = unread.filter(pk__in=notices)
    unread.update(read_at=act.at)


@transaction.atomic
def prefer(act: Act, *, email: str, mailed: Mapping[Kind, bool]) -> bool:
    """One's own e-mail address, and which kinds go there once it is confirmed; whether a link that confirms
    it is on its way. Raises BadAddress.
    """
    email = checked(email)
    user = User.objects.select_for_update().get(pk=act.by.pk)
    silent = Preference.objects.filter(user=user, email=False).values_list("kind", flat=True)
    before = {"email": user.email, "silent": sorted(silent)}
    after = {"email": email, "silent": sorted(kind.value for kind, on in mailed.items() if not on)}
    if before == after:
        return False
    is_asked = email != user.email and set_address(act, user, email)
    for kind, on in mailed.items():
        Preference.objects.update_or_create(user=user, kind=kind.value, defaults={"email": on})
    act.record("account.notices", on=None, path=user.username, before=before, after=after)
    return is_asked


def forget_notices(*, at: datetime) -> None:
    """Delete what was read, or settled, and sent long ago."""
    Notice.objects.filter(at__lt=at - KEPT, needs_action=False).delete()
    Outgoing.objects.filter(created_at__lt=at - SENT_KEPT, next_try_at=None).delete()
