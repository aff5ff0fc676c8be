"""What a condition of a rule is. A file in this folder that defines `KIND` is a kind of condition, known by its key.

A condition answers for one person at one instant, in three ways: as SQL, live, and as a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import msgspec

from quen.profiles.mirror import AS_NAMED, Sides
from quen.segments.about import Asked, Facts, Metas, Traits
from quen.segments.cases import Case
from quen.segments.columns import instant
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import MAX_DEPTH, MAX_NODES, N_, Place
from quen.segments.kept import Fold
from quen.segments.moments import FOREVER
from quen.segments.naming import Naming
from quen.segments.rows import Told
from quen.segments.where import Where

Evaluate = Callable[[LiveState, Person, int], tuple[bool, int]]
"""Of a state, a person and now: the truth, and until which instant it surely stays so if nothing happens."""


class Followed(NamedTuple):
    """What is to be followed of a person's events.

    `spec` is canonical JSON that says what is kept: those with the same spec share a series (`kept.py`). `former` is
    the spec that an older Quen kept it by, for this question alone.
    """

    spec: Mapping[str, Any]
    events: tuple[str, ...]
    where: tuple[Where, ...]
    fold: Fold
    history: Callable[[int, ZoneInfo], History]  # what it is made of at first
    former: Mapping[str, Any] | None = None


class Wiring(Protocol):
    """What a condition tells the live program while it is compiled: what it must follow."""

    zone: ZoneInfo

    def follow_events(self, followed: Followed) -> int:
        """Number of the atom in which the state of the series is kept."""

    def follow_trait(self, path: str) -> None: ...

    def follow_segment(self, segment_id: int) -> None: ...


class SqlContext(msgspec.Struct, frozen=True):
    """What a question is asked of. `latest` and `merged` are what is known of the store: less need be asked of rows."""

    now: int
    zone: ZoneInfo
    rule_of: Callable[[int], Condition]  # the rule of a segment that another refers to
    among: tuple[int, ...] = ()  # only these people are asked about: their events are all that is read; none: everyone
    latest: int = FOREVER  # no event has happened after this instant
    merged: bool = True  # there may be events under ids that were merged away
    sides: Sides = AS_NAMED  # where the mirror has computed traits


class History(msgspec.Struct, frozen=True):
    """The events that the live state of a condition is made of: conditions on rows of `events`, past and to come.

    `properties`: whether what is kept depends on them. `span`: only those of the last so many ms; 0: of all time.
    """

    rows: list[str]
    properties: bool
    span: int = 0

    def sql(self, now: int) -> list[str]:
        """Without an upper bound for now: events dated ahead of the clock wait in the state."""
        return [*self.rows, f"time > {instant(now - self.span)}"] if self.span else self.rows


class Condition(msgspec.Struct, frozen=True):
    """One node of a rule."""

    def parts(self) -> tuple[Condition, ...]:
        return ()

    def join(self, truths: Sequence[bool]) -> bool:
        """Whether it holds, by whether each of its parts does; what has no parts is not asked."""
        raise NotImplementedError

    def bare(self) -> Condition:
        """The same without groups of one round it."""
        return self

    def to_json(self) -> dict[str, Any]:
        """The canonical form."""
        raise NotImplementedError

    def sql(self, context: SqlContext) -> str:
        """A condition on a row of `profiles` (columns id and traits), never NULL."""
        raise NotImplementedError

    def told(self, context: SqlContext) -> Told | None:
        """How events alone decide; None where they do not."""
        return None

    def keeps(self) -> Mapping[str, Any] | None:
        """What it keeps of events, in canonical JSON (`Followed.spec`); None: nothing."""
        return None

    def live(self, wiring: Wiring) -> Evaluate:
        raise NotImplementedError

    def about(self, traits: Traits, metas: Metas) -> Facts | None:
        """What the traits and marks of a person say about it, for *why*; None: nothing."""
        return None

    def asks(self, context: SqlContext) -> Asked | None:
        """What else says something about it, for *why*; None: nothing. Asked where `about` has no answer."""
        return None

    def words(self, language: str, names: Naming) -> str:
        """The sentence, without full stop."""
        raise NotImplementedError

    def negated_words(self, language: str, names: Naming) -> str:
        """The sentence of its contrary."""
        return {"en": "not (", "vi": "không phải ("}[language] + self.words(language, names) + ")"


class Parser:
    """Parses conditions within the limits on depth and size."""

    def __init__(self, kinds: Mapping[str, Kind]) -> None:
        self._kinds = kinds
        self._nodes = 0
        self._depth = 0

    def count(self, place: Place) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise place.error(N_("the rule is too large: at most {most} conditions and filters"), most=MAX_NODES)

    def parse(self, obj: Any, place: Place) -> Condition:
        self.count(place)
        if self._depth >= MAX_DEPTH:
            raise place.error(N_("nested too deep: at most {most} levels"), most=MAX_DEPTH)
        if not isinstance(obj, Mapping):
            raise place.error(N_('a condition is needed, such as {"trait": "city", "op": "exists"}'))
        keys = [key for key in obj if key in self._kinds]
        if not keys:
            unknown = next(iter(obj), None)
            at = place if unknown is None else place[str(unknown)[:60]]
            raise at.error(N_("not a condition; a condition has one of: {known}"), known=", ".join(self._kinds))
        if len(keys) > 1:
            raise place[keys[1]].error(N_('"{one}" and "{other}" exclude each other'), one=keys[0], other=keys[1])
        kind = self._kinds[keys[0]]
        self._depth += 1
        try:
            return kind.parse(obj, place, self)
        finally:
            self._depth -= 1


class Kind(msgspec.Struct, frozen=True):
    key: str
    parse: Callable[[Mapping[str, Any], Place, Parser], Condition]
    cases: tuple[Case, ...] = ()
