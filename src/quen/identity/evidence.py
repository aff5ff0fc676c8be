"""What holds a person together: the pairs of identifiers that live evidence ties, and the ways through them. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Sequence

import msgspec

from quen.identity.models import Edge

TIES = frozenset({"attach", "link", "merge"})


class Tie(msgspec.Struct, frozen=True):
    """Two identifiers that prove each other. `entries`: those of the log that say so, oldest first."""

    left: str
    right: str
    entries: tuple[Edge, ...]

    @property
    def merged(self) -> bool:
        return any(entry.kind == "merge" for entry in self.entries)

    def other(self, key: str) -> str:
        return self.right if key == self.left else self.left


def live_ties(edges: Iterable[Edge]) -> list[Tie]:
    """The pairs that no later entry took back, in the order they were first tied."""
    found: dict[tuple[str, str], list[Edge]] = {}
    for edge in sorted(edges, key=lambda e: e.pk):
        if edge.kind in TIES:
            found.setdefault(_pair(edge), []).append(edge)
        elif edge.kind == "remove":
            found.pop(_pair(edge), None)
        elif edge.kind == "shared":  # set aside for good: it proves nothing any more
            found = {pair: entries for pair, entries in found.items() if edge.left not in pair}
    ties = [Tie(entries[0].left, entries[0].right, tuple(entries)) for entries in found.values()]
    return sorted(ties, key=lambda tie: tie.entries[0].pk)


def _pair(edge: Edge) -> tuple[str, str]:
    return (edge.left, edge.right) if edge.left < edge.right else (edge.right, edge.left)


def chain(ties: Sequence[Tie], start: str, end: str) -> list[Tie] | None:
    """The fewest ties that lead from one identifier to the other; None when none do."""
    beside = _neighbours(ties)
    came: dict[str, Tie | None] = {start: None}
    waiting = deque([start])
    while waiting and end not in came:
        here = waiting.popleft()
        for tie in beside.get(here, ()):
            there = tie.other(here)
            if there not in came:
                came[there] = tie
                waiting.append(there)
    if end not in came:
        return None
    steps: list[Tie] = []
    here = end
    while (step := came[here]) is not None:
        steps.append(step)
        here = step.other(here)
    return steps[::-1]


def parts(keys: Collection[str], ties: Sequence[Tie]) -> list[list[str]]:
    """The people that these identifiers make with these ties alone, each in the order of `keys`."""
    wanted = set(keys)
    beside = _neighbours([tie for tie in ties if tie.left in wanted and tie.right in wanted])
    found: list[list[str]] = []
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            continue
        reached = {key}
        waiting = [key]
        while waiting:
            here = waiting.pop()
            for tie in beside.get(here, ()):
                if (there := tie.other(here)) not in reached:
                    reached.add(there)
                    waiting.append(there)
        seen |= reached
        found.append([k for k in keys if k in reached])
    return found


def _neighbours(ties: Iterable[Tie]) -> dict[str, list[Tie]]:
    found: dict[str, list[Tie]] = {}
    for tie in ties:
        found.setdefault(tie.left, []).append(tie)
        found.setdefault(tie.right, []).append(tie)
    return found
