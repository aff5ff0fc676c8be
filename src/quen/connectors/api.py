"""Sources and imports for programs: `/sources`, `/imports`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
from django.http import HttpRequest
from ninja import File, Form, Router, Schema
from ninja.files import UploadedFile
from pydantic import ConfigDict

from quen.accounts.access import KeyAuth
from quen.config import config
from quen.connectors.activity import Activity, by_source
from quen.connectors.declared import locale_of
from quen.connectors.models import Import, Source
from quen.connectors.pages.imports import given_name, keep_upload
from quen.connectors.service import change_source, create_source, get_source, rotate_key
from quen.connectors.sources.files import mapping as mappings
from quen.connectors.sources.files import worker
from quen.connectors.sources.files.columns import KINDS
from quen.connectors.sources.files.run import rejects_path
from quen.connectors.sources.files.service import look, start, summary
from quen.errors import InvalidInput, NotFound
from quen.web.paging import limit_of, page, read_cursor
from quen.web.times import rfc3339

router = Router(tags=["Sources"])


class NewSource(Schema):
    name: str
    kind: str = "server"


class SourceLocale(Schema):
    """How the source writes; what is null goes back to the workspace's settings."""

    model_config = ConfigDict(extra="forbid")
    region: str | None = None
    day_first: bool | None = None
    currency: str | None = None
    decimal: str | None = None
    zone: str | None = None


class SourceChange(Schema):
    name: str | None = None
    enabled: bool | None = None
    locale: SourceLocale | None = None


class NewImport(Schema):
    kind: str
    source_id: str = ""
    dry_run: bool = False
    mapping: str = ""  # JSON; empty: by the names of the columns, or as it was mapped last time
    currency: str = ""
    timezone: str = ""


@router.get("/sources", auth=KeyAuth("data.view"), summary="All sources, with what came from them")
def list_sources(request: HttpRequest, limit: str = "", cursor: str = "") -> dict[str, Any]:
    size = limit_of(limit)
    rows = Source.objects.order_by("id")
    after = read_cursor(cursor)
    if isinstance(after, int):
        rows = rows.filter(id__gt=after)
    activity = by_source()
    listed = page(list(rows[: size + 1]), size, lambda source: source.pk)
    listed["items"] = [_source(source, activity.get(source.pk)) for source in listed["items"]]
    return listed


@router.post("/sources", auth=KeyAuth("data.edit"), summary="Make a source")
def post_source(request: HttpRequest, payload: NewSource) -> dict[str, Any]:
    return _source(create_source(payload.name, payload.kind), None)


@router.get("/sources/{int:source_id}", auth=KeyAuth("data.view"), summary="One source")
def one_source(request: HttpRequest, source_id: int) -> dict[str, Any]:
    return _source(get_source(source_id), by_source().get(source_id))


@router.patch("/sources/{int:source_id}", auth=KeyAuth("data.edit"), summary="Change a source")
def patch_source(request: HttpRequest, source_id: int, payload: SourceChange) -> dict[str, Any]:
    """Its name, whether it is on, and how it writes: country of numbers without a code, order of dates, money, zone."""
    locale = payload.locale.model_dump(exclude_unset=True) if payload.locale else None
    source = change_source(get_source(source_id), name=payload.name, enabled=payload.enabled, locale=locale)
    return _source(source, by_source().get(source_id))


@router.post("/sources/{int:source_id}/key", auth=KeyAuth("data.edit"), summary="Give a source a new write key")
def post_key(request: HttpRequest, source_id: int) -> dict[str, Any]:
    return _source(rotate_key(get_source(source_id)), by_source().get(source_id))


@router.get("/imports", auth=KeyAuth("data.view"), tags=["Imports"], summary="Imports, newest first")
def list_imports(request: HttpRequest, limit: str = "", cursor: str = "") -> dict[str, Any]:
    size = limit_of(limit)
    rows = Import.objects.order_by("-id")
    before = read_cursor(cursor)
    if isinstance(before, int):
        rows = rows.filter(id__lt=before)
    listed = page(list(rows[: size + 1]), size, lambda row: row.pk)
    listed["items"] = [_import(row) for row in listed["items"]]
    return listed


@router.post("/imports", auth=KeyAuth("data.edit"), tags=["Imports"], summary="Bring in a file (multipart)")
def post_import(request: HttpRequest, payload: Form[NewImport], file: File[UploadedFile]) -> dict[str, Any]:
    if payload.kind not in KINDS:
        raise InvalidInput(f"kind: one of {', '.join(KINDS)}, not {payload.kind[:40]!r}", details={"kind": "unknown"})
    source = get_source(int(payload.source_id)) if payload.source_id.isdecimal() else None
    given = _mapping(payload.mapping, payload.kind)
    _token, path = keep_upload(file)
    try:
        proposal = look(
            path, payload.kind, config(), source=source, currency=payload.currency, timezone=payload.timezone
        )
        mapping = given or proposal.mapping
        mappings.check(mapping, proposal.format)
    except InvalidInput:
        path.unlink(missing_ok=True)
        raise
    by = request.auth.by  # type: ignore[attr-defined]
    row = start(
        path, mapping, proposal.format, source=source, filename=given_name(path), dry_run=payload.dry_run, by=by
    )
    worker.spawn(row.pk)
    return _import(row)


@router.get("/imports/{int:import_id}", auth=KeyAuth("data.view"), tags=["Imports"], summary="How far an import is")
def one_import(request: HttpRequest, import_id: int) -> dict[str, Any]:
    row = Import.objects.filter(id=import_id).first()
    if row is None:
        raise NotFound(f"there is no import {import_id}")
    return _import(row)


def _mapping(text: str, kind: str) -> mappings.Mapping | None:
    if not text.strip():
        return None
    try:
        return mappings.parse(msgspec.json.decode(text), kind)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"mapping: not JSON: {error}", details={"mapping": "not JSON"}) from None


def _source(source: Source, activity: Activity | None) -> dict[str, Any]:
    activity = activity or Activity()
    return {
        "id": str(source.pk),
        "name": source.name,
        "kind": source.kind,
        "write_key": source.write_key,
        "enabled": source.enabled,
        "locale": msgspec.to_builtins(locale_of(source, config())),
        "created_at": rfc3339(source.created_at),
        "last_event_at": rfc3339(activity.last_at),
        "events_24h": activity.day,
        "events": activity.total,
    }


def _import(row: Import) -> dict[str, Any]:
    rejects = rejects_path(config(), row.pk)
    return {
        **summary(row),
        "started_at": rfc3339(row.started_at),
        "finished_at": rfc3339(row.finished_at),
        "rejects_file": str(Path(rejects).name) if row.rejected else None,
    }
