"""Traits with where they are from, as pages and the API show them; masked for who may not see contact data."""

from __future__ import annotations

from typing import Any

import msgspec

from quen.profiles.marks import without_marks
from quen.profiles.masking import mask
from quen.profiles.provenance import Change, Given, others, values_given
from quen.profiles.queries import Person
from quen.profiles.strategies import Strategies


class ShownTrait(msgspec.Struct):
    """One trait of a person: the value that counts, and what else was seen."""

    name: str
    value: Any
    at: int | None  # ms UTC
    source_id: int
    source: str
    strategy: str
    others: list[Given]


def shown_traits(found: Person, strategies: Strategies) -> list[ShownTrait]:
    """By name. One query to the event store."""
    given = values_given(found.ids)
    shown = []
    for name, value in sorted(without_marks(found.profile.traits).items()):
        at, source_id = found.profile.trait_meta.get(name, [None, 0])[:2]
        rest = others(given.get(name, []), value)
        if found.masked:
            value = mask(value, name)
            rest = [msgspec.structs.replace(each, value=mask(each.value, name)) for each in rest]
        source = found.source_name(source_id) if at is not None else ""
        shown.append(ShownTrait(name, value, at, source_id, source, strategies.of(name).name, rest))
    return shown


def shown_changes(found: Person, rows: list[Change]) -> list[Change]:
    if not found.masked:
        return rows
    return [msgspec.structs.replace(r, old=mask(r.old, r.name), new=mask(r.new, r.name)) for r in rows]
