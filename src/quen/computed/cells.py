"""Computed traits as columns of a file. Pure but for the look at which there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from quen.computed import service
from quen.profiles.masking import mask
from quen.profiles.state import COMPUTED


class Columns:
    """One column for each trait there is, `computed.NAME`, and for each part of those that have some."""

    def __init__(self, *, masked: bool) -> None:
        self._masked = masked
        self._paths: list[tuple[str, str, str]] = []  # name, part, what masking goes by
        for _, trait in service.traits():
            about = str(getattr(trait.operand, "property", ""))
            self._paths += [(trait.name, part, about) for part in trait.of_kind.parts or ("",)]

    @property
    def names(self) -> list[str]:
        return [".".join(filter(None, (COMPUTED, name, part))) for name, part, _ in self._paths]

    def cells(self, traits: Mapping[str, Any]) -> list[str]:
        """Texts, numbers as they are written in JSON; empty where there is no value."""
        values = traits.get(COMPUTED, {})
        found = []
        for name, part, about in self._paths:
            value = values.get(name)
            if part:
                value = value.get(part) if isinstance(value, dict) else None
            found.append(_cell(mask(value, about) if self._masked else value))
        return found


def _cell(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return msgspec.json.encode(value).decode()
