"""What separates the RFM scores of the customers there are: found by SQL, every night and on demand.

A score is a fifth of those who ordered within the window. Who are equal have equal scores: the boundary lies above
them, so a value that most people have gets the lowest score that any of them would.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from quen.computed.kinds.rfm import Settings, to_json
from quen.computed.rfm import Boundaries
from quen.segments.conditions.base import SqlContext
from quen.segments.grammar import MAX_NUMBER
from quen.segments.measure import SCALE
from quen.segments.sql import MAX_SECONDS, Store, no_rule

FEWEST = 5  # of fewer customers there are no fifths


def find(settings: Settings, store: Store, now: int, zone: ZoneInfo) -> tuple[Boundaries | None, int]:
    """The boundaries at `now` (ms UTC), and of how many customers; None where there are too few."""
    people = settings.per_person(SqlContext(now, zone, no_rule))
    columns = ", ".join(map(_least, _COLUMNS))
    rows = store.rows(
        f"SELECT n, {columns} FROM (SELECT count() AS n, {', '.join(_sorted(name) for name in _COLUMNS)}"
        f" FROM ({people})) SETTINGS precise_float_parsing = 1, max_execution_time = {MAX_SECONDS}"
    )
    n, last, orders, spent = rows[0]
    if int(n) < FEWEST:
        return None, int(n)
    # Whoever ordered at `at` or later has the better score: whoever's last order is younger than this.
    recency = sorted(now - int(at) + 1 for at in last)
    most = int(MAX_NUMBER) * SCALE
    boundaries = Boundaries(
        tuple(recency), tuple(int(count) for count in orders), tuple(min(int(value), most) for value in spent)
    )
    return boundaries, int(n)


_COLUMNS = (1, 2, 3)  # the last order, how many, their sum


def _sorted(column: int) -> str:
    return f"arraySort(groupArray(result.{column})) AS all{column}"


def _least(column: int) -> str:
    """The least value above each of the four lower fifths, as text (sums are wide); fewer where there is none."""
    everyone = f"all{column}"
    fifth = f"{everyone}[toUInt64(ceil(n * fifth / 5))]"
    return (
        "arrayMap(value -> toString(value), arrayFilter(value -> isNotNull(value), arrayMap("
        f"fifth -> arrayFirstOrNull(value -> value > {fifth}, {everyone}), [1, 2, 3, 4])))"
    )


def with_boundaries(spec: Mapping[str, Any], found: Boundaries, people: int, now: int) -> dict[str, Any]:
    """The spec of an RFM trait with these boundaries in force."""
    return {**spec, "boundaries": {**to_json(found), "at": now, "people": people}}
