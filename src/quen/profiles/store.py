"""Profiles in the state database, read and written in sets. Only the engine writes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

import msgspec

from quen.db import execute, execute_many, fetch, fetch_in
from quen.profiles.mirror import AS_NAMED, Sides
from quen.profiles.state import NEXT, ProfileState, search_text, take_value

COLUMNS = "id, created_at, first_seen, last_seen, first_source_id, traits, trait_meta, live, due_at"
EVERYONE = 2**63 - 1  # up to this profile id: all there are, and those to come
_ACTIVITY = ("first_seen", "first_source_id", "live")
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.decode
_Found = TypeVar("_Found")
_meta = msgspec.json.Decoder(dict[str, list[Any]])


class TakenOver(NamedTuple):
    """As `models.Takeover`."""

    slot: int
    name: str
    at: int
    through: int


def load(ids: Iterable[int]) -> dict[int, ProfileState]:
    """The profiles with these ids; ids that do not exist (or were merged away) are simply not in the answer."""
    rows = fetch_in(f"SELECT {COLUMNS} FROM profiles_profile WHERE {{in}}", ids, column="id")
    return {state.id: state for state in states_of(rows)}


def load_range(after_id: int, limit: int) -> list[ProfileState]:
    """Up to `limit` profiles with id > `after_id`, in order of id."""
    return states_of(
        fetch(f"SELECT {COLUMNS} FROM profiles_profile WHERE id > %s ORDER BY id LIMIT %s", [after_id, limit])
    )


def due(now: int, limit: int) -> list[ProfileState]:
    """Profiles for which some segment may flip by `now`, the longest overdue first."""
    return states_of(
        fetch(f"SELECT {COLUMNS} FROM profiles_profile WHERE due_at <= %s ORDER BY due_at, id LIMIT %s", [now, limit])
    )


def next_due_at() -> int | None:
    """The earliest instant at which somebody's segments may flip by time alone."""
    earliest: int | None = fetch("SELECT MIN(due_at) FROM profiles_profile")[0][0]
    return earliest


def insert(states: Iterable[ProfileState]) -> None:
    execute_many(
        "INSERT INTO profiles_profile"
        " (created_at, first_seen, last_seen, first_source_id, traits, trait_meta, live, due_at, search, id)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [_row(s) for s in states],
    )


def save(states: Iterable[ProfileState]) -> None:
    """Write all of each profile."""
    execute_many(
        "UPDATE profiles_profile SET created_at = %s, first_seen = %s, last_seen = %s, first_source_id = %s,"
        " traits = %s, trait_meta = %s, live = %s, due_at = %s, search = %s WHERE id = %s",
        [_row(s) for s in states],
    )


def _row(state: ProfileState) -> tuple[Any, ...]:
    """Every column, the id last: what both statements take."""
    return (
        state.created_at,
        state.first_seen,
        state.last_seen,
        state.first_source_id,
        _encode(state.traits).decode(),
        _encode(state.trait_meta).decode(),
        state.live,
        state.due_at,
        search_text(state.traits),
        state.id,
    )


def save_activity(states: Iterable[ProfileState]) -> None:
    """Write only what changes when no trait's value does: the common case of the hot path.

    SQLite writes every index of a column that a statement sets, be its value the same: those with an index are set
    where they changed.
    """
    rows: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for s in states:
        columns: tuple[str, ...] = _ACTIVITY
        values: list[Any] = [s.first_seen, s.first_source_id, s.live]
        if s.indexed is None or s.last_seen != s.indexed[0]:
            columns, values = (*columns, "last_seen"), [*values, s.last_seen]
        if s.indexed is None or s.due_at != s.indexed[1]:
            columns, values = (*columns, "due_at"), [*values, s.due_at]
        if s.meta_changed:
            columns, values = (*columns, "trait_meta"), [*values, _encode(s.trait_meta).decode()]
        rows.setdefault(columns, []).append((*values, s.id))
    for columns, of in rows.items():
        setting = ", ".join(f"{column} = %s" for column in columns)
        execute_many(f"UPDATE profiles_profile SET {setting} WHERE id = %s", of)


def delete(ids: Iterable[int]) -> None:
    execute_many("DELETE FROM profiles_profile WHERE id = %s", [(i,) for i in ids])


def states_of(rows: Iterable[tuple[Any, ...]]) -> list[ProfileState]:
    """The profiles of rows of COLUMNS, with the computed values that count now."""
    states = [_state(row) for row in rows]
    if waiting := [state for state in states if NEXT in state.traits]:
        taken = takeovers()
        for state in waiting:
            for each in taken:
                take_value(state, str(each.slot), each.name, each.at)
    return states


def takeovers() -> list[TakenOver]:
    """Computed values that have taken the place of others, but not in every row yet; the oldest first."""
    return [TakenOver(*row) for row in fetch("SELECT slot, name, at, through FROM profiles_takeover ORDER BY at, slot")]


def take_over(slot: int, name: str, at: int) -> None:
    """From now on the values under this slot are those of the computed trait: of everyone, at once. SQL finds them on
    the other side of the mirror."""
    execute("DELETE FROM profiles_takeover WHERE name = %s AND through = %s", [name, EVERYONE])
    execute("INSERT INTO profiles_takeover (slot, name, at, through) VALUES (%s, %s, %s, 0)", [slot, name, at])
    execute(
        "INSERT INTO profiles_side (name, turns) VALUES (%s, 1)"
        " ON CONFLICT (name) DO UPDATE SET turns = profiles_side.turns + 1",
        [name],
    )


def taken_over(slot: int, through: int) -> None:
    """People up to this id are written with the values that they have. That all are stays written down, for whoever
    has read a row before and asks what it means."""
    execute("UPDATE profiles_takeover SET through = %s WHERE slot = %s", [through, slot])


def forget_takeovers(name: str) -> None:
    execute("DELETE FROM profiles_takeover WHERE name = %s", [name])


def prepare_side(name: str) -> None:
    """Of a computed trait that is new nothing is shown, and its first values gather at `computed.NAME`: those of most
    traits stay there, and where nothing is turned the mirror of a profile is its traits as they are."""
    execute("INSERT INTO profiles_side (name, turns) VALUES (%s, 1) ON CONFLICT (name) DO NOTHING", [name])


def turns() -> dict[str, int]:
    """Name of a computed trait → how often its values have changed sides (`models.Side`). One small query."""
    return dict(fetch("SELECT name, turns FROM profiles_side"))


def sides(coming: Mapping[str, str] = AS_NAMED.coming) -> Sides:
    """On which sides of the mirror values are shown now."""
    return _sides(turns(), coming)


def at_one_moment(ask: Callable[[Sides], _Found]) -> _Found:
    """What `ask` finds in the mirror, given where SQL finds the values that are shown.

    If other ones have taken their place meanwhile it is asked again: whoever was written since has nothing any more
    where it looked.
    """
    now = turns()
    while True:
        before, found = now, ask(_sides(now))
        now = turns()
        if now == before:
            return found


def _sides(turned: Mapping[str, int], coming: Mapping[str, str] = AS_NAMED.coming) -> Sides:
    return Sides(frozenset(name for name, times in turned.items() if times % 2), coming)


def _state(row: tuple[Any, ...]) -> ProfileState:
    profile_id, created_at, first_seen, last_seen, source_id, traits, meta, live, due_at = row
    live = None if live is None else bytes(live)
    return ProfileState(
        profile_id,
        created_at,
        first_seen,
        last_seen,
        source_id,
        _decode(traits),
        _meta.decode(meta),
        live,
        due_at,
        indexed=(last_seen, due_at),
    )
