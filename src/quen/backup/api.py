"""Backups for programs: `/backups`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.http import HttpRequest
from ninja import Router

from quen.accounts.access import KeyAuth
from quen.backup import store
from quen.backup.models import API, DONE, Backup
from quen.backup.worker import PREFIX
from quen.config import config
from quen.errors import Conflict, NotFound
from quen.web.paging import limit_of, page, read_place
from quen.web.times import rfc3339

router = Router(tags=["System"])


@router.get("/backups", auth=KeyAuth("data.view"), summary="Backups, the latest first")
def list_backups(request: HttpRequest, limit: str = "", cursor: str = "") -> dict[str, Any]:
    size = limit_of(limit)
    rows = Backup.objects.order_by("-asked_at", "-pk")
    if before := read_place(cursor, 1):
        rows = rows.filter(asked_at__lt=before[0])
    listed = page(list(rows[: size + 1]), size, lambda row: [row.asked_at])
    listed["items"] = [_backup(row) for row in listed["items"]]
    settings = config()
    listed["schedule"] = (
        {"every_hours": settings.backup_every_hours, "keep": settings.backup_keep} if settings.backup_dir else None
    )
    listed["last_good"] = rfc3339(done.ended_at) if (done := store.last(status=DONE)) else None
    return listed


@router.post("/backups", auth=KeyAuth("data.edit"), summary="Make a backup now, in a new folder of BACKUP_DIR")
def make_backup(request: HttpRequest) -> dict[str, Any]:
    """Where it goes is the setting's, never the caller's. Ask `/backups/{id}` what became of it."""
    settings = config()
    if not settings.backup_dir:
        raise Conflict("BACKUP_DIR is not set, so there is no place for it; or run `quen backup DIR`")
    name = PREFIX + datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return _backup(store.ask(Path(settings.backup_dir) / name, API))


@router.get("/backups/{backup_id}", auth=KeyAuth("data.view"), summary="One backup")
def get_backup(request: HttpRequest, backup_id: str) -> dict[str, Any]:
    row = Backup.objects.filter(pk=int(backup_id)).first() if backup_id.isdigit() and len(backup_id) < 19 else None
    if row is None:
        raise NotFound(f"there is no backup {backup_id[:40]}")
    return _backup(row)


def _backup(row: Backup) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "status": row.status,
        "stage": row.stage,
        "percent": row.percent,
        "directory": row.directory,
        "asked_by": row.asked_by,
        "asked_at": rfc3339(row.asked_at),
        "started_at": rfc3339(row.started_at),
        "ended_at": rfc3339(row.ended_at),
        "paused_ms": row.paused_ms,
        "bytes": row.bytes,
        "figures": row.figures,
        "problem": row.problem,
    }
