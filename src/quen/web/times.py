"""Moments as Quen shows them: RFC 3339 UTC for programs, the workspace's time zone for people."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from quen.config import config
from quen.errors import InvalidInput


def rfc3339(ms: int | None) -> str | None:
    """`2026-01-31T09:30:00.123Z`, or None for None."""
    if ms is None:
        return None
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(value: str, *, field: str = "time") -> int:
    """Milliseconds of an RFC 3339 time. Without an offset it is in the workspace's zone. Raises InvalidInput."""
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        raise InvalidInput(
            f"{field}: {value[:40]!r} is not a time; write it like 2026-01-31T09:30:00Z", details={field: "not a time"}
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=config().zone)
    return round(moment.timestamp() * 1000)


def local(ms: int) -> datetime:
    """The moment in the workspace's time zone."""
    return datetime.fromtimestamp(ms / 1000, config().zone)


def day_start(day: date) -> int:
    """Milliseconds at which a day begins in the workspace's time zone."""
    return round(datetime(day.year, day.month, day.day, tzinfo=config().zone).timestamp() * 1000)


def last_days(now: int, count: int) -> list[date]:
    """The last `count` days in the workspace's zone, oldest first, today last."""
    today = local(now).date()
    return [today - timedelta(days=back) for back in range(count - 1, -1, -1)]
