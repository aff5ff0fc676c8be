"""What the kinds about events share: which events, what is kept of them, their SQL. Not a kind itself.

A kind is a fold that `segments.aggregates` has, whose test gives the value instead of a truth.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import msgspec

from quen.computed.kinds.base import Answer, Field, Kind
from quen.segments.aggregates.base import parse_property
from quen.segments.aggregates.series import Either, series
from quen.segments.columns import all_of, quote
from quen.segments.conditions.base import Followed, History, Parser, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import N_, Place, check_fields, required, text
from quen.segments.kept import Fold
from quen.segments.moments import FOREVER
from quen.segments.told import of_people, person
from quen.segments.where import Where, parse_where
from quen.segments.window import FIELDS, Window, parse_window
from quen.segments.words import Text

MAX_EVENTS = 10
MAX_TEXT = 200  # of a text as a value; what is longer is cut

EVENT = Field("event", "event", {"en": "Event", "vi": "Sự kiện"}, required=True)
PROPERTY = Field("property", "property", {"en": "Property", "vi": "Thuộc tính"}, required=True)
WINDOW = Field("window", "window", {"en": "When", "vi": "Khi nào"})
WHERE = Field("where", "where", {"en": "Only those with", "vi": "Chỉ những sự kiện có"})
_FILTERS = {"en": (" where ", " and "), "vi": (", với ", " và ")}
_OR = {"en": " or ", "vi": " hoặc "}


class Question(msgspec.Struct, frozen=True):
    """Some events of a person, and the property that is asked of them; `property` is empty where none is."""

    names: tuple[str, ...]
    property: str = ""
    window: Window = Window()
    where: tuple[Where, ...] = ()

    def to_json(self) -> dict[str, Any]:
        obj: dict[str, Any] = {"event": self.names[0] if len(self.names) == 1 else list(self.names)}
        if self.property:
            obj["property"] = self.property
        obj |= self.window.to_json()
        if self.where:
            obj["where"] = [item.to_json() for item in self.where]
        return obj

    def followed(self, keeps: str, fold: Fold, recent: str = "") -> Followed:
        """`keeps` says what the fold keeps: with the same question, the same state. `recent`: what it keeps of a moving
        window, where any span of the same shares it."""
        spec = {"keeps": keeps, **self.to_json()}
        if not (recent and self.window.span):
            return Followed(spec, self.names, self.where, fold, self.history)
        shared = {"keeps": recent, **msgspec.structs.replace(self, window=Window()).to_json()}
        return Followed(shared, self.names, self.where, fold, self.history, spec)

    def history(self, now: int, zone: ZoneInfo) -> History:
        rows = [_named(self.names), *(item.sql(now, zone) for item in self.where)]
        if self.window.dates:
            rows += self.window.sql(now, zone, now)
        return History(rows, bool(self.property), self.window.span)

    def sql(self, result: str, context: SqlContext) -> str:
        """A query of (person, result): `result` is an expression on one person's events."""
        rows = [
            *of_people(context),
            _named(self.names),
            *self.window.sql(context.now, context.zone),
            *(item.sql(context.now, context.zone) for item in self.where),
        ]
        return (
            f"SELECT {person(context)} AS person, {result} AS result FROM events WHERE {all_of(rows)} GROUP BY person"
        )

    def words(self, phrase: str, language: str) -> str:
        """`phrase` has places for `{property}` and `{events}`."""
        before, joint = _FILTERS[language]
        said = phrase.format(property=self.property, events=_OR[language].join(self.names))
        said += self.window.words(language)
        if self.where:
            said += before + joint.join(item.words(language) for item in self.where)
        return said


class EventKind(Kind):
    """A kind that gives one value of the events of a person, by a fold."""

    fields: ClassVar[tuple[Field, ...]] = (EVENT, PROPERTY, WINDOW, WHERE)
    phrase: ClassVar[Text]  # with places for {property} and {events}
    keeps: ClassVar[str]
    recent: ClassVar[str] = ""  # what is kept of a moving window, where any span of the same shares it

    @abstractmethod
    def fold(self, question: Question, zone: ZoneInfo) -> Fold:
        """Its `truth` gives the value."""

    @abstractmethod
    def result(self, question: Question) -> str:
        """SQL of what the value is made of, on one person's events."""

    def parse(self, spec: Mapping[str, Any], place: Place) -> Question:
        return parse_question(spec, place, has_property=PROPERTY in self.fields)

    def to_json(self, operand: Question) -> dict[str, Any]:
        return operand.to_json()

    def follows(self, operand: Question, zone: ZoneInfo) -> Sequence[Followed]:
        return (operand.followed(self.keeps, self.fold(operand, zone), self.recent),)

    def live(self, operand: Question, wiring: Wiring) -> Answer:
        followed = self.follows(operand, wiring.zone)[0]
        number, truth = wiring.follow_events(followed), followed.fold.truth

        def answer(state: LiveState, person: Person, now: int) -> tuple[Any, int]:
            return truth(state.atom(number), now)

        return answer

    def sql(self, operand: Question, context: SqlContext) -> str:
        return operand.sql(self.result(operand), context)

    def words(self, operand: Question, language: str) -> str:
        return operand.words(self.phrase[language], language)

    def events(self, operand: Question) -> frozenset[str]:
        return frozenset(operand.names)


def parse_question(spec: Mapping[str, Any], place: Place, *, has_property: bool, more: Sequence[str] = ()) -> Question:
    """`more`: fields of the kind's own, which it reads itself."""
    check_fields(spec, place, ("event", *(("property",) if has_property else ()), *FIELDS, "where", *more))
    names = parse_events(required(spec, "event", place), place["event"])
    where = parse_where(spec["where"], place["where"], Parser({}).count) if "where" in spec else ()
    return Question(names, parse_property(spec, place) if has_property else "", parse_window(spec, place), where)


def parse_events(value: Any, place: Place) -> tuple[str, ...]:
    """One name, or a list of some; in order, each once."""
    if isinstance(value, str):
        return (text(value, place, 200),)
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_EVENTS:
        raise place.error(N_("the name of an event is needed, or a list of up to {most}"), most=MAX_EVENTS)
    return tuple(sorted({text(item, place[index], 200) for index, item in enumerate(value)}))


def of_series(extract: Callable[[Mapping[str, Any]], Any], reducer: Either, window: Window, zone: ZoneInfo) -> Fold:
    return series(extract, reducer, window, window.limits(zone))


def whole_if_so(number: float) -> int | float:
    """5.0 is 5: as JSON has it, and SQL."""
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _named(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"event = {quote(names[0])}"
    return f"event IN ({', '.join(map(quote, names))})"


ALWAYS = (-FOREVER, FOREVER)
