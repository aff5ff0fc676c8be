"""What the person did: `{"event": "Order Completed", "count": {"op": "gte", "value": 2}, "within": "30d"}`.

Without an aggregate: at least once. Events of people who were merged into this one count as this one's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from quen.segments.about import OfEvents
from quen.segments.aggregates import AGGREGATES
from quen.segments.cases import BOUGHT, DAY, HOUR, Case, bought, on
from quen.segments.columns import TRUE, all_of, quote
from quen.segments.conditions.base import (
    Condition,
    Evaluate,
    Followed,
    History,
    Kind,
    Parser,
    SqlContext,
    Wiring,
)
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import N_, Place, text
from quen.segments.measure import Measure
from quen.segments.naming import Naming
from quen.segments.rows import Rows, Told
from quen.segments.told import of_people, told_sql
from quen.segments.where import Where, parse_where
from quen.segments.window import FIELDS, Window, parse_window

_ONCE = Measure("gte", 1, 1)
# The ways to say "did" and "did not do" by a count.
_EVER = (_ONCE, Measure("gt", 0, 0), Measure("ne", 0, 0))
_NEVER = (Measure("eq", 0, 0), Measure("lte", 0, 0), Measure("lt", 1, 1), Measure("between", 0, 0))


class Event(Condition, frozen=True):
    event: str
    aggregate: str
    operand: Any
    window: Window
    where: tuple[Where, ...] = ()

    def to_json(self) -> dict[str, Any]:
        aggregate = AGGREGATES[self.aggregate]
        obj = {"event": self.event, self.aggregate: aggregate.to_json(self.operand), **self.window.to_json()}
        if self.where:
            obj["where"] = [item.to_json() for item in self.where]
        return obj

    def told(self, context: SqlContext) -> Told:
        aggregate = AGGREGATES[self.aggregate]
        rows = Rows(
            self.event,
            tuple(self.window.sql(context.now, context.zone, context.latest)),
            tuple(item.sql(context.now, context.zone) for item in self.where),
        )
        once = self.aggregate == "count" and self.operand == _ONCE

        def decides(meant: Callable[[Rows], str]) -> str:
            when = meant(rows)
            if once and when == TRUE:
                return TRUE  # a person with such a row has one
            return aggregate.having(self.operand, context.now, context.zone, when)

        alone = aggregate.alone(self.operand, context.now, context.zone)
        return Told((rows,), decides, aggregate.holds_on_nothing(self.operand, context.zone), once, alone)

    def sql(self, context: SqlContext) -> str:
        return told_sql(self.told(context), context)

    def keeps(self) -> dict[str, Any]:
        shared = AGGREGATES[self.aggregate].keeps(self.operand, self.window)
        if shared is None:
            return self.to_json()
        where = {"where": [item.to_json() for item in self.where]} if self.where else {}
        return {**shared, "event": self.event, **where}

    def history(self, now: int, zone: ZoneInfo) -> History:
        rows = [f"event = {quote(self.event)}", *(item.sql(now, zone) for item in self.where)]
        if self.window.dates:
            rows += self.window.sql(now, zone, now)
        return History(rows, self.aggregate != "count", self.window.span)

    def live(self, wiring: Wiring) -> Evaluate:
        fold = AGGREGATES[self.aggregate].fold(self.operand, self.window, wiring.zone)
        atom = wiring.follow_events(
            Followed(self.keeps(), (self.event,), self.where, fold, self.history, self.to_json())
        )
        truth = fold.truth

        def evaluate(state: LiveState, person: Person, now: int) -> tuple[bool, int]:
            return truth(state.atom(atom), now)

        return evaluate

    def asks(self, context: SqlContext) -> OfEvents:
        rows = [
            *of_people(context),
            f"event = {quote(self.event)}",
            *self.window.sql(context.now, context.zone),
            *(item.sql(context.now, context.zone) for item in self.where),
        ]
        aggregated = AGGREGATES[self.aggregate].to_json(self.operand).get("property")
        named = [*([aggregated] if aggregated else []), *(name for item in self.where for name in item.properties())]
        return OfEvents(all_of(rows), tuple(dict.fromkeys(named)))

    def words(self, language: str, names: Naming) -> str:
        return self._said(language, ever=self._is(_EVER), never=self._is(_NEVER))

    def negated_words(self, language: str, names: Naming) -> str:
        if self._is(_EVER) or self._is(_NEVER):
            return self._said(language, ever=self._is(_NEVER), never=self._is(_EVER))
        return super().negated_words(language, names)

    def _is(self, counts: tuple[Measure, ...]) -> bool:
        return self.aggregate == "count" and self.operand in counts

    def _said(self, language: str, *, ever: bool, never: bool) -> str:
        when = self.window.words(language)
        filters = {"en": " and ", "vi": " và "}[language].join(item.words(language) for item in self.where)
        if never:
            if language == "en":
                return f"did not do {self.event}{when}" + (f" where {filters}" if filters else "")
            # What is over is no longer to come: không. With filters it must be heard what is denied: none such.
            did_not = "không" if self.window.dates else "chưa"
            return f"{did_not} {self.event}" + (f" lần nào{when} với {filters}" if filters else when)
        if ever:
            where = {"en": " where ", "vi": ", với "}[language] + filters if filters else ""
            return {"en": "did ", "vi": "đã "}[language] + self.event + when + where
        return AGGREGATES[self.aggregate].sentence(self.operand, self.event, when, filters, language)


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Event:
    event = text(obj["event"], place["event"], 200)
    given = [name for name in AGGREGATES if name in obj]
    if len(given) > 1:
        raise place[given[1]].error(
            N_('"{one}" and "{other}" exclude each other: make two conditions'), one=given[0], other=given[1]
        )
    for key in obj:
        if key not in ("event", "where", *FIELDS, *AGGREGATES):
            known = ", ".join(("where", *FIELDS, *AGGREGATES))
            raise place[str(key)[:60]].error(N_("unknown field or aggregate; known here: {known}"), known=known)
    operand: Any = _ONCE
    name = "count"
    if given:
        name = given[0]
        if not isinstance(obj[name], Mapping):
            raise place[name].error(N_('an object is needed, such as {"op": "gte", "value": 2}'))
        operand = AGGREGATES[name].parse(obj[name], place[name])
    window = parse_window(obj, place)
    where = parse_where(obj["where"], place["where"], parser.count) if "where" in obj else ()
    return Event(event, name, operand, window, where)


def _with(*where: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**BOUGHT, "where": list(where), **more}


_DEAR, _CITY = {"property": "total", "op": "gt", "value": 5}, {"property": "city", "op": "exists"}
_IN_HUE, _NO_COUPON = (
    {"property": "ship.city", "op": "eq", "value": "Huế"},
    {"property": "coupon", "op": "ne", "value": "X"},
)
_NOT_ONE = {"not": {"any": [{"property": "a", "op": "eq", "value": 1}]}}
_FIVE = {"property": "total", "op": "gte", "value": 5}
_TYPES = ("7", 7, [7], {"a": 7}, None, True)
_DAYS = {**BOUGHT, "between": ["2026-07-01", "2026-07-02"]}
_CASES = (
    Case("once is enough", BOUGHT, True, (bought(400 * DAY),)),
    Case("another event is none", BOUGHT, False, (on("order completed", 0),)),
    Case("what is ahead of the clock has not happened", BOUGHT, False, (bought(-1),)),
    Case("what happens now has", BOUGHT, True, (bought(0),)),
    Case("a window begins just after now - 30d", {**BOUGHT, "within": "30d"}, False, (bought(30 * DAY),)),
    Case("and holds what is a millisecond younger", {**BOUGHT, "within": "30d"}, True, (bought(30 * DAY - 1),)),
    Case("a month is 30 days", {**BOUGHT, "within": "1mo"}, True, (bought(30 * DAY - 1),)),
    Case("between counts both days", {**BOUGHT, "between": ["2026-06-30", "2026-06-30"]}, True, (bought(36 * HOUR),)),
    Case("the first instant of the day too", _DAYS, True, (bought(12 * HOUR),)),
    Case("not the last of the day before", _DAYS, False, (bought(12 * HOUR + 1),)),
    Case("filters are all of them", _with(_DEAR, _CITY), False, (bought(1, total=6), bought(2, total=5, city="x"))),
    Case("a filter on a path", _with(_IN_HUE), True, (bought(1, ship={"city": "Huế"}),)),
    Case("a filter that holds where the property is missing", _with(_NO_COUPON), True, (bought(1),)),
    Case("filters in groups", _with(_NOT_ONE), False, (bought(1, a=1), bought(1, a="1"))),
    Case(
        "a type that changes",
        _with(_FIVE, count={"op": "eq", "value": 2}),
        True,
        tuple(bought(at, total=value) for at, value in enumerate(_TYPES, 1)),
    ),
)

KIND = Kind("event", _parse, _CASES)
