"""E-mail addresses: nothing is sent to one before whoever reads it there said so.

Which address was confirmed is kept by allauth (`EmailAddress`), and so is the link's signature.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from invocations.queue import enqueue
from invocations.refusals import Refused
from releases.carriers import mail
from releases.models import Outgoing, User

from .audit import Act

KIND: Final = "confirm_address"
"""What the outbox calls a link that confirms an address; people cannot switch it off."""
MAX_LINKS: Final = 5
WITHIN: Final = timedelta(hours=1)


class BadAddress(Refused):
    """It is no e-mail address."""


class NothingToConfirm(Refused):
    """There is no address, it is confirmed already, or there is no mail server."""


class TooManyLinks(Refused):
    """Somebody's mailbox is not to be filled."""


class LinkOver(Refused):
    """The link is not this person's, has expired, or is of an address that he has no more."""


@transaction.atomic
def send_link(act: Act) -> str:
    """Send the link to one's own address once more; the address. Raises NothingToConfirm or TooManyLinks."""
    user = User.objects.select_for_update().get(pk=act.by.pk)
    if not mail.is_configured():
        raise NothingToConfirm("no mail server is configured: the link cannot be sent")
    address = EmailAddress.objects.filter(user=user, email=user.email).first() if user.email else None
    if not user.email or (address is not None and address.verified):
        raise NothingToConfirm("there is no address that is still to be confirmed")
    if not _ask(act, user):
        raise TooManyLinks(f"{MAX_LINKS} links were sent within an hour: look into your mailbox, or wait")
    act.record("account.address_link", on=None, path=user.username, after={"email": user.email})
    return user.email


@transaction.atomic
def confirm(act: Act, *, key: str) -> str:
    """What the link leads to: the address is one's own, and notices go there. Raises LinkOver."""
    user = User.objects.select_for_update().get(pk=act.by.pk)
    address = linked(user, key)
    if address is None:
        raise LinkOver("this link is over: ask for another one")
    if not address.set_verified():
        raise LinkOver(f"another account has confirmed {address.email} already")
    act.record("account.address", on=None, path=user.username, after={"email": address.email})
    return address.email


def linked(user: User, key: str) -> EmailAddress | None:
    """The address of this person that a link confirms; None when the link is over."""
    found = EmailConfirmationHMAC.from_key(key)
    address = found.email_address if found is not None else None
    return address if address and address.user_id == user.pk and address.email == user.email else None


# Parts of other operations --------------------------------------------------------------------------------


def checked(email: str) -> str:
    """As it is kept: allauth knows small letters only. Raises BadAddress."""
    email = email.strip().lower()
    try:
        if email:
            validate_email(email)
    except ValidationError:
        raise BadAddress(f"'{email}' is no e-mail address") from None
    return email


def set_address(act: Act, user: User, email: str) -> bool:
    """Another address for a locked user, or none. It is unconfirmed; returns whether a link is on its way.

    A row of allauth's is never given another address, for old links name the row.
    """
    EmailAddress.objects.filter(user=user).exclude(email=email).delete()
    user.email = email
    user.save(update_fields=["email"])
    return bool(email) and mail.is_configured() and _ask(act, user)


def _ask(act: Act, user: User) -> bool:
    """Put a link into the outbox; False where there were too many lately."""
    sent = Outgoing.objects.filter(to=user, document__kind=KIND, created_at__gt=act.at - WITHIN)
    if sent.count() >= MAX_LINKS:
        return False
    address, _ = EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"primary": True})
    Outgoing.objects.create(
        way=Outgoing.Way.EMAIL,
        to=user,
        document={"kind": KIND, "address": address.pk},
        created_at=act.at,
        next_try_at=act.at,
    )
    enqueue("releases.send")
    return True
