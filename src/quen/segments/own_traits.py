"""Traits that Quen itself makes. Whoever makes them adds a look-up: segments cannot import what is above them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec


class OwnTrait(msgspec.Struct, frozen=True):
    """`type` as the catalogue has them: string, number, boolean, array or object. `label`: what people call it, and
    `values` what they call each value that has a name; all in the language of whoever looks."""

    name: str
    type: str
    label: str
    values: Mapping[str, str] = {}


LOOKUPS: list[Callable[[], list[OwnTrait]]] = []


def own_traits() -> list[OwnTrait]:
    return [trait for look_up in LOOKUPS for trait in look_up()]
