"""Since when something is bad, and whom it was told: pure transitions, and the rows behind them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from quen.system.judging import BAD, Finding
from quen.system.models import Incident

OPENS_AFTER = 2  # bad looks in a row: one slow moment wakes nobody
CLOSES_AFTER = 4  # good looks in a row: what comes and goes is one incident
AGAIN_MS = 24 * 3_600_000  # while it lasts, people are reminded this often
KEEP_MS = 90 * 24 * 3_600_000


class Streaks(msgspec.Struct):
    """Looks in a row by check: bad ones of what is not open, good ones of what is."""

    bad: dict[str, int] = {}
    good: dict[str, int] = {}


class Turn(msgspec.Struct, frozen=True):
    """What one look changes."""

    opened: list[Finding]
    closed: list[str]


def turn(streaks: Streaks, open_checks: Iterable[str], findings: Iterable[Finding]) -> Turn:
    """Count this look into `streaks` (changed in place) and say which incidents begin and end."""
    is_open, opened, closed = set(open_checks), [], []
    found = {finding.check: finding for finding in findings}
    for check in is_open | found.keys():
        finding = found.get(check)
        is_bad = finding is not None and finding.level == BAD
        streaks.bad[check] = streaks.bad.get(check, 0) + 1 if is_bad else 0
        streaks.good[check] = 0 if is_bad else streaks.good.get(check, 0) + 1
        if finding is not None and is_bad and check not in is_open and streaks.bad[check] >= OPENS_AFTER:
            opened.append(finding)
        elif check in is_open and streaks.good[check] >= CLOSES_AFTER:
            closed.append(check)
    return Turn(opened, closed)


def write(change: Turn, now: int) -> None:
    for finding in change.opened:
        Incident.objects.create(check_name=finding.check, opened_at=now, figures=finding.figures)
    if change.closed:
        Incident.objects.filter(check_name__in=change.closed, closed_at=None).update(closed_at=now)


def open_incidents() -> list[Incident]:
    return list(Incident.objects.filter(closed_at=None).order_by("opened_at"))


class Untold(msgspec.Struct, frozen=True):
    begun: list[Incident]  # and those to be reminded of
    ended: list[Incident]

    def __bool__(self) -> bool:
        return bool(self.begun or self.ended)


def untold(now: int) -> Untold:
    """What people were not written to about yet. What was over before anybody knew of it is not told."""
    begun = [i for i in open_incidents() if i.told_at is None or now - i.told_at >= AGAIN_MS]
    ended = list(
        Incident.objects.filter(closing_told=False, closed_at__isnull=False, told_at__isnull=False).order_by(
            "opened_at"
        )
    )
    return Untold(begun, ended)


def told(what: Untold, now: int) -> None:
    Incident.objects.filter(pk__in=[i.pk for i in what.begun]).update(told_at=now)
    Incident.objects.filter(pk__in=[i.pk for i in what.ended]).update(closing_told=True)


def forget(now: int) -> None:
    Incident.objects.filter(closed_at__lt=now - KEEP_MS).delete()
