"""The same meaning as values.py, in ClickHouse's SQL over a JSON column. A condition made here is never NULL."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from zoneinfo import ZoneInfo

from quen.segments import moments
from quen.segments.grammar import DAY
from quen.segments.values import NUMBER_PATTERN, Equality

TRUE, FALSE = "true", "false"


def quote(value: str) -> str:
    """A text as a literal: nothing in it can end the literal."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\0", "\\0")
    return f"'{escaped}'"


def identifier(value: str) -> str:
    return "`" + value.replace("\\", "\\\\").replace("`", "\\`") + "`"


def literal(value: float | int) -> str:
    number = float(value)
    return str(int(number)) if number.is_integer() and abs(number) < 2**53 else repr(number)


def instant(at: int) -> str:
    """A moment as a literal of the type of `time`."""
    return f"fromUnixTimestamp64Milli(toInt64({at}), 'UTC')"


def any_of(parts: Iterable[str]) -> str:
    kept = [part for part in parts if part != FALSE]
    if TRUE in kept:
        return TRUE
    return "(" + " OR ".join(kept) + ")" if len(kept) > 1 else kept[0] if kept else FALSE


def all_of(parts: Iterable[str]) -> str:
    kept = [part for part in parts if part != TRUE]
    if FALSE in kept:
        return FALSE
    return "(" + " AND ".join(kept) + ")" if len(kept) > 1 else kept[0] if kept else TRUE


def negate(part: str) -> str:
    return {TRUE: FALSE, FALSE: TRUE}.get(part) or f"NOT {part}"


def holds(expression: str) -> str:
    """A condition that may be NULL, as one that is false then."""
    return f"ifNull({expression}, false)"


class Column:
    """The value at a path of a JSON column."""

    def __init__(self, json: str, path: str) -> None:
        names = ".".join(identifier(part) for part in path.split("."))
        self._value = f"{json}.{names}"
        self._object = f"{json}.^{names}"

    def typed(self, kind: str) -> str:
        # Not the sub-column of that type: of a value asked for in several types each would be read by itself.
        return f"dynamicElement({self._value}, {quote(kind)})"

    def only(self, kind: str) -> str:
        """The value if it is of this type, for what asks for no other type: nothing else is read."""
        return f"{self._value}.:{identifier(kind)}"

    @property
    def is_text(self) -> str:
        """The value is a text. Only the types of values are read for it, not the values."""
        return f"{self.only('String')}.null = 0"

    @property
    def present(self) -> str:
        return f"(isNotNull({self._value}) OR notEmpty(JSONAllPaths({self._object})))"

    @property
    def string(self) -> str:
        return self.typed("String")

    @property
    def boolean(self) -> str:
        return self.typed("Bool")

    @functools.cached_property
    def raw_number(self) -> str:
        """A JSON number as Float64."""
        return f"coalesce(toFloat64({self.typed('Int64')}), {self._rare_number})"

    @functools.cached_property
    def _rare_number(self) -> str:
        return f"coalesce({self.typed('Float64')}, toFloat64({self.typed('UInt64')}))"

    @functools.cached_property
    def text_number(self) -> str:
        """A text that is a number, as Float64."""
        return _number_of(self.string)

    @functools.cached_property
    def number(self) -> str:
        # Most numbers are whole ones: what costs more is done only for the rows that are left.
        whole, string = self.typed("Int64"), self.string
        rest = f"isNotNull({string}), {self.text_number}, {self._rare_number}"
        return f"multiIf(isNotNull({whole}), toFloat64({whole}), {rest})"

    @functools.cached_property
    def text(self) -> str:
        whole = f"toString({self.typed('Int64')}), toString({self.typed('UInt64')})"
        other = f"{whole}, {_text_of_float(self.typed('Float64'))}, {_text_of_bool(self.boolean)}"
        return f"if(isNotNull({self.string}), {self.string}, coalesce({other}))"

    def equals(self, equality: Equality) -> str:
        """Equal itself, or a list with an element that is."""
        # One kind after the other, the usual first: what is of one kind is not asked for the others.
        whole = self.typed("Int64")
        kinds = [
            (self.string, _equal(equality, self.string, None, None)),
            (self.boolean, _equal(equality, None, None, self.boolean)),
            (whole, _equal(equality, None, f"toFloat64({whole})", None)),
            (self._value, any_of([_equal(equality, None, self._rare_number, None), self.list_holds(equality)])),
        ]
        asked = ", ".join(f"isNotNull({value}), {condition}" for value, condition in kinds if condition != FALSE)
        return f"multiIf({asked}, false)"

    def list_holds(self, equality: Equality) -> str:
        """A list with an element that is equal."""
        parts = []
        for kind in ("String", "Int64", "Float64", "Bool", "UInt64"):
            condition = _equal(
                equality,
                "x" if kind == "String" else None,
                "toFloat64(x)" if kind in {"Int64", "Float64", "UInt64"} else None,
                "x" if kind == "Bool" else None,
            )
            if condition != FALSE:
                parts.append(f"arrayExists(x -> {condition}, {self.typed(f'Array(Nullable({kind}))')})")
        mixed = _equal(
            equality,
            "dynamicElement(x, 'String')",
            "coalesce(toFloat64(dynamicElement(x, 'Int64')), dynamicElement(x, 'Float64'),"
            " toFloat64(dynamicElement(x, 'UInt64')))",
            "dynamicElement(x, 'Bool')",
        )
        parts.append(f"arrayExists(x -> {mixed}, {self.typed('Array(Dynamic)')})")
        return any_of(parts)

    @functools.cached_property
    def wall_start(self) -> str:
        """The naive time of a wall time, in milliseconds."""
        return (
            f"if(match({self.string}, {quote(moments.WALL_PATTERN)}),"
            f" toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull({self.string}, 3, 'UTC')), NULL)"
        )

    @functools.cached_property
    def wall_end(self) -> str:
        return f"({self.wall_start} + if(length({self.string}) = 10, {DAY}, 0))"

    @functools.cached_property
    def instant(self) -> str:
        """The milliseconds of an instant."""
        low, high = moments.SECONDS
        low_ms, high_ms = moments.MILLIS
        return (
            f"coalesce(if(match({self.string}, {quote(moments.INSTANT_PATTERN)}),"
            f" toUnixTimestamp64Milli(parseDateTime64BestEffortOrNull({self.string}, 3, 'UTC')), NULL),"
            f" multiIf({self.raw_number} >= {low} AND {self.raw_number} < {high}, toInt64({self.raw_number} * 1000),"
            f" {self.raw_number} >= {low_ms} AND {self.raw_number} < {high_ms}, toInt64({self.raw_number}), NULL))"
        )

    def falls_on(self, days: Iterable[tuple[int, int]], zone: ZoneInfo) -> str:
        """The date that the value falls on has one of these months and days."""
        wanted = sorted(set(days))
        written = ", ".join(quote(f"{month:02}-{day:02}") for month, day in wanted)
        numbers = ", ".join(str(month * 100 + day) for month, day in wanted)
        wall = f"fromUnixTimestamp64Milli({self.wall_start}, 'UTC')"
        local = f"fromUnixTimestamp64Milli({self.instant}, {quote(zone.key)})"
        fallen = f"coalesce({_month_day(wall)}, {_month_day(local)}) IN ({numbers})"
        # Almost every value is a bare date, most of another day: those cost little.
        bare = f"substring({self.string}, 6, 5) IN ({written}) AND isNotNull({self.wall_start})"
        return holds(f"multiIf(length({self.string}) = 10, {bare}, isNotNull({self._value}), {fallen}, false)")


class OneKind(Column):
    """The same where every value is of one type, no list: nothing else is read."""

    def __init__(self, json: str, path: str, kind: str) -> None:
        super().__init__(json, path)
        self._kind, self._value = kind, Column(json, path).only(kind)
        self.is_another = f"{self._value}.null = 1"  # a value of another type, or none: told by types alone

    @property
    def present(self) -> str:
        return f"isNotNull({self._value})"

    def typed(self, kind: str) -> str:
        return self._value if kind == self._kind else f"CAST(NULL, 'Nullable({kind})')"

    def equals(self, equality: Equality) -> str:
        value, kind = self._value, self._kind
        number = f"toFloat64({value})" if kind == "Int64" else None
        return _equal(equality, value if kind == "String" else None, number, value if kind == "Bool" else None)

    def list_holds(self, equality: Equality) -> str:
        return FALSE


def usual_kind(operand: object) -> str:
    """The type of the values that are asked for with this operand, as a rule writes it, most of the time."""
    first = operand[0] if isinstance(operand, (list, tuple)) and operand else operand
    if isinstance(first, bool):
        return "Bool"
    return "Int64" if isinstance(first, (int, float)) else "String"


def _month_day(time: str) -> str:
    return f"toMonth({time}) * 100 + toDayOfMonth({time})"


def _equal(equality: Equality, string: str | None, number: str | None, boolean: str | None) -> str:
    parts = []
    if string is not None:
        texts = sorted(equality.texts | equality.words)
        if texts:
            parts.append(holds(f"{string} IN ({', '.join(map(quote, texts))})"))
        if equality.numbers:
            parts.append(holds(f"{_number_of(string)} IN ({_numbers(equality.numbers)})"))
    if number is not None and (numbers := equality.numbers | equality.raw_numbers):
        parts.append(holds(f"{number} IN ({_numbers(numbers)})"))
    if boolean is not None:
        for word in sorted((equality.texts | equality.words) & {"true", "false"}):
            parts.append(holds(f"{boolean} = {word}"))
    return any_of(parts)


def _numbers(numbers: Iterable[float]) -> str:
    return ", ".join(f"toFloat64({literal(n)})" for n in sorted(numbers))


def _number_of(string: str) -> str:
    return f"if(match({string}, {quote(NUMBER_PATTERN)}), toFloat64OrNull({string}), NULL)"


def _text_of_float(value: str) -> str:
    return (
        f"multiIf({value} = trunc({value}) AND abs({value}) < 1e15, toString(toInt64({value})),"
        f" {value} != trunc({value}) AND abs({value}) >= 0.0001 AND abs({value}) < 1e15, toString({value}), NULL)"
    )


def _text_of_bool(value: str) -> str:
    return f"multiIf({value} = true, 'true', {value} = false, 'false', NULL)"
