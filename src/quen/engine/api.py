"""What arrives and what is kept back: `/events/recent`, `/quarantine`."""

from __future__ import annotations

from typing import Any

import msgspec
from django.db.models import Q
from django.http import HttpRequest
from ninja import Router, Schema
from ninja.params.functions import Query

from quen.accounts.access import KeyAuth
from quen.accounts.roles import can
from quen.engine.models import Quarantined, Recent
from quen.engine.quarantine import MOST_AT_ONCE, REASONS, Filter, can_replay, explain, replay
from quen.errors import InvalidInput
from quen.profiles.masking import mask, mask_text
from quen.web.paging import limit_of, page, read_place
from quen.web.times import rfc3339

router = Router(tags=["Events"])


@router.get("/events/recent", auth=KeyAuth("data.view"), summary="What arrived last, and what became of it")
def recent_events(
    request: HttpRequest,
    source: str = Query("", description="Id of a source"),
    event: str = Query("", description="Name of an event"),
    fate: str = Query("", description="stored, dropped, or one drop reason"),
    limit: str = "",
    cursor: str = "",
) -> dict[str, Any]:
    size = limit_of(limit)
    rows = Recent.objects.order_by("-id")
    if source:
        rows = rows.filter(source_id=_id("source", source))
    if event:
        rows = rows.filter(event=event)
    if fate == "dropped":
        rows = rows.exclude(fate="stored")
    elif fate:
        rows = rows.filter(fate=fate)
    if before := read_place(cursor, 1):
        rows = rows.filter(id__lt=before[0])
    masked = _masked(request)
    listed = page(list(rows[: size + 1]), size, lambda row: [row.pk])
    listed["items"] = [_recent(row, masked=masked) for row in listed["items"]]
    return listed


def _recent(row: Recent, *, masked: bool) -> dict[str, Any]:
    return {
        "id": str(row.pk),
        "received_at": rfc3339(row.at),
        "source_id": str(row.source_id),
        "type": row.type,
        "event": row.event,
        "message_id": row.message_id,
        "profile_id": None if row.profile_id is None else str(row.profile_id),
        "fate": row.fate,
        "detail": mask_text(row.detail) if masked else row.detail,
        "body": _body(row.body, masked=masked),
    }


@router.get("/quarantine", auth=KeyAuth("data.view"), summary="Messages that were not stored, with the reason")
def list_quarantine(
    request: HttpRequest,
    reason: str = "",
    source: str = Query("", description="Id of a source"),
    text: str = Query("", description="Text in the message"),
    replayed: bool = Query(False, description="Those already sent round again, in place of those waiting"),
    limit: str = "",
    cursor: str = "",
) -> dict[str, Any]:
    size = limit_of(limit)
    rows = _filter(reason, source, text, replayed).rows().order_by("-at", "-id")
    if before := read_place(cursor, 2):
        rows = rows.filter(Q(at__lt=before[0]) | Q(at=before[0], id__lt=before[1]))
    masked = _masked(request)
    listed = page(list(rows[: size + 1]), size, lambda row: [row.at, row.pk])
    listed["items"] = [_quarantined(row, masked=masked) for row in listed["items"]]
    return listed


def _quarantined(row: Quarantined, *, masked: bool) -> dict[str, Any]:
    reason = explain(row.reason)
    return {
        "id": str(row.pk),
        "received_at": rfc3339(row.at),
        "source_id": str(row.source_id),
        "reason": row.reason,
        "detail": mask_text(row.detail) if masked else row.detail,
        "explanation": str(reason.text),
        "hint": str(reason.hint),
        "body": _body(row.body, masked=masked),
        "replayable": row.replayed_at is None and can_replay(row),
        "replayed_at": rfc3339(row.replayed_at),
    }


class ReplayRequest(Schema):
    """Either the ids, or a filter; a filter without anything means all that wait."""

    ids: list[str] | None = None
    reason: str = ""
    source: str = ""
    text: str = ""


@router.post("/quarantine/replay", auth=KeyAuth("data.edit"), summary="Send messages round again after a fix")
def replay_quarantine(request: HttpRequest, payload: ReplayRequest) -> dict[str, Any]:
    """At most 5,000 at once; `skipped` are those of which only a part was kept, or that are not JSON."""
    if payload.ids is not None:
        ids = [_id("ids", text) for text in payload.ids[:MOST_AT_ONCE]]
    else:
        rows = _filter(payload.reason, payload.source, payload.text, False).rows()
        ids = list(rows.order_by("at", "id").values_list("id", flat=True)[:MOST_AT_ONCE])
    done = replay(ids)
    return {"replayed": done, "skipped": len(ids) - done}


def _filter(reason: str, source: str, text: str, replayed: bool) -> Filter:
    if reason and reason not in REASONS:
        raise InvalidInput(f"reason: expected one of {', '.join(REASONS)}", details={"reason": "unknown"})
    return Filter(reason, _id("source", source) if source else None, text.strip()[:200], replayed)


def _id(field: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 19:
        return int(text)
    raise InvalidInput(f"{field}: {text[:40]!r} is not an id", details={field: "malformed"})


def _masked(request: HttpRequest) -> bool:
    return not can(request.auth.role, "customers.pii")  # type: ignore[attr-defined]


def _body(body: str, *, masked: bool) -> Any:
    """The message as JSON where it is JSON, else as the text that came."""
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return mask_text(body) if masked else body
    return mask(value) if masked else value
