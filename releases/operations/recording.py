"""Switching the recording of attributes on and off."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from releases.core import recording
from releases.core.parameters import Parameter
from releases.models import Alias

from .aliases import ChangedMeanwhile, NothingToChange
from .audit import Act
from .routing import announce


@transaction.atomic
def record_attributes(act: Act, alias: Alias, parameters: Sequence[Parameter]) -> Alias:
    """Record the values of these parameters of each call, and of no others; none switches it off.

    What was recorded before stays until its time is over. Raises BadRecording, NothingToChange or
    ChangedMeanwhile.
    """
    wanted = recording.document(recording.check(parameters))
    alias = Alias.objects.select_for_update(of=("self",)).select_related("service").get(pk=alias.pk)
    if alias.retired_at is not None:
        raise ChangedMeanwhile(f"alias '{alias.name}' was deleted meanwhile")
    before = alias.recorded
    if before == wanted:
        raise NothingToChange(f"alias '{alias.name}' already records just that")
    alias.recorded = wanted
    alias.save(update_fields=["recorded"])
    act.record(
        "alias.record",
        on=alias.service,
        path=f"{alias.service.name}/{alias.name}",
        before={"recorded": before},
        after={"recorded": wanted},
    )
    announce(alias.service)
    return alias
