"""What outlives its use goes: a little at a time, between two batches, so that no store grows without bound.

What each store is bounded by is listed in `quen.engine.bounds`; here is what deletes by age or number. Times are
milliseconds UTC; ids begin with their time, so age is a range of the primary key.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime

import structlog

from quen.config import Config
from quen.db import execute
from quen.events.store import EventStore
from quen.ids import BatchIds

log = structlog.get_logger("quen.engine")

EVERY_S = 60.0
EVENTS_EVERY_S = 3_600.0
ROWS = 2_000  # of one statement: events wait for it
VALUES = 200_000  # of computed traits, looked at in one sweep
MOST_S = 1.0  # for all of one sweep
DAY_MS = 24 * 3600 * 1000
RUNS_KEPT = 200  # of looking for duplicates
QUARANTINE_MAX = 1_000_000
CLAIMS_KEEP_DAYS = 180
_NAMED = re.compile(r"%\((\w+)\)s")

# (setting of days, or days; what goes). Ids from %(since)s up to %(id)s are old enough and were not looked at before;
# %(at)s is the moment; %(rows)s are the most at once.
_BY_AGE: tuple[tuple[str, str], ...] = (
    (
        "message_bodies_keep_days",
        (
            "UPDATE delivery_message SET html = '', text = '' WHERE id IN (SELECT id FROM delivery_message"
            " WHERE id >= %(since)s AND id < %(id)s AND done_at IS NOT NULL AND (html <> '' OR text <> '')"
            " ORDER BY id LIMIT %(rows)s)"
        ),
    ),
    (
        "messages_keep_days",
        (
            "DELETE FROM delivery_message WHERE id IN (SELECT id FROM delivery_message"
            " WHERE id >= %(since)s AND id < %(id)s AND done_at IS NOT NULL ORDER BY id LIMIT %(rows)s)"
        ),
    ),
    (
        "journey_steps_keep_days",
        (
            "DELETE FROM journeys_stepexecution WHERE id IN (SELECT s.id FROM journeys_stepexecution s"
            " JOIN journeys_run r ON r.id = s.run_id"
            " WHERE s.id >= %(since)s AND s.id < %(id)s AND r.status <> 'active' ORDER BY s.id LIMIT %(rows)s)"
        ),
    ),
)
# Few rows, looked at as a whole: they grow old by another time than that of their id.
_CLAIMS = (
    "DELETE FROM identity_claim WHERE id IN (SELECT id FROM identity_claim"
    " WHERE status = 'open' AND last_at < %(at)s LIMIT %(rows)s)"
)
# Values of computed traits that are old and that a later one follows, of some people: their rows lie together.
_FOLLOWED = (
    "SELECT profile_id, trait_id, arrayJoin(arrayFilter(one -> one < last, old)) FROM (SELECT profile_id, trait_id,"
    " groupArrayIf(at, at < fromUnixTimestamp64Milli({at:Int64}, 'UTC')) AS old, max(at) AS last"
    " FROM computed_changes WHERE profile_id > {since:UInt64} AND profile_id <= {through:UInt64}"
    " GROUP BY profile_id, trait_id)"
)
_BY_NUMBER: tuple[tuple[int, str], ...] = (
    (
        QUARANTINE_MAX,
        (
            "DELETE FROM engine_quarantined WHERE id IN (SELECT id FROM engine_quarantined WHERE id <="
            " (SELECT id FROM engine_quarantined ORDER BY id DESC LIMIT 1 OFFSET %(kept)s) ORDER BY id LIMIT %(rows)s)"
        ),
    ),
    (
        RUNS_KEPT,
        (
            "DELETE FROM duplicates_run WHERE id IN (SELECT id FROM duplicates_run WHERE id <="
            " (SELECT id FROM duplicates_run ORDER BY id DESC LIMIT 1 OFFSET %(kept)s)"
            " AND id NOT IN (SELECT run_id FROM duplicates_candidate) ORDER BY id LIMIT %(rows)s)"
        ),
    ),
)


class Sweeper:
    """One belongs to an engine, whose thread alone calls it."""

    def __init__(self, config: Config, store: EventStore) -> None:
        self.config = config
        self.store = store
        self._swept = 0.0
        self._events_swept = 0.0
        self._computed_through = 0  # profiles up to it had their turn
        self._through = [0] * len(_BY_AGE)  # ids below were looked at: what stayed of them stays

    def run(self, now: int) -> bool:
        """Delete what is old, if it is time to look; whether months of events went."""
        started = time.monotonic()
        if self._swept and started - self._swept < EVERY_S:
            return False
        self._swept = started
        self.state(now, until=started + MOST_S)
        if self._events_swept and started - self._events_swept < EVENTS_EVERY_S:
            return False
        self._events_swept = started
        self.files(now)
        return self.events(now)

    def state(self, now: int, until: float) -> None:
        """Rows of the state, until the time (monotonic) is over; what is left waits for the next sweep."""
        for number, (setting, statement) in enumerate(_BY_AGE):
            if days := int(getattr(self.config, setting)):
                old = max(0, BatchIds(now - days * DAY_MS)())
                if _repeat(statement, {"since": self._through[number], "id": old, "rows": ROWS}, until):
                    self._through[number] = old
        _repeat(_CLAIMS, {"at": now - CLAIMS_KEEP_DAYS * DAY_MS, "rows": ROWS}, until)
        for kept, statement in _BY_NUMBER:
            _repeat(statement, {"kept": kept, "rows": ROWS}, until)

    def files(self, now: int) -> None:
        """Uploaded files, and those of rejected rows."""
        if days := self.config.import_files_keep_days:
            for path in (self.config.data_dir / "imports").glob("*"):
                if path.stat().st_mtime * 1000 < now - days * DAY_MS:
                    path.unlink(missing_ok=True)

    def events(self, now: int) -> bool:
        """Months of events that lie wholly before the bound, and values of computed traits; whether months went."""
        if days := self.config.computed_changes_keep_days:
            self._computed_changes(now - days * DAY_MS)
        if not (days := self.config.events_keep_days):
            return False
        month = int(datetime.fromtimestamp((now - days * DAY_MS) / 1000, UTC).strftime("%Y%m"))
        old = self.store.rows(
            "SELECT partition, sum(rows) FROM system.parts WHERE active AND table = 'events' AND"
            " database = currentDatabase() AND toUInt32OrZero(partition) < {month:UInt32} GROUP BY partition"
            " ORDER BY partition",
            {"month": month},
        )
        for partition, rows in old:
            self.store.rows(f"ALTER TABLE events DROP PARTITION {int(partition)}")
            log.info("a month of events is old enough and was deleted", month=partition, events=int(rows))
        return bool(old)

    def _computed_changes(self, before: int) -> None:
        """What a later value follows; the last one says since when the present value holds, whatever its age.

        Some people's at a time, and a day's: deleting touches every part, however little is to go.
        """
        since = self._computed_through
        rows, through = self.store.rows(
            "SELECT count(), max(profile_id) FROM (SELECT profile_id FROM computed_changes"
            " WHERE profile_id > {since:UInt64} ORDER BY profile_id LIMIT {n:UInt32})",
            {"since": since, "n": VALUES},
        )[0]
        self._computed_through = int(through) if int(rows) == VALUES else 0
        people = {"since": since, "through": int(through)}
        if int(self.store.rows(f"SELECT count() FROM ({_FOLLOWED})", people | {"at": before - DAY_MS})[0][0]):
            self.store.rows(
                "DELETE FROM computed_changes WHERE profile_id > {since:UInt64} AND profile_id <= {through:UInt64}"
                f" AND (profile_id, trait_id, at) IN ({_FOLLOWED})",
                people | {"at": before},
            )


def _repeat(statement: str, values: Mapping[str, int], until: float) -> bool:
    """Run it until it finds less than a full set of rows, or the time is over; whether it found all."""
    names = _NAMED.findall(statement)
    positional = _NAMED.sub("%s", statement)
    while execute(positional, [values[name] for name in names]) == ROWS:
        if time.monotonic() >= until:
            return False
    return True
