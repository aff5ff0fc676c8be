"""How the values of a computed trait lie among the people: by SQL over the profiles as they are now."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import msgspec

from quen.computed.definitions import ComputedTrait
from quen.profiles import store as profiles
from quen.segments.columns import Column
from quen.segments.sql import Store

MOST = 12  # bars
_SETTINGS = "SETTINGS max_execution_time = 10"
Say = Callable[[Any], str]


class Bar(msgspec.Struct, frozen=True):
    """So many people have this value, or one from `value` to below `end`; without an end the last bar is open."""

    value: Any
    people: int
    end: float | None = None
    open: bool = False


class Distribution(msgspec.Struct, frozen=True):
    """`people` have a value; what stands in no bar is `others`."""

    people: int
    bars: list[Bar]
    others: int = 0
    average: float | None = None
    median: float | None = None


def distribution(trait: ComputedTrait, store: Store) -> Distribution:
    """Of an object: of its part that is a text."""
    return profiles.at_one_moment(lambda sides: _distribution(trait, sides.path(trait.path), store))


def _distribution(trait: ComputedTrait, path: str, store: Store) -> Distribution:
    gives = trait.of_kind.gives
    if gives == "object":
        texts = [name for name, (_, of) in trait.of_kind.parts.items() if of == "text"]
        return _of_texts(f"{path}.{texts[0] if texts else next(iter(trait.of_kind.parts))}", store, many=False)
    if gives == "number":
        return _of_numbers(path, store)
    return _of_texts(path, store, many=gives == "list")


def _people_with(path: str, store: Store) -> int:
    """How many have a value."""
    column = Column("traits", path)
    return int(store.rows(f"SELECT countIf({column.present}) FROM profiles FINAL WHERE deleted = 0 {_SETTINGS}")[0][0])


def _of_texts(path: str, store: Store, *, many: bool) -> Distribution:
    column = Column("traits", path)
    value = f"arrayJoin({column.typed('`Array(Nullable(String))`')})" if many else column.text
    rows = store.rows(
        f"SELECT value, count() AS people FROM (SELECT {value} AS value FROM profiles FINAL WHERE deleted = 0)"
        f" WHERE isNotNull(value) GROUP BY value ORDER BY people DESC, value LIMIT {MOST} {_SETTINGS}"
    )
    people = _people_with(path, store)
    bars = [Bar(value, int(n)) for value, n in rows]
    return Distribution(people, bars, 0 if many else max(0, people - sum(bar.people for bar in bars)))


def _of_numbers(path: str, store: Store) -> Distribution:
    """Each number a bar where there are few; else bars of one round width, the last one open."""
    number = Column("traits", path).number
    source = f"(SELECT {number} AS value FROM profiles FINAL WHERE deleted = 0) WHERE isNotNull(value)"
    rows = store.rows(
        "SELECT count(), uniq(value), min(value), quantileExact(0.95)(value), max(value), avg(value),"
        f" quantileExact(0.5)(value) FROM {source} {_SETTINGS}"
    )
    people, different, least, most, greatest, average, median = rows[0]
    people = int(people)
    if not people:
        return Distribution(0, [])
    mean, middle = float(average), float(median)
    if int(different) <= MOST:
        rows = store.rows(f"SELECT value, count() FROM {source} GROUP BY value ORDER BY value {_SETTINGS}")
        return Distribution(people, [Bar(float(value), int(n)) for value, n in rows], average=mean, median=middle)
    width = round_width((float(most) - float(least)) / (MOST - 2) or 1.0)
    first = math.floor(float(least) / width)
    rows = store.rows(
        f"SELECT least(toInt64(floor(value / {width!r})) - {first}, {MOST - 1}) AS place, count() FROM {source}"
        f" GROUP BY place ORDER BY place {_SETTINGS}"
    )
    counted = {int(place): int(n) for place, n in rows}
    last = max(counted)
    bars = [
        Bar(
            (first + at) * width,
            counted.get(at, 0),
            (first + at + 1) * width,
            open=at == MOST - 1 and float(greatest) >= (first + at + 1) * width,
        )
        for at in range(last + 1)
    ]
    return Distribution(people, bars, average=mean, median=middle)


def round_width(width: float) -> float:
    """The next of 1, 2, 5, 10, 20, 50, … (and 0.5, 0.2, …) that is at least this."""
    magnitude = 10.0 ** math.floor(math.log10(width))
    factor = next(factor for factor in (1, 2, 5, 10) if width <= factor * magnitude * (1 + 1e-9))
    return factor * magnitude
