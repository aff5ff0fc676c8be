"""What people call what a sentence or a fact names: segments and lists by id, traits that Quen makes, their values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from quen.segments.own_traits import OwnTrait


class Naming(msgspec.Struct, frozen=True):
    """`segment`: the name of a segment or list by its id. `traits`: by path, in the language that is spoken."""

    segment: Callable[[int], str] = str
    traits: Mapping[str, OwnTrait] = {}

    def trait(self, path: str) -> str:
        return self.traits[path].label if path in self.traits else path

    def value(self, path: str, value: Any) -> Any:
        """The name of a value, or the value: what no trait of Quen's own has stays as it came."""
        if path in self.traits and isinstance(value, str):
            return self.traits[path].values.get(value, value)
        return value


PLAIN = Naming()
