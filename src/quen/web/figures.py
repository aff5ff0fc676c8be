"""The figures of Home: a few set-based queries, kept for a moment so that opening Home stays cheap at any size."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any, Generic, TypeVar

import msgspec
from django.db import connection
from django.db.models import Count

from quen.config import config
from quen.db import fetch
from quen.engine.models import Quarantined
from quen.errors import QuenError
from quen.events.store import event_store
from quen.identity.rules import anonymous_types
from quen.ids import COUNTER_BITS, EPOCH_MS, now_ms
from quen.journeys.models import Journey, Run
from quen.segments.models import Segment
from quen.web.times import day_start, last_days, rfc3339

DAYS = 30
DAY_MS = 86_400_000
ORDER = "Order Completed"

log = logging.getLogger(__name__)

T = TypeVar("T")


# One thread for all figures: the event store keeps a connection for every thread that asks it.
_aside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="home-figures")


class Kept(Generic[T]):
    """A figure that is counted at most every `seconds`; an old one is shown while it is counted anew aside."""

    def __init__(self, count: Callable[[], T], seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._lock = threading.Lock()
        self._value: T | None = None
        self._until = 0.0

    def __call__(self) -> T:
        value = self._value
        if value is None:
            with self._lock:
                return self._renew() if self._value is None else self._value
        if time.monotonic() >= self._until and self._lock.acquire(blocking=False):
            _aside.submit(self._renew_aside)
        return value

    def _renew(self) -> T:
        value = self._count()
        self._value, self._until = value, time.monotonic() + self._seconds
        return value

    def _renew_aside(self) -> None:
        try:
            self._renew()
        except QuenError as error:
            log.warning("home: %s", error.message)
        finally:
            self._lock.release()
            connection.close()


class Day(msgspec.Struct, frozen=True):
    """One day in the workspace's zone. `active`: people who did something; Quen's own events are not counted."""

    day: date
    events: int = 0
    active: int = 0
    orders: int = 0
    revenue: float = 0.0


class History(msgspec.Struct, frozen=True):
    days: list[Day]
    today: int  # events since midnight
    yesterday: int  # events of yesterday up to this time of day
    moves: dict[int, tuple[int, int]]  # segment id → (entered, left) within seven days


class People(msgspec.Struct, frozen=True):
    known: int
    anonymous: int


class Sent(msgspec.Struct, frozen=True):
    """E-mails of the last 30 days."""

    accepted: int
    opened: int
    clicked: int
    failed: int
    held: int  # not sent for a reason: suppressed, no address


def _history() -> History:
    now = now_ms()
    days = last_days(now, DAYS)
    zone = str(config().timezone)
    begin = {"begin": _sql_time(day_start(days[0])), "zone": zone}
    store = event_store()
    counted = store.rows(
        "SELECT toString(toDate(time, {zone:String})) AS day, count(),"
        " uniq(dictGetOrDefault('links_dict', 'to_id', profile_id, profile_id))"
        " FROM events WHERE time >= {begin:DateTime64(3, 'UTC')} AND type != 'system' GROUP BY day",
        begin,
    )
    orders = store.rows(
        "SELECT toString(toDate(time, {zone:String})) AS day, count(),"
        " coalesce(sum(accurateCastOrNull(properties.total, 'Float64')), 0)"
        " FROM events WHERE time >= {begin:DateTime64(3, 'UTC')} AND event = {order:String} GROUP BY day",
        begin | {"order": ORDER},
    )
    by_day = {day: (int(events), int(active)) for day, events, active in counted}
    ordered = {day: (int(count), float(total)) for day, count, total in orders}
    midnight = day_start(days[-1])
    [(today, yesterday)] = store.rows(
        "SELECT countIf(time >= {midnight:DateTime64(3, 'UTC')}), countIf(time < {same:DateTime64(3, 'UTC')})"
        " FROM events WHERE time >= {before:DateTime64(3, 'UTC')} AND time <= {now:DateTime64(3, 'UTC')}"
        " AND type != 'system'",
        {
            "midnight": _sql_time(midnight),
            "before": _sql_time(day_start(days[-2])),
            "same": _sql_time(now - DAY_MS),
            "now": _sql_time(now),
        },
    )
    moved = store.rows(
        "SELECT toString(properties.segment_id) AS segment, countIf(event = 'Segment Entered'),"
        " countIf(event = 'Segment Exited') FROM events WHERE event IN ('Segment Entered', 'Segment Exited')"
        " AND time >= {begin:DateTime64(3, 'UTC')} GROUP BY segment",
        {"begin": _sql_time(now - 7 * DAY_MS)},
    )
    return History(
        [_day(day, by_day, ordered) for day in days],
        int(today),
        int(yesterday),
        {int(segment): (int(entered), int(left)) for segment, entered, left in moved if segment.isdigit()},
    )


def _day(day: date, counted: dict[str, tuple[int, int]], ordered: dict[str, tuple[int, float]]) -> Day:
    name = day.isoformat()
    return Day(day, *counted.get(name, (0, 0)), *ordered.get(name, (0, 0.0)))


def _sql_time(ms: int) -> str:
    return str(rfc3339(ms)).removesuffix("Z").replace("T", " ")


def _people() -> People:
    [(everyone,)] = fetch("SELECT COUNT(*) FROM profiles_profile")
    anonymous = sorted(anonymous_types())
    marks = ", ".join(["%s"] * len(anonymous))
    [(known,)] = fetch(
        f"SELECT COUNT(DISTINCT profile_id) FROM identity_identifier WHERE type NOT IN ({marks})",
        anonymous,
    )
    return People(int(known), max(0, int(everyone) - int(known)))


def _sent() -> Sent:
    # Ids begin with the time: the last 30 days are a range of the primary key.
    first = (now_ms() - DAYS * DAY_MS - EPOCH_MS) << COUNTER_BITS
    rows = fetch(
        "SELECT status, COUNT(*), COUNT(opened_at), COUNT(clicked_at) FROM delivery_message"
        " WHERE id >= %s AND channel = 'email' GROUP BY status",
        [first],
    )
    by_status = {status: (int(count), int(opened), int(clicked)) for status, count, opened, clicked in rows}
    accepted, opened, clicked = by_status.get("accepted", (0, 0, 0))
    return Sent(
        accepted, opened, clicked, by_status.get("failed", (0, 0, 0))[0], by_status.get("suppressed", (0, 0, 0))[0]
    )


history = Kept(_history, 20)
people = Kept(_people, 60)
sent = Kept(_sent, 20)


def moving_segments(moves: dict[int, tuple[int, int]], most: int = 6) -> list[dict[str, Any]]:
    """Segments by how much they moved in seven days: {id, name, status, count, entered, left}."""
    found: list[dict[str, Any]] = [
        {
            "id": segment.pk,
            "name": segment.name,
            "status": segment.status,
            "count": segment.count,
            "entered": moves.get(segment.pk, (0, 0))[0],
            "left": moves.get(segment.pk, (0, 0))[1],
        }
        for segment in Segment.objects.filter(kind="segment").exclude(status="archived").defer("rule")
    ]
    found.sort(key=lambda s: (-(s["entered"] + s["left"]), -s["count"]))
    return found[:most]


def live_journeys(most: int = 5) -> list[dict[str, Any]]:
    """Journeys at work and how many people are inside: {id, name, status, inside}."""
    journeys = Journey.objects.filter(status__in=("live", "paused", "starting")).defer("draft").order_by("name")[:most]
    ids = [journey.pk for journey in journeys]
    active = Run.objects.filter(journey_id__in=ids, status="active").values_list("journey_id")
    inside = dict(active.annotate(people=Count("id")))
    return [{"id": j.pk, "name": j.name, "status": j.status, "inside": inside.get(j.pk, 0)} for j in journeys]


def quarantined_today() -> int:
    """Messages of the last 24 hours that were not stored and not replayed since."""
    return Quarantined.objects.filter(at__gte=now_ms() - DAY_MS, replayed_at=None).count()


def recently_seen(most: int = 6) -> list[int]:
    """Profile ids, the latest seen first."""
    return [row[0] for row in fetch("SELECT id FROM profiles_profile ORDER BY last_seen DESC LIMIT %s", [most])]
