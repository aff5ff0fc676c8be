"""What the System page and its API show, read in sets."""

from __future__ import annotations

import msgspec

from quen.config import config
from quen.db import fetch
from quen.ids import now_ms
from quen.system.judging import BAD, OK, Finding, Limits, judge
from quen.system.models import Incident
from quen.system.snapshot import Reader, Snapshot, latest

MINUTE_MS = 60_000
FRESH_MS = 60_000


class Minute(msgspec.Struct, frozen=True):
    """`messages`: that passed the engine within the bucket; `lag_ms` the worst of it."""

    at: int
    messages: int
    lag_ms: int


class Step(msgspec.Struct, frozen=True):
    step: str
    messages: int
    micros: float  # a message
    share: float  # of the time of all steps


def current() -> Snapshot:
    """The watcher's last look; one of our own when there is none or it is old (the watcher is gone: say what is)."""
    seen, now = latest(), now_ms()
    if seen is not None and now - seen.at < FRESH_MS:
        return seen
    reader = Reader(config())
    try:
        return reader.take(now)
    finally:
        reader.close()


def findings(seen: Snapshot) -> list[Finding]:
    return judge(seen, Limits.of(config()))


def verdict(found: list[Finding]) -> str:
    levels = {finding.level for finding in found}
    return BAD if BAD in levels else OK if levels <= {OK} else "watch"


def course(now: int, minutes: int, bucket: int) -> list[Minute]:
    """The last `minutes` in buckets of `bucket` minutes, oldest first; empty buckets are there with 0."""
    width = bucket * MINUTE_MS
    first = (now - minutes * MINUTE_MS) // width * width
    rows = fetch("SELECT minute, messages, lag_ms FROM system_sample WHERE minute >= %s ORDER BY minute", [first])
    # Samples are kept for longer than any period: where there is none before it, nothing was.
    earlier = fetch("SELECT messages FROM system_sample WHERE minute < %s ORDER BY minute DESC LIMIT 1", [first])
    before = earlier[0][0] if earlier else 0
    came: dict[int, list[int]] = {}
    for minute, messages, lag in rows:
        slot = came.setdefault(minute // width * width, [0, 0])
        slot[0] += max(0, messages - before)
        slot[1] = max(slot[1], lag)
        before = messages
    return [Minute(at, *came.get(at, (0, 0))) for at in range(first, now + 1, width)]


def steps() -> list[Step]:
    """In the order of the engine's steps, since the beginning."""
    from quen.engine.steps import STEPS

    rows: dict[str, tuple[int, float]] = {
        step: (messages, seconds)
        for step, messages, seconds in fetch("SELECT step, messages, seconds FROM engine_stepmetric")
    }
    whole = sum(seconds for _, seconds in rows.values()) or 1.0
    return [
        Step(s.name, rows[s.name][0], rows[s.name][1] / max(1, rows[s.name][0]) * 1e6, rows[s.name][1] / whole)
        for s in STEPS
        if s.name in rows
    ]


def last_incidents(limit: int = 20) -> list[Incident]:
    return list(Incident.objects.order_by("-opened_at")[:limit])
