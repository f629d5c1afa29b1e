"""Where forms meet the checks of `releases.core`: a rule is said once and stands at its field."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError

from releases.core.configuration import BadValue
from releases.core.names import BadName

_WHOLE = re.compile(r"[0-9]{1,18}")
_F = TypeVar("_F", bound=forms.Field)


def declared(form: forms.BaseForm, name: str, kind: type[_F]) -> _F:
    """A field of a form as what its class declares it, for Django types them all alike."""
    field = form.fields[name]
    if not isinstance(field, kind):
        raise AssertionError(f"field {name} is no {kind.__name__}")
    return field


def obeys(check: Callable[[object], None]) -> Callable[[object], None]:
    """A form validator made of a check that raises BadName or BadValue."""

    def validator(value: object) -> None:
        try:
            check(value)
        except (BadName, BadValue) as error:
            raise ValidationError(str(error)) from None

    return validator


class WholeNumberField(forms.IntegerField):
    """Plain digits only. Django's own field takes "1_000", "5.0" and digits of other scripts too."""

    def to_python(self, value: Any) -> int | None:
        text = "" if value is None else str(value).strip()
        if text and not _WHOLE.fullmatch(text):
            raise ValidationError("Enter a whole number.", code="invalid")
        return super().to_python(text)
