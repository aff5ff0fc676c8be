"""Files for programs: `/export/…`, streamed. Keys of roles that may not see contact data get it masked."""

from __future__ import annotations

from collections.abc import Iterator

from django.http import HttpRequest, StreamingHttpResponse
from ninja import Router
from ninja.params.functions import Query

from quen.accounts.access import KeyAuth
from quen.accounts.roles import can
from quen.errors import InvalidInput
from quen.events.store import event_store
from quen.exports import rows, writing
from quen.exports.rows import Chosen, Row
from quen.web.times import parse_rfc3339

router = Router(tags=["Export"])
_TYPES = {"jsonl": "application/jsonl", "csv": "text/csv; charset=utf-8"}


@router.get("/export/profiles", auth=KeyAuth("customers.view"), summary="Everyone, as a file")
def export_profiles(request: HttpRequest, format: str = Query("jsonl", description="jsonl or csv")) -> object:
    return _file("profiles", rows.profiles_rows(masked=_masked(request)), format)


@router.get("/export/segments/{segment}", auth=KeyAuth("customers.view"), summary="The members of a segment, as a file")
def export_segment(request: HttpRequest, segment: str, format: str = "jsonl") -> object:
    """`segment` is an id or a name."""
    return _file("segment", rows.segment_rows(rows.find_segment(segment), masked=_masked(request)), format)


@router.get("/export/events", auth=KeyAuth("customers.view"), summary="Events, as a file")
def export_events(
    request: HttpRequest,
    format: str = "jsonl",
    event: str = Query("", description="Only events of this name"),
    begin: str = Query("", description="Only events at or after this time"),
    end: str = Query("", description="Only events before this time"),
) -> object:
    chosen = Chosen(
        event,
        parse_rfc3339(begin, field="begin") if begin else None,
        parse_rfc3339(end, field="end") if end else None,
    )
    return _file("events", rows.event_rows(event_store(), chosen, masked=_masked(request)), format)


def _masked(request: HttpRequest) -> bool:
    return not can(request.auth.role, "customers.pii")  # type: ignore[attr-defined]


def _file(name: str, found: Iterator[Row], format_: str) -> StreamingHttpResponse:
    if format_ not in _TYPES:
        raise InvalidInput("format: expected jsonl or csv; `quen export` writes parquet", details={"format": "unknown"})
    body = writing.jsonl(found) if format_ == "jsonl" else _csv(found)
    response = StreamingHttpResponse(_in_pieces(body), content_type=_TYPES[format_])
    response["Content-Disposition"] = f'attachment; filename="{name}.{format_}"'
    response["Cache-Control"] = "no-store"
    return response


def _csv(found: Iterator[Row]) -> Iterator[bytes]:
    aside = writing.Aside()
    try:
        aside.take(found)
        yield from writing.csv_lines(aside)
    finally:
        aside.close()


def _in_pieces(lines: Iterator[bytes]) -> Iterator[bytes]:
    """A write for each 64 KB, not for each line."""
    gathered: list[bytes] = []
    size = 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size > 65_536:
            yield b"".join(gathered)
            gathered, size = [], 0
    yield b"".join(gathered)
