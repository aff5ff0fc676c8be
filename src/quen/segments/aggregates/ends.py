"""What first and last share: any operator on the value of the earliest or latest event that has one.

Not an aggregate itself. Live, only whether the value passes is kept, not the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import msgspec

from quen.segments.aggregates.base import UTC, Aggregate, of_rows, parse_property
from quen.segments.aggregates.series import Either, Entry, series
from quen.segments.columns import FALSE, TRUE, Column, OneKind, usual_kind
from quen.segments.grammar import N_, Place, check_fields, required
from quen.segments.kept import Fold
from quen.segments.operators import OPERATORS
from quen.segments.rows import Alone, Half
from quen.segments.values import whole_reader
from quen.segments.window import Window


class PropertyTest(msgspec.Struct, frozen=True):
    property: str
    op: str
    operand: Any


class End(Aggregate):
    operators = "value"
    latest: ClassVar[bool]

    def parse(self, spec: Mapping[str, Any], place: Place) -> PropertyTest:
        op = required(spec, "op", place)
        operator = OPERATORS.get(op) if isinstance(op, str) else None
        if operator is None or operator.moving:
            known = ", ".join(name for name, known in OPERATORS.items() if not known.moving)
            raise place["op"].error(N_("unknown operator; known here: {known}"), known=known)
        check_fields(spec, place, ("property", "op", *operator.fields))
        return PropertyTest(parse_property(spec, place), operator.name, operator.parse(spec, place))

    def to_json(self, operand: PropertyTest) -> dict[str, Any]:
        return {"property": operand.property, "op": operand.op, **OPERATORS[operand.op].to_json(operand.operand)}

    def fold(self, operand: PropertyTest, window: Window, zone: ZoneInfo) -> Fold:
        read, test = whole_reader(operand.property), OPERATORS[operand.op].test(operand.operand, zone)

        def extract(properties: Mapping[str, Any]) -> bool | None:
            value = read(properties)
            return None if value is None else test(value)

        reducer = AtTheEnd(self.latest, test(None))
        return series(extract, reducer, window, window.limits(zone))

    def holds_on_nothing(self, operand: PropertyTest, zone: ZoneInfo) -> bool:
        return OPERATORS[operand.op].test(operand.operand, zone)(None)

    def having(self, operand: PropertyTest, now: int, zone: ZoneInfo, when: str = TRUE) -> str:
        column = Column("properties", operand.property)
        passes = OPERATORS[operand.op].sql(operand.operand, column, now, zone)
        nothing = TRUE if self.holds_on_nothing(operand, zone) else FALSE
        given = of_rows("count", "", column.present, when)
        chosen = of_rows("argMax" if self.latest else "argMin", f"toUInt8({passes}), (time, id)", column.present, when)
        return f"if({given} = 0, {nothing}, {chosen} = 1)"

    def alone(self, operand: PropertyTest, now: int, zone: ZoneInfo) -> Alone:
        """The usual type by itself (decision 31): to look for objects is dear, and its rows need not."""

        def half(first: str, rest: str, column: Column) -> Half:
            return Half(first, rest, f"toUInt8({OPERATORS[operand.op].sql(operand.operand, column, now, zone)})")

        column = Column("properties", operand.property)
        usual = OneKind("properties", operand.property, usual_kind(operand.operand))
        halves = (half(TRUE, usual.present, usual), half(usual.is_another, column.present, column))
        return Alone(halves, f"{'argMax' if self.latest else 'argMin'}(given, (time, id)) = 1")

    def words(self, operand: PropertyTest, language: str) -> str:
        return f" {OPERATORS[operand.op].words(operand.operand, language)}"

    def sentence(self, operand: PropertyTest, event: str, when: str, filters: str, language: str) -> str:
        """It tells of one event, not of whether there were any: "the shop of the latest X is …"."""
        said, nothing = self.words(operand, language), self.holds_on_nothing(operand, UTC)
        if language == "en":
            only = f", counting only those where {filters}" if filters else ""
            none = " (or there is none)" if nothing else ""
            return f"the {operand.property} of the {self.label['en']} {event}{when}{said}{none}{only}"
        only = f", chỉ tính những lần có {filters}" if filters else ""
        none = " (hoặc chưa có lần nào)" if nothing else ""
        return f"lần {event} {self.label['vi']}{when} có {operand.property}{said}{none}{only}"


class AtTheEnd(Either):
    """Result: `[time, id, passes]` of the earliest or latest, or None; `nothing` holds then."""

    def __init__(self, latest: bool, nothing: Any) -> None:
        self._latest, self._nothing = latest, nothing

    def start(self) -> Entry | None:
        return None

    def of(self, entries: list[Entry]) -> Entry | None:
        return entries[-1 if self._latest else 0] if entries else None

    def step(self, result: Entry | None, entry: Entry) -> Entry:
        if result is None:
            return entry
        if self._latest:
            return entry if (entry[0], entry[1]) >= (result[0], result[1]) else result
        return entry if (entry[0], entry[1]) < (result[0], result[1]) else result

    def leave(self, result: Entry | None, entries: list[Entry], left: int) -> Entry | None:
        if left == len(entries):
            return None
        return result if self._latest else entries[left]

    def combine(self, one: Entry | None, other: Entry | None) -> Entry | None:
        if one is None or other is None:
            return other if one is None else one
        return self.step(one, other)

    def test(self, result: Entry | None) -> Any:
        return self._nothing if result is None else result[2]
