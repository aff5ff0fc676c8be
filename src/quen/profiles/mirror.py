"""Where SQL finds computed traits in the mirror of profiles. Pure.

A computed trait NAME has two sides there, `computed.NAME` and `quen:computed.NAME`. On one are the values that are
shown. On the other those of its next version gather while they are computed; when they take their place that side is
the shown one, from that moment on, and no row is written anew (decision 38). What else lies there means nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from quen.profiles.state import COMPUTED, NEXT

NOWHERE = "quen:nowhere"  # a path at which nobody has anything
_NONE: Mapping[str, str] = MappingProxyType({})


class Sides(NamedTuple):
    """`turned`: the computed traits whose shown side is `quen:computed.NAME`; of the others it is `computed.NAME`.
    `coming`: slot → name of those of which a next version is being computed."""

    turned: frozenset[str] = frozenset()
    coming: Mapping[str, str] = _NONE

    def path(self, path: str) -> str:
        """Where SQL finds what a rule names so: the other side has a name that means nothing to people."""
        first, _, rest = path.partition(".")
        if first == NEXT:
            return NOWHERE
        if first == COMPUTED and rest.partition(".")[0] in self.turned:
            return f"{NEXT}.{rest}"
        return path


AS_NAMED = Sides()


def mirrored(traits: dict[str, Any], sides: Sides) -> dict[str, Any]:
    """The traits that SQL sees: values that are shown on their side, those that wait on the other. Of what waits under
    a slot that is not coming (it was given up) there is nothing."""
    turned = sides.turned
    if NEXT not in traits and (not turned or turned.isdisjoint(traits.get(COMPUTED, ()))):
        return traits
    straight: dict[str, Any] = {}
    across: dict[str, Any] = {}
    for name, value in traits.get(COMPUTED, _NONE).items():
        (across if name in turned else straight)[name] = value
    for slot, value in traits.get(NEXT, _NONE).items():
        if (coming := sides.coming.get(slot)) is not None:
            (straight if coming in turned else across)[coming] = value
    return {**traits, COMPUTED: straight, NEXT: across}
