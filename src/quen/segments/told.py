"""Conditions that events decide, as SQL: however many of them stand together, their events are read once."""

from __future__ import annotations

from collections.abc import Sequence

from quen.segments.columns import TRUE, all_of, any_of, negate, quote
from quen.segments.conditions.base import Condition, SqlContext
from quen.segments.rows import Rows, Told

PERSON = "dictGetOrDefault('links_dict', 'to_id', profile_id, profile_id)"


def person(context: SqlContext) -> str:
    """Whose an event is today."""
    return PERSON if context.merged else "profile_id"


def of_people(context: SqlContext) -> list[str]:
    """The condition on rows of `events` for a context that asks about some people only."""
    if not context.among:
        return []
    ids = ", ".join(map(str, context.among))
    merged = f"SELECT from_id FROM links FINAL WHERE to_id IN ({ids})"
    return [f"(profile_id IN ({ids}) OR profile_id IN ({merged}))"]


def together(items: Sequence[Condition], context: SqlContext, every: bool) -> Told | None:
    """All (or any) of some conditions as one; None unless events decide each."""
    parts = [item.told(context) for item in items]
    told = [part for part in parts if part is not None]
    if len(told) < len(parts):
        return None
    if len(told) == 1:
        return told[0]
    join, hold = (all_of, all) if every else (any_of, any)
    return Told(
        tuple(dict.fromkeys(rows for part in told for rows in part.rows)),
        lambda which: join(part.decides(which) for part in told),
        hold(part.nothing for part in told),
        all(part.whole for part in told) and not (every or any(part.nothing for part in told)),
    )


def group_sql(items: Sequence[Condition], context: SqlContext, every: bool) -> list[str]:
    """The parts of a group as conditions on a row of `profiles`; those that events decide are one of them."""
    by_events = [item for item in items if item.told(context) is not None]
    told = together(by_events, context, every) if by_events else None
    others = [item.sql(context) for item in items if item not in by_events]
    return [*others, *([] if told is None else [told_sql(told, context)])]


def told_sql(told: Told, context: SqlContext) -> str:
    """A condition on a row of `profiles`, never NULL."""
    names = sorted({rows.event for rows in told.rows})
    times = _shared([rows.times for rows in told.rows])
    filters = _shared([rows.filters for rows in told.rows])

    def named(rows: Rows) -> list[str]:
        return [f"event = {quote(rows.event)}"] if len(names) > 1 else []

    def meant(rows: Rows) -> str:
        return all_of(
            [
                *named(rows),
                *(time for time in rows.times if time not in times),
                *(each for each in rows.filters if each not in filters),
            ]
        )

    # What can pass at all, by the columns that cost little; properties are read only of what is left.
    several = [all_of([*named(rows), *(time for time in rows.times if time not in times)]) for rows in told.rows]
    ever = {rows.event for rows in told.rows if not set(rows.times) - set(times)}
    read = all_of(
        [
            *of_people(context),
            f"event IN ({', '.join(map(quote, names))})" if len(names) > 1 else f"event = {quote(names[0])}",
            *times,
            TRUE if ever == set(names) else any_of(several),
        ]
    )
    if told.whole and any(set(rows.filters) - set(filters) for rows in told.rows):
        filters = [*filters, any_of(meant(rows) for rows in told.rows)]
    if told.alone is None:
        chosen = _chosen(f"{person(context)} AS person", [read], filters)
        decides = told.decides((lambda rows: TRUE) if told.whole else meant)
    else:
        columns = f"{person(context)} AS person, {{}} AS given, time, id"
        halves = (
            _chosen(columns.format(half.given), [read, half.first], [*filters, half.rest]) for half in told.alone.halves
        )
        chosen, decides = f"SELECT person FROM ({' UNION ALL '.join(halves)})", told.alone.decides
    # People without such events may hold too: then it is all but those whose events say otherwise.
    operator, having = ("NOT IN", negate(decides)) if told.nothing else ("IN", decides)
    return f"id {operator} ({chosen}{'' if having == TRUE else f' GROUP BY person HAVING {having}'})"


def _chosen(columns: str, read: list[str], passing: list[str]) -> str:
    where = all_of(passing)
    return f"SELECT {columns} FROM events PREWHERE {all_of(read)}" + ("" if where == TRUE else f" WHERE {where}")


def _shared(each: Sequence[tuple[str, ...]]) -> list[str]:
    """The conditions that all have, in their order."""
    first, *rest = each
    return [condition for condition in first if all(condition in other for other in rest)]
