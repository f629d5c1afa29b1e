"""The root of every "no" that Serin says on purpose."""

from __future__ import annotations


class Refused(Exception):
    """The domain declines a request and its text says why, in a sentence fit for a person.

    Subclasses stand beside their raisers. Pages answer 409 with the fragment, the API its ErrorCode.
    """
