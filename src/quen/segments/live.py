"""The live evaluator: every segment followed for every profile on its own compact state (decisions 3 and 4).

One Program is compiled from all segments. The engine decodes a profile's state, applies a batch's facts, and encodes it
again; what no segment asks about costs a dictionary look-up. Pure: no I/O, no clock of its own.

    state = program.decode(profile.live)
    changes = program.apply(state, profile, facts, changed_traits, now)
    profile.live, profile.due_at = program.encode(state), state.due_at
"""

from __future__ import annotations

import time
from bisect import insort
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from quen.profiles.mirror import AS_NAMED, Sides
from quen.profiles.state import COMPUTED, NEXT, NewValue
from quen.segments.chain import Chain
from quen.segments.conditions.base import History
from quen.segments.definitions import ComputedDef, SegmentDef, references_first
from quen.segments.facts import Change, Fact, Person
from quen.segments.kept import NOBODY, Answer, Series, Told
from quen.segments.moments import FOREVER
from quen.segments.state import Known, LiveState, opened
from quen.segments.wiring import Atom, Row, Wiring

_NOTHING: dict[str, Any] = {}


class Program:
    """All segments, compiled. Made by `compile`; unchanging but for `computed_through`."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._ids: list[int] = []  # slots by position: computed traits first; a segment after those it refers to
        self._owners: list[int] = []  # the segment or computed trait of each
        self._tells: list[tuple[int, bool]] = []  # `segment_id` and `next` of a Change of each
        self._names: list[str] = []  # of the computed traits
        self._next_names: set[str] = set()
        self._slots: dict[int, int] = {}  # segment → slot of the version that has
        self.sides = AS_NAMED  # where the mirror that SQL reads has the values of these versions
        self.told: dict[str, int] = {}  # of those whose changes are kept, the name → id
        self._evaluates: list[Callable[[LiveState, Person, int], tuple[Any, int]]] = []
        self._half: dict[int, int] = {}  # of those being computed: followed up to this profile
        self._versions: dict[int, int] = {}
        self._positions: dict[int, int] = {}
        self._dependents: dict[int, list[int]] = {}
        self._atoms: dict[int, Atom] = {}
        self._series: dict[int, Series] = {}  # what each of them keeps
        self._chains: dict[int, Chain] = {}  # those that are sequences
        self._known = Known({}, frozenset(), {})
        self._asked: dict[str, list[tuple[bytes, list[Row]]]] = {}  # event → group → who is told of it
        self._by_trait: dict[str, list[int]] = {}

    @classmethod
    def compile(
        cls,
        segments: Sequence[SegmentDef],
        zone: ZoneInfo,
        computed: Sequence[ComputedDef] = (),
        held: Mapping[int, int] = _NOTHING,  # type: ignore[assignment]
        sides: Sides = AS_NAMED,
    ) -> Program:
        """`zone`: the workspace's. `held`: paused segments that others refer to, by their slots: who was in one stays
        in it.

        A segment that refers to one that is neither given nor held is followed as if that were empty.
        """
        program = cls(zone)
        program.sides = sides
        program.told = {trait.name: trait.of or trait.id for trait in computed if trait.told and not trait.next}
        program._next_names = {trait.name for trait in computed if trait.next}
        wiring = Wiring(zone, program._names, program._positions)
        for trait in computed:
            program._names.append(trait.name)
            program._add(trait, trait.live(wiring.at(len(program._ids), trait.atoms, value=True)))
        by_slot = {segment.id: segment for segment in segments}
        for slot in references_first({segment.id: segment.rule.segments() for segment in segments}):
            segment = by_slot[slot]
            root = segment.rule.root.bare()
            alone = root.keeps() is not None
            program._add(segment, root.live(wiring.at(len(program._ids), segment.atoms, alone=alone)))
        program._wire(wiring)
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
        self._tells.append((what.id if what.next else what.of or what.id, what.next))
        if not what.next:
            self._slots[what.of or what.id] = what.id
        self._evaluates.append(evaluate)
        self.set_computed_through(what.id, what.computed_through)
        self._versions[what.id] = what.version

    def _wire(self, wiring: Wiring) -> None:
        self._atoms, self._by_trait, self._dependents = wiring.atoms, wiring.by_trait, wiring.dependents
        self._series = {number: atom.series() for number, atom in wiring.atoms.items()}
        self._asked = wiring.rows(self._series)
        for number, atom in wiring.atoms.items():
            self._known.groups[number] = atom.group
            self._known.former |= dict.fromkeys(atom.former, (number, self._series[number].unite))
            if isinstance(fold := atom.askers[0].fold, Chain):
                self._chains[number] = fold

    @property
    def segment_ids(self) -> list[int]:
        return list(dict.fromkeys(self._owners[len(self._names) :]))

    @property
    def events(self) -> Collection[str]:
        """The names of the events that some segment asks about."""
        return self._asked.keys()

    def follows(self, slot: int, version: int) -> bool:
        """Whether this version of a segment, or computed trait, was compiled."""
        return self._versions.get(slot) == version

    def set_computed_through(self, slot: int, profile_id: int | None) -> None:
        """Follow what is being computed up to this profile; None: for everyone."""
        position = self._positions[slot]
        if profile_id is None:
            self._half.pop(position, None)
        else:
            self._half[position] = profile_id

    def members(self, state: LiveState) -> set[int]:
        """Ids of the segments that the person is in, by the versions that are shown."""
        members = state.members
        return {segment_id for segment_id, slot in self._slots.items() if slot in members}

    def shown(self, segment_id: int) -> int:
        """The slot of the version that is shown; 0: none is followed."""
        return self._slots.get(segment_id, 0)

    def slot_of(self, change: Change) -> int:
        """Under which the state keeps what has changed."""
        return change.segment_id if change.next else self._slots.get(change.segment_id, change.segment_id)

    def change(self, slot: int, entered: bool, at: int, backfill: bool = False) -> Change:
        """Somebody entered what is kept under a slot, or left it."""
        position = self._positions.get(slot)
        told, next_ = (slot, False) if position is None else self._tells[position]
        return Change(told, entered, at, backfill, next_)

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
        touched: dict[int, Answer | None] = {}
        for trait in changed_traits:
            if (positions := self._by_trait.get(trait)) is not None:
                touched.update(dict.fromkeys(positions))
        due = state.due_at
        if due is not None and due <= now:
            # What the changed traits decide was not true before now: those segments are only evaluated below.
            changes = self._flips(state, person, now, touched)
        for fact in facts:
            for place, atoms in self._asked.get(fact.event, ()):
                group = None
                for number, passes, take in atoms:
                    if passes is not None and not passes(fact.properties):
                        continue
                    if group is None:
                        group = state.group(place)
                    # Of whom it does not tell it is as true as before for at least as long: whatever was concluded
                    # from it still stands. At what was then the next due they are evaluated, and look further.
                    kept, told = take(group.get(number), fact, now)
                    if told:
                        touched.update(told)
                    if kept is not None:
                        group[number] = kept
        if state.fresh:
            state.fresh = False
            touched = dict.fromkeys(range(len(self._ids)))
        if touched:
            self._evaluate(state, person, touched, now, changes, answers=touched)
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

        It is a member of whatever either was, so that becoming one is no entry; what is then not true of both together
        is an exit. `store.move_members` does the same to the rows.
        """
        for number, kept in other.atoms.items():
            mine = survivor.atoms.get(number)
            survivor.atoms[number] = kept if mine is None else self._series[number].merge(mine, kept)
        survivor.members.update(other.members)
        survivor.fresh = survivor.fresh and other.fresh
        return survivor

    def atoms_of(self, slot: int, now: int, *, lacking: bool = False) -> dict[int, History]:
        """Number → what is followed for a segment or computed trait: the backfill makes it of these events.

        `lacking`: without what is followed for everyone already, for something else.
        """
        position = self._positions[slot]
        return {
            number: atom.history(now, self.zone)
            for number, atom in self._atoms.items()
            if (mine := atom.questions.get(position)) and not (lacking and mine <= self._answered(atom, position))
        }

    def _answered(self, atom: Atom, position: int) -> set[str]:
        """The questions that others ask of an atom for everyone."""
        everyone = (asked for at, asked in atom.questions.items() if at != position and at not in self._half)
        return set().union(*everyone)

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
        half = {at for at, through in self._half.items() if survivor <= through < last}
        return [number for number, atom in self._atoms.items() if half & atom.questions.keys()] if half else []

    def retell(self, state: LiveState, number: int, facts: Iterable[Fact], now: int) -> None:
        """Make an atom that is `late` or `unfinished` anew from the whole history, oldest first."""
        atom = self._atoms[number]
        passes = atom.passes
        asked = (f for f in facts if f.event in atom.events and (passes is None or passes(f.properties)))
        kept = self.replay(number, asked, now)
        if kept is None:
            state.atoms.pop(number, None)
        else:
            state.atoms[number] = kept

    def replay(self, number: int, facts: Iterable[Fact], now: int) -> Any:
        """The state of one atom made anew from facts that already pass its filters."""
        add, state = self._series[number].add, None
        for fact in facts:
            state = add(state, fact, now)
        return state

    def _flips(self, state: LiveState, person: Person, now: int, left_out: Collection[int]) -> list[Change]:
        changes: list[Change] = []
        while (found := state.take_due(now)) is not None:
            at, ids = found
            due = {self._positions.get(segment_id, -1) for segment_id in ids}
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
        answers: Told = NOBODY,
    ) -> None:
        members, later, first_segment = state.members, state.later, len(self._names)
        ids, evaluates, half, dependents = self._ids, self._evaluates, self._half, self._dependents
        waiting = sorted(positions)
        for position in waiting:  # what depends on one comes after it, and is put there
            segment_id = ids[position]
            if half and person.id > half.get(position, person.id):
                later[segment_id] = FOREVER
                continue
            truth, later[segment_id] = answers.get(position) or evaluates[position](state, person, now)
            if position >= first_segment:
                if truth == (segment_id in members):
                    continue
                if truth:
                    members.add(segment_id)
                else:
                    members.remove(segment_id)
                told, next_ = self._tells[position]
                changes.append(Change(told, truth, now, False, next_))
            elif not self._value(person, position, truth, now):
                continue
            if position in dependents:
                for dependent in dependents[position]:
                    if dependent not in waiting and dependent not in left_out:
                        insort(waiting, dependent)

    def _value(self, person: Person, position: int, value: Any, now: int) -> bool:
        """Set the computed trait of this position; whether it is another value."""
        name = self._names[position]
        if name in self._next_names:
            return _put_next(person, name, value, now, self._next_names)
        return _put(person, name, value, now)


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
