"""What a profile keeps of a trait whose strategy is not `latest`: enough to know the winner whatever comes, and when.

Pure. An observation is placed by (event time, row id): the row id of its message is unique and rises in order of
arrival. What is kept is the same for any order of arrival and for any split of the observations over two profiles that
merge later.

One thing cannot be answered from what is kept: a deletion that arrives after values later than itself, for `first`,
`most_frequent` and `keep_all` (which of their sightings came after it?). Then `delete` and `merge` answer True, and the
trait is to be made anew from the history (quen.profiles.rebuilding).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zlib import crc32

import msgspec

from quen.profiles.strategies import LATEST, Strategy

MOST_VALUES = 100  # of one trait, by keep_all and most_frequent
MOST_VALUE_BYTES = 2_000  # of one value, as JSON; longer ones are passed over by these two
# trait_meta of a name: [event time, source id, row id] of the winner (or of its deletion); a strategy other than latest
# has a Kept beside it. Rows written by earlier versions have only the first two.
PLAIN = 3

At = tuple[int, int]  # (event time ms, row id)
_encode = msgspec.json.Encoder(order="deterministic").encode


class Sighting(msgspec.Struct, array_like=True):
    """A value as it was seen. For most_frequent: seen last; `count` times in all, at `first` for the first time."""

    time: int
    row: int
    source: int
    value: Any
    count: int = 1
    first: At | None = None

    @property
    def at(self) -> At:
        return self.time, self.row


class Kept(msgspec.Struct, array_like=True):
    """`seen` by strategy: first – the earliest; source_priority – the latest of each source; keep_all – of each value
    the first, in order; most_frequent – each value. `newest`: the latest value of all that counted."""

    strategy: str
    deleted: tuple[int, int, int] | None = None  # time, row, source of the latest null
    newest: At | None = None
    seen: list[Sighting] = msgspec.field(default_factory=list)

    def forgets(self, at: At) -> bool:
        """Whether what was seen then is deleted."""
        return self.deleted is not None and at <= self.deleted[:2]


def observe(
    meta: list[Any] | None, current: Any, strategy: Strategy, sighting: Sighting
) -> tuple[list[Any], Any, bool]:
    """Take one observation: (meta, value, stale). `value` None: the trait is absent. Any strategy but latest.

    `current` is the trait's value now. Stale: the trait must be made anew from the history.
    """
    kept = read(meta, current, strategy)
    stale = False
    if sighting.value is None:
        stale = _delete(kept, (sighting.time, sighting.row, sighting.source))
    elif not kept.forgets(sighting.at):
        _add(kept, [sighting])
    return *outcome(kept, strategy), stale


def merge(
    mine: list[Any], my_value: Any, theirs: list[Any], their_value: Any, strategy: Strategy
) -> tuple[list[Any], Any, bool]:
    """Both sides as one: (meta, value, stale) as `observe` gives them."""
    kept, other = read(mine, my_value, strategy), read(theirs, their_value, strategy)
    before = kept.deleted
    stale = other.deleted is not None and _delete(kept, other.deleted)
    stale = (before is not None and _delete(other, before)) or stale
    _add(kept, other.seen)
    if other.newest is not None:
        kept.newest = max(kept.newest or other.newest, other.newest)
    return *outcome(kept, strategy), stale


def read(meta: list[Any] | None, current: Any, strategy: Strategy) -> Kept:
    """What is kept, in the shape of `strategy`. After a change of strategy: as far as the old one kept it."""
    if meta is None:
        return Kept(strategy.name)
    old = msgspec.convert(meta[PLAIN], Kept) if len(meta) > PLAIN else _plain(meta, current)
    if old.strategy == strategy.name:
        return old
    kept = Kept(strategy.name, old.deleted)
    for seen in sorted(old.seen, key=_at):
        _add(kept, [msgspec.structs.replace(seen, count=1, first=None)])
    return kept


def latest(meta: list[Any], current: Any) -> tuple[list[Any], Any]:
    """(meta, value) in the shape of `latest`, of a trait that had another strategy."""
    return outcome(read(meta, current, LATEST), LATEST)


def sightings(meta: list[Any], current: Any) -> list[tuple[int, int, int, Any]]:
    """(time, row, source, value) of all that is kept, a deletion as None."""
    kept = msgspec.convert(meta[PLAIN], Kept) if len(meta) > PLAIN else _plain(meta, current)
    deletion = [(*kept.deleted, None)] if kept.deleted is not None else []
    return deletion + [(s.time, s.row, s.source, s.value) for s in kept.seen]


def outcome(kept: Kept, strategy: Strategy) -> tuple[list[Any], Any]:
    """(meta, value) of what is kept."""
    winner = _winner(kept, strategy)
    if winner is not None:
        place = [winner.time, winner.source, winner.row]
        value = [s.value for s in kept.seen] if strategy.name == "keep_all" else winner.value
    else:
        time, row, source = kept.deleted or (0, 0, 0)
        place, value = [time, source, row], None
    if strategy.name == "latest":
        return place, value
    return [*place, msgspec.to_builtins(kept)], value


def _plain(meta: list[Any], current: Any) -> Kept:
    time, source, row = meta[0], meta[1], meta[2] if len(meta) >= PLAIN else 0
    if current is None:
        return Kept(LATEST.name, (time, row, source))
    return Kept(LATEST.name, None, (time, row), [Sighting(time, row, source, current)])


def _delete(kept: Kept, deletion: tuple[int, int, int]) -> bool:
    """Forget what was seen until then; whether the history must be asked what was seen after it."""
    at = deletion[:2]
    if kept.forgets(at):
        return False
    kept.deleted = deletion
    left = [s for s in kept.seen if s.at > at]
    if kept.newest is not None and kept.newest <= at:
        kept.newest = None
    if kept.newest is None or kept.strategy in {"source_priority", "latest"}:
        kept.seen = left
        return False
    if kept.strategy == "most_frequent":
        known = all(_first(s) > at for s in kept.seen)
    else:
        known = len(left) == len(kept.seen)
    if not known:
        kept.seen = left
    return not known


def _add(kept: Kept, sightings: Iterable[Sighting]) -> None:
    """Sightings later than the deletion."""
    for seen in sightings:
        kept.newest = max(kept.newest or seen.at, seen.at)
        _ADD[kept.strategy](kept, seen)


def _add_latest(kept: Kept, seen: Sighting) -> None:
    if not kept.seen or seen.at > kept.seen[0].at:
        kept.seen = [seen]


def _add_first(kept: Kept, seen: Sighting) -> None:
    if not kept.seen or seen.at < kept.seen[0].at:
        kept.seen = [seen]


def _add_of_source(kept: Kept, seen: Sighting) -> None:
    for index, other in enumerate(kept.seen):
        if other.source == seen.source:
            if seen.at > other.at:
                kept.seen[index] = seen
                kept.seen.sort(key=_at)
            return
    kept.seen.append(seen)
    kept.seen.sort(key=_at)
    del kept.seen[:-MOST_VALUES]


def _add_value(kept: Kept, seen: Sighting) -> None:
    key = _encode(seen.value)
    if len(key) > MOST_VALUE_BYTES:
        return
    for index, other in enumerate(kept.seen):
        if _encode(other.value) == key:
            if seen.at < other.at:
                kept.seen[index] = seen
                kept.seen.sort(key=_at)
            return
    kept.seen.append(seen)
    kept.seen.sort(key=_at)
    del kept.seen[MOST_VALUES:]


def _add_count(kept: Kept, seen: Sighting) -> None:
    key = _encode(seen.value)
    if len(key) > MOST_VALUE_BYTES:
        return
    for index, other in enumerate(kept.seen):
        if _encode(other.value) == key:
            later = max(seen, other, key=_at)
            kept.seen[index] = msgspec.structs.replace(
                later, count=seen.count + other.count, first=min(_first(seen), _first(other))
            )
            break
    else:
        kept.seen.append(msgspec.structs.replace(seen, first=_first(seen)))
    kept.seen.sort(key=_at)
    if len(kept.seen) > MOST_VALUES:  # which ones are left must not depend on the order: by a hash of the value
        kept.seen.remove(max(kept.seen, key=lambda s: (crc32(_encode(s.value)), _encode(s.value))))


_ADD = {
    "latest": _add_latest,
    "first": _add_first,
    "source_priority": _add_of_source,
    "keep_all": _add_value,
    "most_frequent": _add_count,
}


def _winner(kept: Kept, strategy: Strategy) -> Sighting | None:
    if not kept.seen:
        return None
    if strategy.name == "most_frequent":
        return max(kept.seen, key=lambda s: (s.count, s.at))
    if strategy.name == "source_priority":
        return max(kept.seen, key=lambda s: (-strategy.rank(s.source), s.at))
    return kept.seen[-1]  # keep_all: since when the list is as it is


def _at(seen: Sighting) -> At:
    return seen.at


def _first(seen: Sighting) -> At:
    return seen.first or seen.at
