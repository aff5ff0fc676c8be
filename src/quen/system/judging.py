"""Which figures are bad. Pure: a snapshot and limits in, a finding for each check out, in the order they are shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from quen.config import Config
from quen.system.snapshot import Channel, Snapshot

OK, WATCH, BAD = "ok", "watch", "bad"
SLOW_MS = 10_000  # what is this late is worth a look, though nobody is woken for it
MAIL_WAITS_MS = (120_000, 900_000)  # (a look, an alert): the oldest message that should have gone out
FEWEST_FAILED = 5  # one failure of two messages is no rate
FEWEST_QUARANTINED = 20
QUARANTINE_LOOK = 0.01
DISK_LOOK = 10  # percent points before the limit


class Limits(msgspec.Struct, frozen=True):
    """From the settings ALERT_…; shares from 0 to 1."""

    lag_ms: int = 120_000
    failed: float = 0.2
    disk: float = 0.9

    @classmethod
    def of(cls, config: Config) -> Limits:
        return cls(config.alert_lag_seconds * 1000, config.alert_failed_percent / 100, config.alert_disk_percent / 100)


class Finding(msgspec.Struct, frozen=True):
    """`figures`: what the words of the check need; numbers and short words, no personal data."""

    check: str
    level: str
    figures: dict[str, Any] = {}


def judge(seen: Snapshot, limits: Limits) -> list[Finding]:
    return [finding for check in CHECKS if (finding := check(seen, limits)) is not None]


def _edge(seen: Snapshot, limits: Limits) -> Finding | None:
    if seen.edge is None:
        return None
    return Finding("edge", BAD if seen.edge else OK, {"reason": seen.edge})


def _engine(seen: Snapshot, limits: Limits) -> Finding:
    return Finding("engine", BAD if seen.engine else OK, {"reason": seen.engine})


def _lag(seen: Snapshot, limits: Limits) -> Finding:
    return Finding("lag", _late(seen.lag_ms, limits), {"waiting": seen.waiting, "seconds": seen.lag_ms // 1000})


def _flips(seen: Snapshot, limits: Limits) -> Finding:
    seconds = seen.flips_overdue_ms // 1000
    return Finding("flips", _late(seen.flips_overdue_ms, limits), {"due": seen.flips_due, "seconds": seconds})


def _late(ms: int, limits: Limits) -> str:
    if ms > limits.lag_ms:
        return BAD
    return WATCH if ms > SLOW_MS else OK


def _quarantine(seen: Snapshot, limits: Limits) -> Finding:
    count = sum(seen.quarantined.values())
    share = count / max(count, seen.stored) if count else 0.0
    level = OK
    if count >= FEWEST_QUARANTINED and share >= limits.failed:
        level = BAD
    elif share >= QUARANTINE_LOOK:
        level = WATCH
    return Finding("quarantine", level, {"count": count, "share": round(share, 4)})


def _email(seen: Snapshot, limits: Limits) -> Finding:
    return _channel("email", seen, limits)


def _webhook(seen: Snapshot, limits: Limits) -> Finding:
    found = _channel("webhook", seen, limits)
    level = WATCH if found.level == OK and seen.hooks_paused else found.level
    return Finding(found.check, level, found.figures | {"paused": seen.hooks_paused})


def _channel(name: str, seen: Snapshot, limits: Limits) -> Finding:
    channel = seen.channels.get(name, Channel())
    share = channel.failed / channel.tried if channel.tried else 0.0
    level = OK
    if channel.oldest_ms > MAIL_WAITS_MS[1] or (channel.failed >= FEWEST_FAILED and share >= limits.failed):
        level = BAD
    elif channel.oldest_ms > MAIL_WAITS_MS[0] or channel.failed:
        level = WATCH
    figures = {
        "sent": channel.hour.get("accepted", 0),
        "failed": channel.failed,
        "waiting": channel.waiting,
        "minutes": channel.oldest_ms // 60_000,
    }
    return Finding(name, level, figures)


def _segments(seen: Snapshot, limits: Limits) -> Finding:
    level = BAD if seen.segments_wrong else WATCH if seen.segments_paused else OK
    return Finding("segments", level, {"paused": seen.segments_paused, "wrong": seen.segments_wrong})


def _disk(seen: Snapshot, limits: Limits) -> Finding:
    used = 1 - seen.disk_free / seen.disk_total if seen.disk_total else 0.0
    level = BAD if used >= limits.disk else WATCH if used >= limits.disk - DISK_LOOK / 100 else OK
    return Finding("disk", level, {"used": round(used, 4), "free": seen.disk_free})


def _backups(seen: Snapshot, limits: Limits) -> Finding:
    backups = seen.backups
    if backups is None:
        return Finding("backups", OK, {"scheduled": False})
    if backups.age_ms is None:
        level = BAD if backups.failed else OK  # else the first is under way
    elif backups.age_ms > 2 * backups.every_ms:
        level = BAD
    else:
        level = WATCH if backups.failed else OK
    hours = None if backups.age_ms is None else backups.age_ms // 3_600_000
    return Finding("backups", level, {"scheduled": True, "hours": hours, "bytes": backups.bytes})


CHECKS: tuple[Callable[[Snapshot, Limits], Finding | None], ...] = (
    _edge,
    _engine,
    _lag,
    _flips,
    _quarantine,
    _email,
    _webhook,
    _segments,
    _disk,
    _backups,
)
