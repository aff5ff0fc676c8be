"""`{"sequence": [{"event": "A"}, {"event": "B", "not": true}], "within": "3d"}`: did A and, within the span, not B.

Steps happen one after the other, each an event of its own; of two at one instant the one stored later is the later one.

- All steps that were done lie within the span of the first of them: time < first + `within`.
- A step's own `within` is the gap: time < step done before + gap.
- `not` between two steps: no such event between them. `not` at the end: none after the last step that was done, for its
  own `within`, else the whole's. It comes true when that time is over.
- `in_last`: it came true within that time; without it, once is for ever.

So the latest chance of every step is the only one that matters: what is latest has the latest beginning too (the live
side is one pass, chain.py; SQL a few passes along arrays for each step).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from quen.segments import words
from quen.segments.about import OfEvents
from quen.segments.cases import Case
from quen.segments.chain import Chain, Link, Shape, Trail
from quen.segments.columns import TRUE, all_of, instant, quote
from quen.segments.conditions.base import Condition, Evaluate, Followed, History, Kind, Parser, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import N_, Place, check_fields, duration, duration_text, required, text
from quen.segments.naming import Naming
from quen.segments.told import of_people, person
from quen.segments.where import Where, parse_where

_MAX_STEPS = 10


class Step(msgspec.Struct, frozen=True):
    event: str
    absent: bool = False
    where: tuple[Where, ...] = ()
    gap: int = 0  # ms; 0: the whole's

    def to_json(self) -> dict[str, Any]:
        obj: dict[str, Any] = {"event": self.event}
        if self.absent:
            obj["not"] = True
        if self.gap:
            obj["within"] = duration_text(self.gap)
        if self.where:
            obj["where"] = [item.to_json() for item in self.where]
        return obj

    def sql(self, context: SqlContext) -> str:
        return all_of([f"event = {quote(self.event)}", *(item.sql(context.now, context.zone) for item in self.where)])

    def words(self, language: str, span: int) -> str:
        """`span`: the time it has, in milliseconds; 0 where that is not said with it."""
        filters = {"en": " and ", "vi": " và "}[language].join(item.words(language) for item in self.where)
        said = self.event
        if span:
            within = {"en": "for" if self.absent else "within", "vi": "suốt" if self.absent else "trong vòng"}[language]
            said += f" {within} {words.span(span, language)}"
        return said + ({"en": " where ", "vi": " với "}[language] + filters if filters else "")


class Marks(NamedTuple):
    """Some places of an array: those where a condition on its value `s` holds."""

    array: str
    holds: str


class Sequence(Condition, frozen=True):
    steps: tuple[Step, ...]
    span: int
    recent: int = 0  # ms; 0: for ever

    def to_json(self) -> dict[str, Any]:
        obj = {"sequence": [step.to_json() for step in self.steps], "within": duration_text(self.span)}
        return {**obj, "in_last": duration_text(self.recent)} if self.recent else obj

    def shape(self) -> Shape:
        """The steps by number: those done, what must not lie between, what must not follow."""
        links: list[Link] = []
        voids: list[int] = []
        for number, step in enumerate(self.steps):
            if step.absent:
                voids.append(number)
            else:
                if links:
                    links[-1] = msgspec.structs.replace(links[-1], voids=tuple(voids))
                voids = []
                links.append(Link(number, step.gap or self.span))
        trail = tuple(Trail(number, self.steps[number].gap or self.span) for number in voids)
        return Shape(tuple(links), trail, self.span, self.recent)

    def keeps(self) -> dict[str, Any]:
        return self.to_json()

    def history(self, now: int, zone: ZoneInfo) -> History:
        rows = [f"event IN ({', '.join(map(quote, self._events()))})"]
        span = self.shape().horizon if self.recent else 0
        return History(rows, any(step.where for step in self.steps), span)

    def asks(self, context: SqlContext) -> OfEvents:
        rows = [*of_people(context), *self.history(context.now, context.zone).sql(context.now)]
        named = [name for step in self.steps for item in step.where for name in item.properties()]
        return OfEvents(all_of([*rows, f"time <= {instant(context.now)}"]), tuple(dict.fromkeys(named)))

    def _events(self) -> list[str]:
        return sorted({step.event for step in self.steps})

    def sql(self, context: SqlContext) -> str:
        """Of each person the events that are steps, in order, as arrays; every step is some passes along them."""
        shape, now = self.shape(), context.now
        table, marks = self._happened(shape, context)
        formed, began = marks(shape.links[0].step), "at"
        decides, places = [formed.holds], {"s": formed.array, "a": "at"}
        for number, (before, link) in enumerate(itertools.pairwise(shape.links)):
            if number:
                each = _along("arrayMap", decides, places)
                table = f"SELECT *, {each} AS formed{number}, {began} AS began{number} FROM ({table})"
                formed, began = Marks(f"formed{number}", "s"), f"began{number}"
            reached, here = _latest(formed, "at"), marks(link.step)
            decides, places = [here.holds, "r != 0"], {"s": here.array, "a": "at", "r": reached}
            if number:
                began = _latest(formed, began)
                places["b"] = began
                decides += [f"a < r + {link.gap}", f"a < b + {shape.span}"]
            else:
                began = reached
                decides.append(f"a < r + {min(link.gap, shape.span)}")
            if before.voids:
                places["p"] = _latest(formed, "arrayEnumerate(at)")
                places["v"] = _latest(marks(*before.voids), "arrayEnumerate(at)")
                decides.append("v <= p")
        if shape.wait:
            decides.append(f"a <= {now - shape.wait}")
        if self.recent:
            decides.append(f"a > {now - shape.wait - self.recent}")
        for trail in shape.trail:
            places[f"n{trail.step}"] = _next(marks(trail.step), "at")
            decides.append(f"(n{trail.step} = 0 OR n{trail.step} >= a + {trail.span})")
        return f"id IN (SELECT person FROM ({table}) WHERE {_along('arrayExists', decides, places)})"

    def _happened(self, shape: Shape, context: SqlContext) -> tuple[str, Callable[..., Marks]]:
        """A query for who did all that must be done, `person`, and their events in order, as arrays: `at`, when, and
        `steps`, the bits of the steps that each is. And where in them some steps are, by their numbers."""
        bits: dict[str, int] = {}
        for number, step in enumerate(self.steps):
            condition = step.sql(context)
            bits[condition] = bits.get(condition, 0) + (1 << number)
        if any(step.where for step in self.steps):
            steps = " + ".join(f"{bit} * toUInt16({condition})" for condition, bit in bits.items())
            some = " WHERE steps != 0"
        else:  # of the events that are read each is some step: its name says which
            steps, some = f"multiIf({', '.join(f'{condition}, {bit}' for condition, bit in bits.items())}, 0)", ""
        needed = sum(1 << link.step for link in shape.links)
        rows = (
            f"SELECT {person(context)} AS person, toUnixTimestamp64Milli(time) AS at, id, {steps} AS steps"
            f" FROM events PREWHERE {all_of(self._rows(shape, context))}"
        )
        if len(bits) == 1:  # each is every step: which of two at one instant is the later one does not matter
            table = (
                f"SELECT person, arraySort(groupArray(at)) AS at FROM ({rows}){some} GROUP BY person"
                f" HAVING count() >= {len(shape.links)}"
            )
            return table, lambda *numbers: Marks("at", TRUE)
        table = (
            "SELECT person, happened.1 AS at, happened.3 AS steps FROM"
            f" (SELECT person, arraySort(groupArray((at, id, steps))) AS happened FROM ({rows}){some}"
            f" GROUP BY person HAVING bitAnd(groupBitOr(steps), {needed}) = {needed})"
        )
        return table, lambda *numbers: Marks("steps", f"bitAnd(s, {sum(1 << number for number in numbers)}) != 0")

    def _rows(self, shape: Shape, context: SqlContext) -> list[str]:
        rows = [*of_people(context), f"event IN ({', '.join(map(quote, self._events()))})"]
        if context.latest > context.now:
            rows.append(f"time <= {instant(context.now)}")
        if shape.recent:
            began = shape.span if len(shape.links) > 1 else 0
            rows.append(f"time > {instant(context.now - shape.recent - shape.wait - began)}")
        return rows

    def live(self, wiring: Wiring) -> Evaluate:
        tests = [
            (step.event, Where("all", step.where).live(wiring.zone) if step.where else None) for step in self.steps
        ]
        chain = Chain(self.shape(), tests)
        atom = wiring.follow_events(Followed(self.to_json(), tuple(self._events()), (), chain, self.history))
        truth = chain.truth

        def evaluate(state: LiveState, person: Person, now: int) -> tuple[bool, int]:
            return truth(state.atom(atom), now)

        return evaluate

    def words(self, language: str, names: Naming) -> str:
        first, *rest = self.steps
        said = {"en": "did ", "vi": "đã "}[language] + first.words(language, 0)
        # With one step after the first the whole's time is that step's.
        alone = len(rest) == 1 and not rest[0].gap
        for step in rest:
            joint = {
                "en": ", then did not do " if step.absent else ", then did ",
                "vi": ", sau đó không " if step.absent else ", sau đó ",
            }
            said += joint[language] + step.words(language, self.span if alone else step.gap)
        if not alone:
            span = words.span(self.span, language)
            said += f", all within {span}" if language == "en" else f", tất cả trong vòng {span}"
        if self.recent:
            said += {"en": ", and that", "vi": ", và việc đó xảy ra"}[language] + words.lately(self.recent, language)
        return said


def _along(function: str, decides: list[str], places: dict[str, str]) -> str:
    """A pass along arrays of one length: `places` names what stands at each place, `decides` are conditions on it."""
    names, arrays = ", ".join(places), ", ".join(places.values())
    return f"{function}(({names}) -> {all_of(decides)}, {arrays})"


def _latest(marks: Marks, value: str) -> str:
    """At each place the value of the latest marked place before it; 0 where there is none."""
    return f"arrayPushFront(arrayPopBack({_filled('arrayFill', marks, value)}), 0)"


def _next(marks: Marks, value: str) -> str:
    """At each place the value of the first marked place after it; 0 where there is none."""
    return f"arrayPushBack(arrayPopFront({_filled('arrayReverseFill', marks, value)}), 0)"


def _filled(function: str, marks: Marks, value: str) -> str:
    if marks.holds == TRUE:
        return value
    return f"{function}(v -> v != 0, arrayMap((s, v) -> if({marks.holds}, v, 0), {marks.array}, {value}))"


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Sequence:
    check_fields(obj, place, ("sequence", "within", "in_last"))
    items, at = obj["sequence"], place["sequence"]
    if not isinstance(items, list) or not 2 <= len(items) <= _MAX_STEPS:
        raise at.error(N_("a list of 2 to {most} steps is needed"), most=_MAX_STEPS)
    steps = [_step(item, at[index], parser) for index, item in enumerate(items)]
    if steps[0].absent:
        raise at[0]["not"].error(N_("the first step must be one that was done"))
    if steps[0].gap:
        raise at[0]["within"].error(N_("the first step has none before it to be within some time of"))
    for index, step in enumerate(steps):
        if step.absent and step.gap and not all(later.absent for later in steps[index:]):
            raise at[index]["within"].error(N_("a step not done has a time of its own only at the end"))
    span = duration(required(obj, "within", place), place["within"])
    recent = duration(obj["in_last"], place["in_last"]) if "in_last" in obj else 0
    return Sequence(tuple(steps), span, recent)


def _step(item: Any, here: Place, parser: Parser) -> Step:
    parser.count(here)
    if not isinstance(item, Mapping):
        raise here.error(N_('a step is needed, such as {"event": "Order Completed"}'))
    check_fields(item, here, ("event", "not", "within", "where"))
    absent = item.get("not", False)
    if not isinstance(absent, bool):
        raise here["not"].error(N_("true or false is needed"))
    where = parse_where(item["where"], here["where"], parser.count) if "where" in item else ()
    gap = duration(item["within"], here["within"]) if "within" in item else 0
    return Step(text(required(item, "event", here), here["event"], 200), absent, where, gap)


_CART, _BOUGHT = {"event": "Product Added"}, {"event": "Order Completed"}
_LEFT: dict[str, Any] = {"sequence": [_CART, {**_BOUGHT, "not": True}], "within": "3d"}
_PAIR: dict[str, Any] = {"sequence": [_CART, _BOUGHT], "within": "3d"}
_QUICK = {"sequence": [{"event": "A"}, {"event": "B", "within": "1h"}, {"event": "C", "within": "1h"}], "within": "1d"}
_BETWEEN: dict[str, Any] = {"sequence": [{"event": "A"}, {"event": "B", "not": True}, {"event": "C"}], "within": "1d"}


def _on(event: str, ago: int, **properties: Any) -> tuple[str, int, dict[str, Any]]:
    return event, ago, properties


_DAY, _HOUR = 86_400_000, 3_600_000
_ADDED, _ORDER = "Product Added", "Order Completed"
_CASES = (
    Case("not bought within 3 days, to the millisecond", _LEFT, True, (_on(_ADDED, 3 * _DAY),)),
    Case("there is a millisecond left", _LEFT, False, (_on(_ADDED, 3 * _DAY - 1),)),
    Case("bought at the last moment", _LEFT, False, (_on(_ADDED, 4 * _DAY), _on(_ORDER, _DAY + 1))),
    Case("bought when the time was over", _LEFT, True, (_on(_ADDED, 4 * _DAY), _on(_ORDER, _DAY))),
    Case("bought before", _LEFT, True, (_on(_ORDER, 5 * _DAY), _on(_ADDED, 4 * _DAY))),
    Case(
        "one of two carts was left", _LEFT, True, (_on(_ADDED, 9 * _DAY), _on(_ADDED, 4 * _DAY), _on(_ORDER, 3 * _DAY))
    ),
    Case("nothing at all", _LEFT, False),
    Case("left long ago: once is for ever", _LEFT, True, (_on(_ADDED, 400 * _DAY),)),
    Case("left longer ago than asked for", {**_LEFT, "in_last": "7d"}, False, (_on(_ADDED, 10 * _DAY),)),
    Case("left within that time", {**_LEFT, "in_last": "7d"}, True, (_on(_ADDED, 10 * _DAY - 1),)),
    Case("one after the other", _PAIR, True, (_on(_ADDED, _DAY), _on(_ORDER, 1))),
    Case("the other way round", _PAIR, False, (_on(_ADDED, 1), _on(_ORDER, _DAY))),
    Case("at one instant, the one stored later is the later", _PAIR, True, (_on(_ADDED, 5), _on(_ORDER, 5))),
    Case("too far from each other", _PAIR, False, (_on(_ADDED, 3 * _DAY + 5), _on(_ORDER, 5))),
    Case("the same step twice needs two events", {**_PAIR, "sequence": [_CART, _CART]}, False, (_on(_ADDED, 5),)),
    Case("gaps from step to step", _QUICK, True, (_on("A", 3 * _HOUR), _on("B", 2 * _HOUR + 1), _on("C", _HOUR + 2))),
    Case("one gap is too long", _QUICK, False, (_on("A", 3 * _HOUR), _on("B", 2 * _HOUR), _on("C", _HOUR + 1))),
    Case("something came between", _BETWEEN, False, (_on("A", 9), _on("B", 8), _on("C", 7))),
    Case("and they began again", _BETWEEN, True, (_on("A", 9), _on("B", 8), _on("A", 7), _on("C", 6))),
    Case(
        "filters of a step",
        {**_PAIR, "sequence": [_CART, {**_BOUGHT, "where": [{"property": "total", "op": "gt", "value": 5}]}]},
        False,
        (_on(_ADDED, 9), _on(_ORDER, 5, total=5)),
    ),
)

KIND = Kind("sequence", _parse, _CASES)
