"""The rows of backups. Times are milliseconds UTC."""

from __future__ import annotations

from pathlib import Path

from quen.backup.manifest import Manifest
from quen.backup.models import DONE, FAILED, REQUESTED, SCHEDULE, WORKING, Backup
from quen.db import fetch
from quen.errors import Conflict
from quen.ids import now_ms

KEPT = 200
INTERRUPTED = "Quen was stopped before it was finished"


def ask(directory: Path, by: str, *, secret_key: bool = True) -> Backup:
    """Order a backup; the app takes it up. Raises Conflict while one is under way."""
    if Backup.objects.filter(status__in=(REQUESTED, WORKING)).exists():
        raise Conflict("a backup is under way; wait for its end")
    return Backup.objects.create(asked_by=by, directory=str(directory), with_secret_key=secret_key)


def next_asked() -> Backup | None:
    # As text: it is asked twice a second for ever, and Django would compose it anew each time.
    rows = fetch("SELECT id FROM backup_backup WHERE status = %s ORDER BY asked_at LIMIT 1", [REQUESTED])
    return Backup.objects.filter(pk=rows[0][0]).first() if rows else None


def last(*, by: str | None = None, status: str | None = None) -> Backup | None:
    """The latest, of all or of some."""
    rows = Backup.objects.order_by("-asked_at")
    if by is not None:
        rows = rows.filter(asked_by=by)
    if status is not None:
        rows = rows.filter(status=status)
    return rows.first()


def begin(row: Backup) -> bool:
    """Whether it was still wanted."""
    return bool(Backup.objects.filter(pk=row.pk, status=REQUESTED).update(status=WORKING, started_at=now_ms()))


def show(row: Backup, stage: str, percent: int) -> None:
    Backup.objects.filter(pk=row.pk).update(stage=stage, percent=percent)


def finish(row: Backup, made: Manifest, figures: dict[str, object]) -> None:
    Backup.objects.filter(pk=row.pk).update(
        status=DONE,
        stage="",
        ended_at=now_ms(),
        bytes=made.bytes,
        paused_ms=made.paused_ms,
        figures=figures,
    )
    _forget()


def fail(row: Backup, problem: str) -> None:
    Backup.objects.filter(pk=row.pk).update(status=FAILED, stage="", ended_at=now_ms(), problem=problem[:1000])
    _forget()


def give_up(row: Backup, problem: str) -> bool:
    """Take back what was asked for; whether nobody had begun it."""
    return bool(
        Backup.objects.filter(pk=row.pk, status=REQUESTED).update(status=FAILED, ended_at=now_ms(), problem=problem)
    )


def end_interrupted() -> None:
    """At a start: what a process that is gone had begun."""
    Backup.objects.filter(status=WORKING).update(status=FAILED, ended_at=now_ms(), problem=INTERRUPTED)


def last_scheduled() -> Backup | None:
    return last(by=SCHEDULE)


def _forget() -> None:
    kept = Backup.objects.order_by("-asked_at").values_list("pk", flat=True)[:KEPT]
    Backup.objects.exclude(pk__in=list(kept)).delete()
