"""Segments in the JSON API."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from quen.accounts.access import KeyAuth
from quen.errors import InvalidInput
from quen.segments import service, store
from quen.segments.models import Segment
from quen.segments.rules import describe, parse_rule
from quen.web.paging import limit_of, page, read_cursor
from quen.web.times import rfc3339

router = Router(tags=["segments"])


class NewSegment(Schema):
    name: str
    rule: Any
    description: str = ""


class SegmentChange(Schema):
    name: str | None = None
    description: str | None = None
    rule: Any = None


class RuleOnly(Schema):
    rule: Any


@router.get("/segments", auth=KeyAuth("customers.view"))
def list_segments(request: HttpRequest, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """The segments that people made, newest first; archived ones are not among them."""
    limit = limit_of(limit)
    found = Segment.objects.filter(kind="segment").exclude(status="archived").order_by("-id")
    after = read_cursor(cursor)
    if after is not None:
        if not isinstance(after, int):
            raise InvalidInput("cursor: use the `next` of the page before, unchanged", details={"cursor": "bad"})
        found = found.filter(id__lt=after)
    return page([_document(segment) for segment in found[: limit + 1]], limit, lambda item: int(item["id"]))


@router.post("/segments", auth=KeyAuth("segments.edit"), response={201: dict[str, Any]})
def create_segment(request: HttpRequest, body: NewSegment) -> Status[dict[str, Any]]:
    """Make a segment. It is `computing` until every profile has been looked at, then `live`.

    A rule that is wrong is a 422 whose `details.path` points at the place (`$.all[1].op`).
    """
    segment = service.create_segment(body.name, body.rule, by=_by(request), description=body.description)
    return Status(201, _document(segment))


@router.post("/segments/preview", auth=KeyAuth("customers.view"))
def preview_segment(request: HttpRequest, body: RuleOnly) -> dict[str, Any]:
    """How many people a rule holds for now, of how many, and up to ten of them with why."""
    found = service.preview(body.rule)
    name_of = service.namer()
    sample = [
        {
            "profile_id": str(person["profile_id"]),
            "why": [
                {"condition": reason.condition.words("en", name_of), "holds": reason.holds} for reason in person["why"]
            ],
        }
        for person in found["sample"]
    ]
    return {**found, "sample": sample, "sentence": describe(parse_rule(body.rule), "en", name_of)}


@router.get("/segments/{int:segment_id}", auth=KeyAuth("customers.view"))
def get_segment(request: HttpRequest, segment_id: int) -> dict[str, Any]:
    return _document(service.find(segment_id))


@router.patch("/segments/{int:segment_id}", auth=KeyAuth("segments.edit"))
def change_segment(request: HttpRequest, segment_id: int, body: SegmentChange) -> dict[str, Any]:
    """Change the name, the description or the rule. Another rule is a new version, computed anew."""
    segment = service.find(segment_id)
    service.update_segment(segment, name=body.name, description=body.description, rule=body.rule, by=_by(request))
    return _document(segment)


@router.delete("/segments/{int:segment_id}", auth=KeyAuth("segments.edit"))
def delete_segment(request: HttpRequest, segment_id: int) -> dict[str, Any]:
    """Archive a segment: it is followed no more and has no members. 409 while something uses it."""
    segment = service.find(segment_id)
    service.archive(segment)
    return _document(segment)


@router.get("/segments/{int:segment_id}/members", auth=KeyAuth("customers.view"))
def list_members(request: HttpRequest, segment_id: int, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """Who is in a segment, the latest to enter first."""
    segment = service.find(segment_id)
    limit = limit_of(limit)
    after = read_cursor(cursor)
    if after is not None and not (isinstance(after, list) and len(after) == 2 and all(type(n) is int for n in after)):
        raise InvalidInput("cursor: use the `next` of the page before, unchanged", details={"cursor": "bad"})
    rows = store.members(segment.id, (after[0], after[1]) if after else None, limit + 1)
    found = page(rows, limit, lambda row: list(row))
    found["items"] = [{"profile_id": str(profile_id), "since": rfc3339(since)} for since, profile_id in found["items"]]
    return found


def _document(segment: Segment) -> dict[str, Any]:
    return {
        "id": str(segment.id),
        "name": segment.name,
        "description": segment.description,
        "rule": segment.rule,
        "status": segment.status,
        "progress": service.progress(segment),
        "count": segment.count,
        "version": segment.version,
        "created_at": rfc3339(segment.created_at),
        "updated_at": rfc3339(segment.updated_at),
        "created_by": segment.created_by,
    }


def _by(request: HttpRequest) -> str:
    return str(getattr(request, "auth").by)  # noqa: B009 set by KeyAuth, unknown to Django's types
