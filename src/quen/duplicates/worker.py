"""Starts runs, on demand and on their schedule, each in a process of its own; one at a time."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from django.db import connection, transaction

from quen.config import config
from quen.duplicates.models import Run, Settings
from quen.errors import Conflict
from quen.ids import now_ms

log = structlog.get_logger("quen.duplicates")
HOUR = 3  # local time: when few are at work
LOOK_EVERY_S = 60.0
ACTIVE = ("waiting", "running")
SCHEDULES = ("off", "daily", "weekly")
_processes: set[subprocess.Popen[bytes]] = set()


def start(stop: threading.Event) -> None:
    """Called once when the app starts: what ran when it ended was interrupted. Ends its processes with the app."""
    Run.objects.filter(status__in=ACTIVE).update(status="interrupted", finished_at=now_ms())
    Settings.objects.get_or_create(pk=1)
    threading.Thread(target=_keep_looking, args=(stop,), name="quen-duplicates", daemon=True).start()


def order(by: str) -> Run:
    """Begin a run; returns at once. Raises Conflict while another one is at work."""
    settings = Settings.objects.get_or_create(pk=1)[0]
    with transaction.atomic():
        active = Run.objects.filter(status__in=ACTIVE).first()
        if active is not None:
            raise Conflict("a search for duplicates is at work already", details={"run": str(active.pk)})
        row = Run.objects.create(by=by, threshold=settings.threshold)
    arguments = [sys.executable, "-m", "quen.cli", "duplicates", "--run", str(row.pk), "--data", str(config().data_dir)]
    process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _processes.add(process)
    threading.Thread(target=_reap, args=(process, row.pk), name=f"duplicates-{row.pk}", daemon=True).start()
    return row


def is_due(schedule: str, since_ms: int, now: datetime) -> bool:
    """Whether a scheduled moment lies between `since_ms` (the last run, or the last change) and `now`. Pure.

    Every day, or every Monday, at HOUR of the workspace's zone (that of `now`).
    """
    if schedule not in ("daily", "weekly"):
        return False
    moment = now.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    if schedule == "weekly":
        moment -= timedelta(days=now.weekday())
    if moment > now:
        moment -= timedelta(days=1 if schedule == "daily" else 7)
    return moment.timestamp() * 1000 > since_ms


def _keep_looking(stop: threading.Event) -> None:
    while not stop.wait(LOOK_EVERY_S):
        try:
            look(datetime.now(ZoneInfo(str(config().timezone))))
        except Exception:  # the next minute is another try
            log.exception("the schedule of duplicates stumbled")
        finally:
            connection.close()
    for process in list(_processes):
        process.terminate()


def look(now: datetime) -> Run | None:
    """Begin the run that is due, if one is."""
    settings = Settings.objects.get_or_create(pk=1)[0]
    last = Run.objects.order_by("-pk").first()
    since = max(settings.changed_at, last.started_at if last else 0)
    if not is_due(settings.schedule, since, now) or (last is not None and last.status in ACTIVE):
        return None
    return order("Quen")


def _reap(process: subprocess.Popen[bytes], run_id: int) -> None:
    status = process.wait()
    _processes.discard(process)
    # A process that was killed could not say so itself.
    Run.objects.filter(pk=run_id, status__in=ACTIVE).update(
        status="failed" if status > 0 else "interrupted",
        error=f"its process ended with status {status}" if status > 0 else "",
        finished_at=now_ms(),
    )
    connection.close()
