"""The live evaluator: every segment followed for every profile on its own compact state (decisions 3 and 4).

One Program is compiled from all segments. The engine decodes a profile's state, applies a batch's facts, and encodes it
again; what no segment asks about costs a dictionary look-up. Pure: no I/O, no clock of its own.

    state = program.decode(profile.live)
    changes = program.apply(state, profile, facts, changed_traits, now)
    profile.live, profile.due_at = program.encode(state), state.due_at
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.profiles.state import COMPUTED, NEXT, NewValue
from quen.segments.aggregates.base import Fold
from quen.segments.chain import Chain
from quen.segments.conditions.base import History
from quen.segments.definitions import ComputedDef, SegmentDef, references_first
from quen.segments.facts import Change, Fact, Person
from quen.segments.moments import FOREVER
from quen.segments.rules import digest
from quen.segments.state import Known, LiveState, group_of, opened
from quen.segments.where import Filter, Where

_NOTHING: dict[str, Any] = {}


class _Atom(msgspec.Struct):
    number: int
    group: int
    passes: Filter | None
    add: Callable[[Any, Fact, int], Any]
    take: Callable[[Any, Fact, int], tuple[Any, bool]] | None  # None: whoever asks is evaluated whenever it changes
    positions: list[int]


_Row = tuple[
    int, Filter | None, Callable[[Any, Fact, int], Any], Callable[[Any, Fact, int], tuple[Any, bool]] | None, list[int]
]


class Program:
    """All segments, compiled. Made by `compile`; unchanging but for `computed_through`."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._ids: list[int] = []  # slots by position: computed traits first; a segment after those it refers to
        self._owners: list[int] = []  # the segment or computed trait of each
        self._names: list[str] = []  # of the computed traits
        self._next: set[int] = set()  # slots of what has not taken its place yet
        self._next_names: set[str] = set()
        self._slots: dict[int, int] = {}  # segment → slot of the version that has
        self.told: dict[str, int] = {}  # of those whose changes are kept, the name → id
        self._evaluates: list[Callable[[LiveState, Person, int], tuple[Any, int]]] = []
        self._through: list[int | None] = []
        self._versions: dict[int, int] = {}
        self._positions: dict[int, int] = {}
        self._dependents: dict[int, list[int]] = {}
        self._atoms: dict[int, _Atom] = {}
        self._folds: dict[int, Fold] = {}
        self._chains: dict[int, Chain] = {}  # those of the folds that are sequences
        self._known = Known({}, self._positions.keys(), frozenset())
        self._histories: dict[int, Callable[[int, ZoneInfo], History]] = {}
        self._by_event: dict[str, list[_Atom]] = {}
        self._asked: dict[str, list[tuple[int, list[_Row]]]] = {}  # the same for `apply`, by group
        self._by_trait: dict[str, list[int]] = {}

    @classmethod
    def compile(
        cls,
        segments: Sequence[SegmentDef],
        zone: ZoneInfo,
        computed: Sequence[ComputedDef] = (),
        held: Mapping[int, int] = _NOTHING,  # type: ignore[assignment]
    ) -> Program:
        """`zone`: the workspace's. `held`: paused segments that others refer to, by their slots: who was in one stays
        in it.

        A segment that refers to one that is neither given nor held is followed as if that were empty.
        """
        program = cls(zone)
        program.told = {trait.name: trait.of or trait.id for trait in computed if trait.told and not trait.next}
        program._next_names = {trait.name for trait in computed if trait.next}
        for trait in computed:
            program._names.append(trait.name)
            program._add(trait, trait.live(_Wiring(program, trait.atoms, len(program._ids))))
        by_slot = {segment.id: segment for segment in segments}
        for slot in references_first({segment.id: segment.rule.segments() for segment in segments}):
            segment = by_slot[slot]
            program._add(segment, segment.rule.root.live(_Wiring(program, segment.atoms, len(program._ids))))
        program._asked = {event: _grouped(atoms) for event, atoms in program._by_event.items()}
        # Of those held nothing is followed, but others ask who was in them.
        program._known.members = program._positions.keys() | set(held)
        program._slots |= {segment_id: slot for slot, segment_id in held.items()}
        return program

    def _add(
        self, what: SegmentDef | ComputedDef, evaluate: Callable[[LiveState, Person, int], tuple[Any, int]]
    ) -> None:
        self._positions[what.id] = len(self._ids)
        self._ids.append(what.id)
        self._owners.append(what.of or what.id)
        if what.next:
            self._next.add(what.id)
        else:
            self._slots[what.of or what.id] = what.id
        self._evaluates.append(evaluate)
        self._through.append(what.computed_through)
        self._versions[what.id] = what.version

    @property
    def segment_ids(self) -> list[int]:
        return list(dict.fromkeys(self._owners[len(self._names) :]))

    @property
    def events(self) -> Collection[str]:
        """The names of the events that some segment asks about."""
        return self._by_event.keys()

    def follows(self, slot: int, version: int) -> bool:
        """Whether this version of a segment, or computed trait, was compiled."""
        return self._versions.get(slot) == version

    def set_computed_through(self, slot: int, profile_id: int | None) -> None:
        """Follow what is being computed up to this profile; None: for everyone."""
        self._through[self._positions[slot]] = profile_id

    def members(self, state: LiveState) -> dict[int, int]:
        """Segment id → since when the person is in it, by the versions that are shown."""
        members = state.members
        return {segment_id: members[slot] for segment_id, slot in self._slots.items() if slot in members}

    def shown(self, segment_id: int) -> int:
        """The slot of the version that is shown; 0: none is followed."""
        return self._slots.get(segment_id, 0)

    def slot_of(self, change: Change) -> int:
        """Under which the state keeps what has changed."""
        return change.segment_id if change.next else self._slots.get(change.segment_id, change.segment_id)

    def change(self, slot: int, entered: bool, at: int, backfill: bool = False) -> Change:
        """Somebody entered what is kept under a slot, or left it."""
        if slot in self._next:
            return Change(slot, entered, at, backfill, next=True)
        position = self._positions.get(slot)
        return Change(slot if position is None else self._owners[position], entered, at, backfill)

    def decode(self, blob: bytes | None) -> LiveState:
        """The state of a profile. What belongs to segments that are gone is dropped."""
        return LiveState(self._known) if blob is None else opened(blob, self._known)

    def encode(self, state: LiveState) -> bytes | None:
        """None only for a profile that was never evaluated."""
        return None if state.fresh else state.encode()

    def depends_on(self, changed_traits: Iterable[str]) -> bool:
        """Whether any segment asks about one of these traits: if not, if no event of `events` came, and if nothing is
        due, there is nothing to decode."""
        return any(trait in self._by_trait for trait in changed_traits)

    def apply(
        self,
        state: LiveState,
        person: Person,
        facts: Sequence[Fact],
        changed_traits: Collection[str],
        now: int,
    ) -> list[Change]:
        """Fold what happened into the state and say who entered and left.

        `facts` come in any order of time, each once; `person` already has the new traits. Flips by time that were still
        to come before `now` happen first, at their own instants.
        """
        changes: list[Change] = []
        touched: set[int] = set()
        for trait in changed_traits:
            if (positions := self._by_trait.get(trait)) is not None:
                touched.update(positions)
        due = state.due_at
        if due is not None and due <= now:
            # What the changed traits decide was not true before now: those segments are only evaluated below.
            changes = self._flips(state, person, now, touched)
        for fact in facts:
            for place, atoms in self._asked.get(fact.event, ()):
                group = None
                for number, passes, add, take, positions in atoms:
                    if passes is not None and not passes(fact.properties):
                        continue
                    if group is None:
                        group = state.group(place)
                    if take is None:
                        kept = add(group.get(number), fact, now)
                        touched.update(positions)
                    else:
                        # As true as before for at least as long: whatever was concluded from it still stands. At what
                        # was then the next due those who ask are evaluated, and look further.
                        kept, other = take(group.get(number), fact, now)
                        if other:
                            touched.update(positions)
                    if kept is not None:
                        group[number] = kept
        if state.fresh:
            state.fresh = False
            touched.update(range(len(self._ids)))
        if touched:
            self._evaluate(state, person, touched, now, changes)
        return changes

    def wake(self, state: LiveState, person: Person, now: int) -> list[Change]:
        """The flips by time up to and including `now`, in order, each at its true instant."""
        return self._flips(state, person, now, ())

    def evaluate_all(self, state: LiveState, person: Person, now: int) -> list[Change]:
        """Evaluate every segment at `now`: after a merge, or when definitions have changed."""
        changes: list[Change] = []
        state.fresh = False
        self._evaluate(state, person, range(len(self._ids)), now, changes)
        return changes

    def evaluate_one(self, state: LiveState, person: Person, slot: int, now: int) -> list[Change]:
        """Evaluate one segment, and those that refer to it if it changed."""
        changes: list[Change] = []
        self._evaluate(state, person, (self._positions[slot],), now, changes)
        return changes

    def costs(self, state: LiveState, person: Person, now: int) -> dict[int, float]:
        """Segment id → seconds of this thread's time that evaluating it for a person takes. Changes nothing."""
        found: dict[int, float] = {}
        for segment_id, evaluate in zip(self._owners, self._evaluates, strict=True):
            before = time.thread_time()
            evaluate(state, person, now)
            found[segment_id] = max(found.get(segment_id, 0.0), time.thread_time() - before)
        return found

    def merge(self, survivor: LiveState, other: LiveState) -> LiveState:
        """The state of two people who became one; `evaluate_all` with the survivor must follow.

        It is a member of whatever either was (since the earlier), so that becoming one is no entry; what is then not
        true of both together is an exit. `store.move_members` does the same to the rows.
        """
        for number, kept in other.atoms.items():
            mine = survivor.atoms.get(number)
            survivor.atoms[number] = kept if mine is None else self._folds[number].merge(mine, kept)
        for segment_id, since in other.members.items():
            survivor.members[segment_id] = min(since, survivor.members.get(segment_id, since))
        survivor.fresh = survivor.fresh and other.fresh
        return survivor

    def atoms_of(self, slot: int, now: int, *, lacking: bool = False) -> dict[int, History]:
        """Number → what is followed for a segment or computed trait: the backfill makes it of these events.

        `lacking`: without what is followed for everyone already, for something else.
        """
        position = self._positions[slot]
        return {
            number: self._histories[number](now, self.zone)
            for number, atom in self._atoms.items()
            if position in atom.positions
            and not (lacking and any(self._through[other] is None for other in atom.positions if other != position))
        }

    def late(self, state: LiveState, facts: Sequence[Fact], merged: bool) -> list[int]:
        """Numbers of the atoms that must be told anew from the history before these facts are applied."""
        return [n for n, chain in self._chains.items() if chain.is_late(state.atom(n), facts, merged)]

    @property
    def has_chains(self) -> bool:
        return bool(self._chains)

    def unfinished(self, survivor: int, others: Collection[int]) -> list[int]:
        """Numbers of the atoms that must be told anew for a person with whom these have become one: those of what is
        being computed, for the person already, but not yet for all of these, whose older history is missing."""
        last = max(others, default=survivor)
        half = {at for at, through in enumerate(self._through) if through is not None and survivor <= through < last}
        return [number for number, atom in self._atoms.items() if half.intersection(atom.positions)] if half else []

    def retell(self, state: LiveState, number: int, facts: Iterable[Fact], now: int) -> None:
        """Make an atom that is `late` or `unfinished` anew from the whole history, oldest first."""
        passes = self._atoms[number].passes
        events = {event for event, atoms in self._by_event.items() if any(atom.number == number for atom in atoms)}
        asked = (f for f in facts if f.event in events and (passes is None or passes(f.properties)))
        kept = self.replay(number, asked, now)
        if kept is None:
            state.atoms.pop(number, None)
        else:
            state.atoms[number] = kept

    def replay(self, number: int, facts: Iterable[Fact], now: int) -> Any:
        """The state of one atom made anew from facts that already pass its filters."""
        add, state = self._folds[number].add, None
        for fact in facts:
            state = add(state, fact, now)
        return state

    def _flips(self, state: LiveState, person: Person, now: int, left_out: Collection[int]) -> list[Change]:
        changes: list[Change] = []
        dues = state.dues
        while dues and (at := min(dues.values())) <= now:
            due = {self._positions.get(segment_id, -1) for segment_id, when in dues.items() if when == at}
            for segment_id in [id for id, when in dues.items() if when == at]:
                del dues[segment_id]
            self._evaluate(state, person, due.difference(left_out, (-1,)), at, changes, left_out)
        return changes

    def _evaluate(
        self,
        state: LiveState,
        person: Person,
        positions: Iterable[int],
        now: int,
        changes: list[Change],
        left_out: Collection[int] = (),
    ) -> None:
        members, dues, first_segment = state.members, state.dues, len(self._names)
        waiting = sorted(positions)
        while waiting:
            position = heapq.heappop(waiting)
            segment_id, through = self._ids[position], self._through[position]
            if through is not None and person.id > through:
                dues.pop(segment_id, None)
                continue
            truth, until = self._evaluates[position](state, person, now)
            if until < FOREVER:
                dues[segment_id] = until
            else:
                dues.pop(segment_id, None)
            if position < first_segment:
                name = self._names[position]
                if name in self._next_names:
                    if not _put_next(person, name, truth, now, self._next_names):
                        continue
                elif not _put(person, name, truth, now):
                    continue
            elif truth == (segment_id in members):
                continue
            else:
                if truth:
                    members[segment_id] = now
                else:
                    del members[segment_id]
                changes.append(self.change(segment_id, truth, now))
            for dependent in self._dependents.get(position, ()):
                if dependent not in waiting and dependent not in left_out:
                    heapq.heappush(waiting, dependent)


def _put(person: Person, name: str, value: Any, now: int) -> bool:
    """Set a computed trait; whether it is another value. The objects that were there are not changed."""
    values = person.traits.get(COMPUTED, _NOTHING)
    if (current := values.get(name)) == value and current.__class__ is value.__class__:
        return False
    values = {**values, name: value}
    if value is None:
        del values[name]
    person.traits[COMPUTED] = values
    person.valued += (NewValue(name, value, now),)
    return True


def _put_next(person: Person, slot: str, value: Any, now: int, slots: Collection[str]) -> bool:
    """The same of a version that has not taken its place yet: that there is no value is kept too. What is not of
    `slots` was given up."""
    values = person.traits.get(NEXT, _NOTHING)
    if slot in values and (current := values[slot]) == value and current.__class__ is value.__class__:
        return False
    person.traits[NEXT] = {each: kept for each, kept in values.items() if each in slots} | {slot: value}
    person.valued += (NewValue(slot, value, now),)
    return True


class _Wiring:
    """What one segment, or computed trait, asks the program to follow."""

    def __init__(self, program: Program, atoms: Mapping[str, int], position: int) -> None:
        self.zone = program.zone
        self._program, self._numbers, self._position = program, atoms, position

    def follow_events(
        self,
        spec: Mapping[str, Any],
        events: tuple[str, ...],
        where: tuple[Where, ...],
        fold: Fold,
        history: Callable[[int, ZoneInfo], History],
    ) -> int:
        program, number = self._program, self._numbers[digest(spec)]
        atom = program._atoms.get(number)
        if atom is None:
            group = group_of(events)
            take = getattr(fold, "take", None)
            atom = _Atom(number, group, _filter(where, self.zone), fold.add, take, [])
            program._atoms[number] = atom
            program._known.groups[number] = group
            program._folds[number] = fold
            if isinstance(fold, Chain):
                program._chains[number] = fold
            program._histories[number] = history
            for event in events:
                program._by_event.setdefault(event, []).append(atom)
        if self._position not in atom.positions:
            atom.positions.append(self._position)
        if self._position < len(program._names):
            atom.take = None  # a computed trait asks for what is kept, not only for whether something is true of it
        return number

    def follow_trait(self, path: str) -> None:
        # The trait that changed may be `address` or, written flat, `address.city`.
        parts = path.split(".")
        if parts[0] in (COMPUTED, NEXT):
            for position, name in enumerate(self._program._names):
                if parts[1:2] in ([], [name]):
                    self._depend_on(position)
            return
        for end in range(1, len(parts) + 1):
            positions = self._program._by_trait.setdefault(".".join(parts[:end]), [])
            if self._position not in positions:
                positions.append(self._position)

    def follow_segment(self, segment_id: int) -> None:
        other = self._program._positions.get(segment_id)
        if other is not None:
            self._depend_on(other)

    def _depend_on(self, position: int) -> None:
        dependents = self._program._dependents.setdefault(position, [])
        if self._position not in dependents:
            dependents.append(self._position)


def _grouped(atoms: Sequence[_Atom]) -> list[tuple[int, list[_Row]]]:
    groups: dict[int, list[_Row]] = {}
    for atom in atoms:
        groups.setdefault(atom.group, []).append((atom.number, atom.passes, atom.add, atom.take, atom.positions))
    return list(groups.items())


def _filter(where: tuple[Where, ...], zone: ZoneInfo) -> Filter | None:
    if not where:
        return None
    return Where("all", where).live(zone)
