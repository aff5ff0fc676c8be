"""What a program of the live evaluator is made of: versions of segments and computed traits, in an order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from quen.segments.conditions.base import Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.rules import Rule, digest


class SegmentDef(msgspec.Struct, frozen=True):
    """A version of a segment to follow. `atoms`: the number of each thing to follow, by key (see `atom_specs`).

    `id`: its slot, under which states keep who is in it; the rule names other segments by theirs (`rules.placed`).
    `of`: the segment; 0: the slot is its id. `computed_through`: while it is being computed, the profiles up to this id
    are, and only they are followed; None: everyone is. `next`: it has not taken its place yet, and another version may
    be followed beside it: its changes are told apart (`Change.next`).
    """

    id: int
    rule: Rule
    atoms: Mapping[str, int]
    computed_through: int | None = None
    version: int = 1
    of: int = 0
    next: bool = False


class ComputedDef(msgspec.Struct, frozen=True):
    """A version of a computed trait to follow: `live` wires it and gives its value, kept as the trait `computed.NAME`;
    that of the next version as `quen:computed.SLOT`, which is then its name here.

    The rest is as with a segment; ids are unlike those of segments.
    """

    id: int
    name: str
    live: Callable[[Wiring], Callable[[LiveState, Person, int], tuple[Any, int]]]
    atoms: Mapping[str, int]
    computed_through: int | None = None
    version: int = 1
    told: bool = True  # whether its changes are kept
    of: int = 0
    next: bool = False


def atom_specs(rule: Rule) -> dict[str, Mapping[str, Any]]:
    """Key → canonical spec of everything that must be kept for a rule."""
    return {digest(spec): spec for condition in rule.conditions() if (spec := condition.keeps()) is not None}


def former_keys(rule: Rule) -> set[str]:
    """The keys by which an older Quen kept it: each condition by itself."""
    return {digest(condition.to_json()) for condition in rule.conditions() if condition.keeps() is not None}


def references_first(refers: Mapping[int, Iterable[int]]) -> list[int]:
    """Ids in an order in which each comes after those it refers to.

    Cycles are refused when segments are made; one would be cut here.
    """
    ordered: dict[int, None] = {}
    seen: set[int] = set()

    def visit(segment_id: int) -> None:
        if segment_id in refers and segment_id not in seen:
            seen.add(segment_id)
            for other in sorted(refers[segment_id]):
                visit(other)
            ordered[segment_id] = None

    for segment_id in refers:
        visit(segment_id)
    return list(ordered)
