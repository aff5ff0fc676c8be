"""Traits that Quen itself makes. Whoever makes them adds a look-up: segments cannot import what is above them."""

from __future__ import annotations

from collections.abc import Callable

import msgspec


class OwnTrait(msgspec.Struct, frozen=True):
    """`type` as the catalogue has them: string, number, boolean, array or object. `label`: what people call it."""

    name: str
    type: str
    label: str


LOOKUPS: list[Callable[[], list[OwnTrait]]] = []


def own_traits() -> list[OwnTrait]:
    return [trait for look_up in LOOKUPS for trait in look_up()]
