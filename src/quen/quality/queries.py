"""What the pages and the API show of the quality of data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import msgspec

from quen.cleaning.traits import FIELDS as CLEANED
from quen.db import fetch
from quen.quality.models import Example
from quen.quality.score import DOUBTFUL, Values, score
from quen.quality.tally import RESERVED, place

PERIODS = (7, 30, 90)  # days
TREND_DAYS = 7
FIELDS = (*CLEANED, RESERVED)


class Day(msgspec.Struct):
    day: date
    fields: dict[str, Values]

    @property
    def score(self) -> int | None:
        return score(self.fields)


class Overview(msgspec.Struct):
    """One source over a period. `trend` is the score of the last 7 days less that of the 7 before; None: not known."""

    source_id: int
    messages: int
    days: list[Day]  # all of the period, oldest first

    @property
    def fields(self) -> dict[str, Values]:
        return _together(self.days)

    @property
    def total(self) -> Values:
        return _sum(self.fields.values())

    @property
    def score(self) -> int | None:
        return score(self.fields)

    @property
    def trend(self) -> int | None:
        now = score(_together(self.days[-TREND_DAYS:]))
        before = score(_together(self.days[-2 * TREND_DAYS : -TREND_DAYS]))
        return None if now is None or before is None else now - before


class FieldWords(msgspec.Struct):
    """What was said of the values of a field: (word, how often), most frequent first."""

    done: list[tuple[str, int]] = []
    problem: list[tuple[str, int]] = []
    hint: list[tuple[str, int]] = []


def overviews(days: list[date], source_id: int | None = None) -> list[Overview]:
    """Sources of which something came on these days (in the workspace's zone, oldest first), the worst first."""
    marks = ", ".join(["%s"] * len(DOUBTFUL))
    rows = fetch(
        "SELECT source_id, day, field, outcome, word, SUM(count) FROM quality_counter WHERE day >= %s"
        f" AND (word = '' OR (outcome = 'hint' AND word IN ({marks})))"
        + ("" if source_id is None else " AND source_id = %s")
        + " GROUP BY source_id, day, field, outcome, word",
        [days[0].isoformat(), *sorted(DOUBTFUL), *([] if source_id is None else [source_id])],
    )
    messages: dict[int, int] = defaultdict(int)
    by_day: dict[tuple[int, str], dict[str, Values]] = defaultdict(dict)
    for of, day, field, outcome, word, count in rows:
        if outcome == "seen":
            messages[of] += int(count)
        else:
            by_day[of, day].setdefault(field, Values()).add(outcome, word, int(count))
    found = [
        Overview(of, number, [Day(day, by_day.get((of, day.isoformat()), {})) for day in days])
        for of, number in messages.items()
    ]
    return sorted(found, key=lambda one: (101 if one.score is None else one.score, one.source_id))


def words(source_id: int, since: date) -> dict[str, FieldWords]:
    """Field → what was said of its values, in the order in which fields are listed."""
    rows = fetch(
        "SELECT field, outcome, word, SUM(count) FROM quality_counter"
        " WHERE source_id = %s AND day >= %s AND word <> '' GROUP BY field, outcome, word ORDER BY 4 DESC, 3",
        [source_id, since.isoformat()],
    )
    found = {field: FieldWords([], [], []) for field in FIELDS}
    for field, outcome, word, count in rows:
        if field in found and outcome in ("done", "problem", "hint"):
            getattr(found[field], outcome).append((word, int(count)))
    return {field: said for field, said in found.items() if said.done or said.problem or said.hint}


def examples(source_id: int, field: str, outcome: str, word: str) -> list[Example]:
    """Newest first."""
    return list(Example.objects.filter(place=place(source_id, field, outcome, word)).order_by("-id"))


def _together(days: Iterable[Day]) -> dict[str, Values]:
    found: dict[str, list[Values]] = defaultdict(list)
    for day in days:
        for field, values in day.fields.items():
            found[field].append(values)
    return {field: _sum(found[field]) for field in FIELDS if field in found}


def _sum(parts: Iterable[Values]) -> Values:
    total = Values()
    for part in parts:
        total.valid += part.valid
        total.fixed += part.fixed
        total.rejected += part.rejected
        total.doubtful += part.doubtful
    return total
