"""Segments and static lists in the JSON API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import override
from ninja import File, Form, Router, Schema, Status
from ninja.files import UploadedFile

from quen.accounts.access import KeyAuth
from quen.accounts.roles import can
from quen.engine import door
from quen.errors import Conflict, InvalidInput
from quen.segments import lists, service, store
from quen.segments.models import Segment
from quen.segments.naming import Naming
from quen.segments.oddities import unknown_names
from quen.segments.pages.why_shown import as_came, facts_document, shown_facts, why_document
from quen.segments.rules import describe, parse_rule
from quen.web.paging import limit_of, page, read_cursor, read_place
from quen.web.times import rfc3339

router = Router(tags=["segments"])
MAX_FILE = 40_000_000


class NewSegment(Schema):
    name: str
    rule: Any
    description: str = ""
    draft: bool = False


class SegmentChange(Schema):
    name: str | None = None
    description: str | None = None
    rule: Any = None
    paused: bool | None = None


class RuleOnly(Schema):
    rule: Any


class NewList(Schema):
    name: str
    description: str = ""


class ListChange(Schema):
    name: str | None = None
    description: str | None = None


class Member(Schema):
    """A person: `type` is that of an identifier (`email`, `phone`, `user_id`…), or `id` for a profile's."""

    type: str = "id"
    value: str


class Members(Schema):
    members: list[Member]


@router.get("/segments", auth=KeyAuth("customers.view"))
def list_segments(request: HttpRequest, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """The segments that people made, newest first; archived ones are not among them."""
    limit = limit_of(limit)
    found = Segment.objects.filter(kind="segment").exclude(status="archived").order_by("-id")
    if (after := _number(cursor)) is not None:
        found = found.filter(id__lt=after)
    return page([_document(segment) for segment in found[: limit + 1]], limit, lambda item: int(item["id"]))


@router.post("/segments", auth=KeyAuth("segments.edit"), response={201: dict[str, Any]})
def create_segment(request: HttpRequest, body: NewSegment) -> Status[dict[str, Any]]:
    """Make a segment. It is `computing` until every profile has been looked at, then `live`; a `draft` only waits.

    Names that nothing received so far has are allowed; `warnings` says where they are. A rule that is wrong is a 422
    whose `details.path` points at the place (`$.all[1].op`).
    """
    segment = service.create_segment(
        body.name, body.rule, by=_by(request), description=body.description, draft=body.draft
    )
    return Status(201, {**_document(segment), "warnings": _warnings(segment.rule)})


@router.post("/segments/preview", auth=KeyAuth("customers.view"))
def preview_segment(request: HttpRequest, body: RuleOnly) -> dict[str, Any]:
    """How many people a rule holds for now, of how many, and up to ten of them with why.

    `why`: the sentences of the rule, each with `facts`: the trait's value, how many events and the latest of them, the
    word on a purpose, the address on a channel, or since when in a segment or on a list.
    """
    found = service.preview(body.rule)
    names = Naming(service.namer())
    masked = not can(request.auth.role, "customers.pii")  # type: ignore[attr-defined]
    sample = [
        {
            "profile_id": str(person["profile_id"]),
            "why": [
                {
                    "condition": reason.condition.words("en", names),
                    "holds": reason.holds,
                    "facts": facts_document(shown_facts(facts, as_came, names, masked=masked)),
                }
                for reason, facts in person["why"]
            ],
        }
        for person in found["sample"]
    ]
    parsed = parse_rule(body.rule)
    warnings = _warnings(parsed.json)
    return {**found, "sample": sample, "sentence": describe(parsed, "en", names), "warnings": warnings}


@router.get("/segments/{int:segment_id}", auth=KeyAuth("customers.view"))
def get_segment(request: HttpRequest, segment_id: int) -> dict[str, Any]:
    """A segment. `shown_version` is that of its count and members: while a new version is computed, the one before.

    `paused_within`: paused segments that its rule refers to; who was in them last counts as in them.
    """
    segment = service.find(segment_id)
    paused = [{"id": str(other.id), "name": other.name} for other in service.paused_within(segment)]
    return {**_document(segment), "paused_within": paused}


@router.patch("/segments/{int:segment_id}", auth=KeyAuth("segments.edit"))
def change_segment(request: HttpRequest, segment_id: int, body: SegmentChange) -> dict[str, Any]:
    """Change the name, the description or the rule. Another rule is a new version, computed anew: until it is whole,
    `shown_version` says of which version the count and the members are.

    `paused`: true to follow it no more, its members staying as they are; false to compute it anew, or to start a draft.
    """
    segment = service.find(segment_id)
    service.update_segment(segment, name=body.name, description=body.description, rule=body.rule, by=_by(request))
    if body.paused is not None:
        if body.paused:
            service.pause(segment.id)
        elif segment.status in ("paused", "draft"):
            service.restore(segment)
        segment.refresh_from_db()
    return {**_document(segment), "warnings": _warnings(segment.rule)}


@router.delete("/segments/{int:segment_id}", auth=KeyAuth("segments.edit"))
def delete_segment(request: HttpRequest, segment_id: int) -> dict[str, Any]:
    """Archive a segment: it is followed no more and has no members. 409 while something uses it."""
    segment = service.find(segment_id)
    service.archive(segment)
    return _document(segment)


@router.get("/segments/{int:segment_id}/members", auth=KeyAuth("customers.view"))
def list_members(request: HttpRequest, segment_id: int, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """Who is in a segment, the latest to enter first.

    Never half a result: while a new version is `computing`, these are the members of the version before, which
    `version` names, until the new ones take their place all at once. 409 while the first one is computed, and for a
    cursor of another version (`details.cursor` is `old`): begin again without one.
    """
    return _members(lambda: service.find(segment_id), limit, cursor)


@router.get("/segments/{int:segment_id}/members/{int:profile_id}/why", auth=KeyAuth("customers.view"))
def why_member(request: HttpRequest, segment_id: int, profile_id: int) -> dict[str, Any]:
    """Why a person is in a segment or out of it: `since` when in it, and the rule as sentences that hold or do not.

    A sentence has `facts`: the trait's value, how many events and the latest of them, the word on a purpose, the
    address on a channel, or since when in a segment or on a list. Contact data is masked for keys of roles that may not
    see it.
    """
    masked = not can(request.auth.role, "customers.pii")  # type: ignore[attr-defined]
    return why_document(service.find(segment_id), profile_id, masked=masked)


@router.get("/lists", auth=KeyAuth("customers.view"))
def list_lists(request: HttpRequest, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """Static lists, newest first."""
    limit, found = limit_of(limit), lists.listed()
    if (after := _number(cursor)) is not None:
        found = found.filter(id__lt=after)
    return page([_list_document(each) for each in found[: limit + 1]], limit, lambda item: int(item["id"]))


@router.post("/lists", auth=KeyAuth("segments.edit"), response={201: dict[str, Any]})
def create_list(request: HttpRequest, body: NewList) -> Status[dict[str, Any]]:
    """Make a list with nobody on it. A rule asks for it by `{"list": "ID"}`."""
    return Status(201, _list_document(lists.create(body.name, body.description, _by(request))))


@router.get("/lists/{int:list_id}", auth=KeyAuth("customers.view"))
def get_list(request: HttpRequest, list_id: int) -> dict[str, Any]:
    return _list_document(lists.find(list_id))


@router.patch("/lists/{int:list_id}", auth=KeyAuth("segments.edit"))
def change_list(request: HttpRequest, list_id: int, body: ListChange) -> dict[str, Any]:
    found = lists.find(list_id)
    return _list_document(service.update_segment(found, name=body.name, description=body.description, by=_by(request)))


@router.delete("/lists/{int:list_id}", auth=KeyAuth("segments.edit"))
def delete_list(request: HttpRequest, list_id: int) -> dict[str, Any]:
    """Archive a list. 409 while a segment or journey asks for it."""
    found = lists.find(list_id)
    service.archive(found)
    return _list_document(found)


@router.get("/lists/{int:list_id}/members", auth=KeyAuth("customers.view"))
def members_of_list(request: HttpRequest, list_id: int, limit: int = 50, cursor: str | None = None) -> dict[str, Any]:
    """Who is on a list, the latest first."""
    return _members(lambda: lists.find(list_id), limit, cursor)


@router.post("/lists/{int:list_id}/members", auth=KeyAuth("segments.edit"), response={202: dict[str, Any]})
def add_members(request: HttpRequest, list_id: int, body: Members) -> Status[dict[str, Any]]:
    """Put up to 10,000 people on a list; the engine does it within moments.

    The answer says how many people that is, and which of the given (by their place) are nobody's.
    """
    return Status(202, _change(lists.find(list_id), body, on=True))


@router.delete("/lists/{int:list_id}/members", auth=KeyAuth("segments.edit"), response={202: dict[str, Any]})
def remove_members(request: HttpRequest, list_id: int, body: Members) -> Status[dict[str, Any]]:
    """Take people off a list; as putting them on."""
    return Status(202, _change(lists.find(list_id), body, on=False))


@router.post("/lists/{int:list_id}/import", auth=KeyAuth("segments.edit"), response={202: dict[str, Any]})
def import_members(
    request: HttpRequest,
    list_id: int,
    file: File[UploadedFile],
    type: Form[str],
) -> Status[dict[str, Any]]:
    """Put everyone of a file on a list: text in UTF-8, one identifier of `type` a line, up to a million."""
    found = lists.find(list_id)
    if (file.size or 0) > MAX_FILE:
        raise InvalidInput(f"file: at most {MAX_FILE // 1_000_000} MB", details={"file": "too_large"})
    named = lists.read_file(file.read(), type)
    return Status(202, _tell(lists.change(found, named, on=True)))


def _members(find: Callable[[], Segment], limit: int, cursor: str | None) -> dict[str, Any]:
    limit, after = limit_of(limit), read_place(cursor, 3)
    segment = find()
    while True:
        if segment.status == "computing" and not segment.is_known:
            details = {"status": "computing", "progress": service.progress(segment)}
            raise Conflict("the segment is computed for the first time: ask again when it is live", details=details)
        if after is not None and after[2] != segment.shown_version:
            raise Conflict(
                "the segment has another rule since that page: begin without a cursor", details={"cursor": "old"}
            )
        rows = store.members(segment.id, (after[0], after[1]) if after else None, limit + 1)
        # Asked again after the members were read: they are of this version, not of one that came just now.
        read, segment = segment.shown_version, find()
        if read == segment.shown_version:
            break
    found = page(rows, limit, lambda row: [*row, read])
    found["items"] = [{"profile_id": str(profile_id), "since": rfc3339(since)} for since, profile_id in found["items"]]
    return {**found, "version": read, "status": segment.status, "progress": service.progress(segment)}


def _document(segment: Segment) -> dict[str, Any]:
    return {
        "id": str(segment.id),
        "name": segment.name,
        "description": segment.description,
        "rule": segment.rule,
        "status": segment.status,
        "problem": segment.problem,
        "progress": service.progress(segment),
        "count": segment.count,
        "version": segment.version,
        "shown_version": segment.shown_version or None,
        "created_at": rfc3339(segment.created_at),
        "updated_at": rfc3339(segment.updated_at),
        "created_by": segment.created_by,
    }


def _change(found: Segment, body: Members, *, on: bool) -> dict[str, Any]:
    if not 1 <= len(body.members) <= lists.MOST_A_CALL:
        raise InvalidInput(f"members: 1 to {lists.MOST_A_CALL:,} of them", details={"path": "members"})
    return _tell(lists.change(found, [lists.Named(m.type, m.value) for m in body.members], on=on))


def _tell(change: lists.Change) -> dict[str, Any]:
    door.append(change.entries)
    return {"people": change.people, "unknown": change.unknown[:1_000], "unknown_count": len(change.unknown)}


def _list_document(found: Segment) -> dict[str, Any]:
    return {
        "id": str(found.id),
        "name": found.name,
        "description": found.description,
        "count": found.count,
        "created_at": rfc3339(found.created_at),
        "updated_at": rfc3339(found.updated_at),
        "created_by": found.created_by,
    }


def _warnings(rule: Any) -> list[dict[str, str]]:
    with override("en"):
        return [{"path": odd.path, "message": odd.message} for odd in unknown_names(rule)]


def _number(cursor: str | None) -> int | None:
    """The id that a cursor of a list of definitions goes on after."""
    after = read_cursor(cursor)
    if after is not None and not isinstance(after, int):
        raise InvalidInput("cursor: use the `next` of the page before, unchanged", details={"cursor": "bad"})
    return after


def _by(request: HttpRequest) -> str:
    return str(getattr(request, "auth").by)  # noqa: B009 set by KeyAuth, unknown to Django's types
