"""E-mail in plain text, through the mail server that the settings name."""

from __future__ import annotations

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from . import NotDelivered


def is_configured() -> bool:
    """Whether there is a mail server; without one nobody is sent e-mail."""
    return bool(settings.EMAIL_HOST)


def send(to: str, *, subject: str, body: str, reference: str) -> None:
    """Hand one message to the mail server. `reference` is the same each time it is tried.

    Raises NotDelivered.
    """
    if not is_configured():
        raise NotDelivered("no mail server is configured (SERIN_SMTP_URL)", is_away=True)
    message = EmailMessage(
        subject=" ".join(subject.split()),  # a header has one line
        body=body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[to],
        headers={"Message-ID": reference, "Auto-Submitted": "auto-generated"},
        connection=get_connection(timeout=settings.EMAIL_TIMEOUT),
    )
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as refusal:
        _, answer = next(iter(refusal.recipients.values()), (0, b""))
        raise NotDelivered(f"the mail server refuses {to}: {_words(answer)}") from None
    except smtplib.SMTPResponseException as refusal:
        words = f"{refusal.smtp_code} {_words(refusal.smtp_error)}"
        raise NotDelivered(f"the mail server refuses it: {words}") from None
    except (smtplib.SMTPException, OSError) as error:
        said = error.strerror if isinstance(error, OSError) else None
        raise NotDelivered(f"the mail server cannot be used: {said or error}", is_away=True) from None
    except ValueError as error:  # an address or a header that e-mail cannot have
        raise NotDelivered(f"it cannot be written as an e-mail: {error}") from None


def _words(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said
