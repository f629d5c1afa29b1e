"""What two sides of a comparison say of one thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Field:
    """One thing by name; empty where a side says nothing of it."""

    name: str
    old: str
    new: str

    @property
    def changed(self) -> bool:
        return self.old != self.new
