"""The counters and examples in the state database, written in sets with the engine's batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from quen.db import execute, execute_many, in_list
from quen.quality.tally import EXAMPLES, Tally

DAY_MS = 86_400_000
COUNTERS_KEEP_DAYS = 731

_COUNT = (
    "INSERT INTO quality_counter (day, source_id, field, outcome, word, count) VALUES (%s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (source_id, day, field, outcome, word) DO UPDATE SET count = quality_counter.count + excluded.count"
)
_SHOW = (
    "INSERT INTO quality_example (id, place, given, stored, trait, at, message_id, profile_id)"
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)"
    " ON CONFLICT (place, given) DO UPDATE SET id = excluded.id, stored = excluded.stored, trait = excluded.trait,"
    " at = excluded.at, message_id = excluded.message_id, profile_id = excluded.profile_id"
)
_PRUNE = (
    "DELETE FROM quality_example WHERE id IN (SELECT id FROM ("
    "SELECT id, ROW_NUMBER() OVER (PARTITION BY place ORDER BY id DESC) AS newest FROM quality_example WHERE {in}"
    ") AS ranked WHERE newest > %s)"
)


def write(tally: Tally, day: str, now: int, new_id: Callable[[], int], profile_ids: Sequence[int | None]) -> None:
    """Add one batch. Inside its transaction: a batch that is repeated after a crash counts once.

    `profile_ids` are those of the batch's messages, by their place in it.
    """
    execute_many(
        _COUNT,
        [(day, source_id, field, outcome, word, count) for source_id, field, outcome, word, count in tally.counters()],
    )
    examples = list(tally.examples())
    if not examples:
        return
    execute_many(
        _SHOW,
        [
            (
                new_id(),
                place,
                seen.given,
                seen.stored,
                seen.trait,
                now,
                seen.message_id,
                None if seen.position is None else profile_ids[seen.position],
            )
            for place, seen in examples
        ],
    )
    condition, places = in_list(dict.fromkeys(place for place, _seen in examples), column="place")
    execute(_PRUNE.replace("{in}", condition), [places, EXAMPLES])


def forget(now: int, keep_days: int) -> None:
    """Delete examples older than so many days, and counters past two years."""
    execute("DELETE FROM quality_example WHERE at < %s", [now - keep_days * DAY_MS])
    oldest = datetime.fromtimestamp((now - COUNTERS_KEEP_DAYS * DAY_MS) / 1000, UTC).date()
    execute("DELETE FROM quality_counter WHERE day < %s", [oldest.isoformat()])
