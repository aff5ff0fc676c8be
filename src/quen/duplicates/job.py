"""One run: all profiles compared, in a process of its own that gives way to everything else."""

from __future__ import annotations

import os
import signal
from datetime import datetime
from typing import Any

import structlog
from django.db import connection

from quen.cleaning import Locale
from quen.config import config
from quen.duplicates import people, store
from quen.duplicates.matching import find
from quen.duplicates.models import Run, Settings
from quen.duplicates.pairs import Found
from quen.errors import QuenError
from quen.identity import rules
from quen.ids import now_ms

log = structlog.get_logger("quen.duplicates")
NICE = 10
AUTOMATIC = "Quen"


class Interrupted(Exception):
    """The app ended, or asked for the end."""


def run(run_id: int) -> bool:
    """Do a run that is recorded; whether it came to its end."""
    os.nice(NICE)
    parent = os.getppid()
    signal.signal(signal.SIGTERM, _ask_to_stop)
    if not Run.objects.filter(pk=run_id, status="waiting").update(status="running"):
        return False

    def progress(step: str, done: float) -> None:
        # Somebody may have ended the run meanwhile, or the app may be gone.
        still = Run.objects.filter(pk=run_id, status="running").update(step=step, percent=int(done * 100))
        if not still or os.getppid() != parent:
            raise Interrupted

    try:
        _run(Run.objects.get(pk=run_id), progress)
        return True
    except Interrupted:
        _end(run_id, "interrupted", "")
    except QuenError as error:
        _end(run_id, "failed", error.message)
    except Exception as error:
        log.exception("the search for duplicates failed", run=str(run_id))
        _end(run_id, "failed", f"{type(error).__name__}: the log of the app says more")
    return False


def _run(row: Run, progress: Any) -> None:
    settings = Settings.objects.get_or_create(pk=1)[0]
    progress("read", 0.0)
    locale = Locale(region=config().phone_region, zone=config().timezone)
    everyone = people.load(rules.current(), locale, datetime.now(config().zone).date())
    row.profiles, row.left_out = len(everyone.ids), everyone.left_out
    apart = people.kept_apart(everyone.ids)
    connection.close()  # matching may take minutes
    found = find(
        everyone.records,
        everyone.style,
        threshold=row.threshold,
        progress=progress,
        apart=lambda left, right: (min(left, right), max(left, right)) in apart,
    )
    progress("keep", 0.95)
    _keep(row, settings, found, everyone)


def _keep(row: Run, settings: Settings, found: Found, everyone: people.People) -> None:
    fresh = store.keep(row, store.proposals(found, everyone))
    merged = 0
    if settings.auto_merge:
        for candidate in store.waiting_from(settings.auto_threshold):
            store.order_merge(candidate, by=AUTOMATIC)
            merged += 1
    row.compared, row.clusters, row.found, row.merged = found.compared, len(found.clusters), len(fresh), merged
    row.status, row.step, row.percent, row.finished_at = "done", "", 100, now_ms()
    row.save()


def _end(run_id: int, status: str, error: str) -> None:
    Run.objects.filter(pk=run_id, status="running").update(status=status, error=error, finished_at=now_ms())


def _ask_to_stop(number: int, frame: Any) -> None:
    raise Interrupted
