"""How many people have which RFM scores, and who of them they are: by SQL over the profiles as they are now."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from quen.profiles import store as profiles
from quen.profiles.mirror import Sides
from quen.segments.columns import Column
from quen.segments.measure import SCALE
from quen.segments.sql import MAX_SECONDS, Store


class Scored(msgspec.Struct, frozen=True):
    """So many people have these scores, and are in this group."""

    r: int
    f: int
    m: int
    group: str
    people: int


class Sum(msgspec.Struct):
    """Of some of them: how many, and their mean monetary score."""

    people: int = 0
    monetary: float | None = None


def scored(path: str, store: Store) -> list[Scored]:
    """At most one for each combination. `path`: of the trait, `computed.rfm`."""

    def ask(sides: Sides) -> list[tuple[Any, ...]]:
        at = sides.path(path)
        group = Column("traits", f"{at}.group").string
        return store.rows(
            f"SELECT r, f, m, of, count() FROM"
            f" (SELECT {_scores(at, 'rfm')}, {group} AS of FROM profiles FINAL WHERE deleted = 0)"
            f" WHERE isNotNull(r) AND isNotNull(f) AND isNotNull(m) AND isNotNull(of) GROUP BY r, f, m, of"
            f" SETTINGS max_execution_time = {MAX_SECONDS}"
        )

    rows = profiles.at_one_moment(ask)
    return [Scored(int(r), int(f), int(m), str(of), int(people)) for r, f, m, of, people in rows]


def spent(path: str, people: str, store: Store) -> dict[tuple[int, int], float]:
    """(r, f) → what those with these scores spent in the window, on average. `people`: `Settings.per_person`."""
    rows = profiles.at_one_moment(
        lambda sides: store.rows(
            f"SELECT r, f, avg(toFloat64(result.3)) / {SCALE} FROM"
            f" (SELECT id, {_scores(sides.path(path), 'rf')} FROM profiles FINAL WHERE deleted = 0) AS scored"
            f" INNER JOIN ({people}) AS orders ON scored.id = orders.person"
            " WHERE isNotNull(r) AND isNotNull(f) GROUP BY r, f"
            f" SETTINGS precise_float_parsing = 1, max_execution_time = {MAX_SECONDS}"
        )
    )
    return {(int(r), int(f)): float(mean) for r, f, mean in rows}


def _scores(path: str, parts: str) -> str:
    return ", ".join(f"toInt64({Column('traits', f'{path}.{part}').number}) AS {part}" for part in parts)


def summed(cells: Iterable[Scored]) -> Sum:
    found, weight = Sum(), 0
    for cell in cells:
        found.people += cell.people
        weight += cell.m * cell.people
    if found.people:
        found.monetary = weight / found.people
    return found
