"""What all segments and computed traits ask the live program to follow, gathered while it is compiled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.profiles.state import COMPUTED, NEXT
from quen.segments.conditions.base import Followed, History
from quen.segments.facts import Fact
from quen.segments.kept import Asker, Series, Told
from quen.segments.operators.base import Filter
from quen.segments.rules import digest
from quen.segments.state import group_of
from quen.segments.where import Where


class Atom(msgspec.Struct):
    """One series of one person, by its number in their state."""

    number: int
    group: bytes
    events: tuple[str, ...]
    passes: Filter | None
    askers: list[Asker]
    questions: dict[int, set[str]]  # position → the questions it asks, by their former keys
    histories: list[Callable[[int, ZoneInfo], History]]
    former: set[int]  # numbers of the atoms in which an older Quen kept what it keeps

    def series(self) -> Series:
        series: Series = self.askers[0].fold.together(self.askers)
        return series

    def history(self, now: int, zone: ZoneInfo) -> History:
        """As far back as the longest of those that ask needs it."""
        found = [history(now, zone) for history in self.histories]
        return max(found, key=lambda each: (not each.span, each.span))


class Wiring:
    """Everything that is asked for."""

    def __init__(self, zone: ZoneInfo, names: Sequence[str], positions: Mapping[int, int]) -> None:
        """`names`: of the computed traits, by position; `positions`: of what is wired already, by slot."""
        self.zone = zone
        self.names, self.positions = names, positions
        self.atoms: dict[int, Atom] = {}
        self.by_trait: dict[str, list[int]] = {}
        self.dependents: dict[int, list[int]] = {}

    def at(self, position: int, numbers: Mapping[str, int], *, value: bool = False, alone: bool = False) -> Wire:
        """For what comes to this position. `numbers`: of atoms, by key; `value`: it is a computed trait; `alone`: it is
        a segment that asks one thing only."""
        return Wire(self, position, numbers, value, alone)

    def rows(self, series: Mapping[int, Series]) -> dict[str, list[tuple[bytes, list[Row]]]]:
        """Event → group → its atoms."""
        found: dict[str, dict[bytes, list[Row]]] = defaultdict(lambda: defaultdict(list))
        for atom in self.atoms.values():
            for event in atom.events:
                found[event][atom.group].append((atom.number, atom.passes, series[atom.number].take))
        return {event: list(groups.items()) for event, groups in found.items()}


Row = tuple[int, Filter | None, Callable[[Any, Fact, int], tuple[Any, Told]]]


class Wire:
    """What one segment, or computed trait, asks for (`conditions.base.Wiring`)."""

    def __init__(self, wiring: Wiring, position: int, numbers: Mapping[str, int], value: bool, alone: bool) -> None:
        self.zone = wiring.zone
        self._wiring, self._position, self._numbers = wiring, position, numbers
        self._value, self._alone = value, alone

    def follow_events(self, followed: Followed) -> int:
        key = digest(followed.spec)
        number = self._numbers[key]
        atom = self._wiring.atoms.get(number)
        if atom is None:
            group, passes = group_of(followed.events), _filter(followed.where, self.zone)
            atom = Atom(number, group, followed.events, passes, [], {}, [], set())
            self._wiring.atoms[number] = atom
        atom.askers.append(Asker(followed.fold, self._position, self._value, self._alone))
        atom.histories.append(followed.history)
        question = key if followed.former is None else digest(followed.former)
        atom.questions.setdefault(self._position, set()).add(question)
        if (former := self._numbers.get(question, number)) != number:
            atom.former.add(former)
        return number

    def follow_trait(self, path: str) -> None:
        # The trait that changed may be `address` or, written flat, `address.city`.
        parts = path.split(".")
        if parts[0] in (COMPUTED, NEXT):
            for position, name in enumerate(self._wiring.names):
                if parts[1:2] in ([], [name]):
                    self._depend_on(position)
            return
        for end in range(1, len(parts) + 1):
            positions = self._wiring.by_trait.setdefault(".".join(parts[:end]), [])
            if self._position not in positions:
                positions.append(self._position)

    def follow_segment(self, segment_id: int) -> None:
        other = self._wiring.positions.get(segment_id)
        if other is not None:
            self._depend_on(other)

    def _depend_on(self, position: int) -> None:
        dependents = self._wiring.dependents.setdefault(position, [])
        if self._position not in dependents:
            dependents.append(self._position)


def _filter(where: tuple[Where, ...], zone: ZoneInfo) -> Filter | None:
    if not where:
        return None
    return Where("all", where).live(zone)
