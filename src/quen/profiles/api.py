"""People for programs: `/profiles`. Keys of roles that may not see contact data get it masked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router
from ninja.params.functions import Query

from quen.accounts.access import KeyAuth
from quen.accounts.roles import can
from quen.config import config
from quen.errors import InvalidInput
from quen.events.timeline import timeline
from quen.identity.store import identifiers_of
from quen.profiles.listing import ORDERS, list_people
from quen.profiles.orders import Value, values
from quen.profiles.queries import (
    Person,
    by_strength,
    document,
    event_document,
    identifier_document,
    person,
    resolve_key,
    source_names,
)
from quen.profiles.search import search
from quen.profiles.store import load
from quen.web.paging import limit_of, page, read_place, write_cursor
from quen.web.times import parse_rfc3339, rfc3339

router = Router(tags=["Profiles"])
KINDS = ("", "known", "anonymous")


def masked_for(request: HttpRequest) -> bool:
    return not can(request.auth.role, "customers.pii")  # type: ignore[attr-defined]


@router.get("/profiles", auth=KeyAuth("customers.view"), summary="Find or list people")
def list_profiles(
    request: HttpRequest,
    query: str = Query("", description="A name, a phone in any form, an e-mail, any identifier, or part of one"),
    kind: str = Query("", description="known or anonymous; empty: everyone. Not for searches"),
    segment: str = Query("", description="Id of a segment. Not for searches"),
    sort: str = Query("seen", description="seen (last seen first) or new (newest first). Searches: best first"),
    limit: str = "",
    cursor: str = "",
) -> dict[str, Any]:
    size = limit_of(limit)
    if kind not in KINDS:
        raise InvalidInput("kind: expected known or anonymous", details={"kind": "unknown"})
    if sort not in ORDERS:
        raise InvalidInput("sort: expected seen or new", details={"sort": "unknown"})
    if segment and not (segment.isascii() and segment.isdigit() and len(segment) < 19):
        raise InvalidInput("segment: expected the id of a segment", details={"segment": "malformed"})
    masked = masked_for(request)
    following: list[int] | None
    if query.strip():
        start = max(0, (read_place(cursor, 1) or [0])[0])
        found = search(query, region=str(config().phone_region), names_only=masked)
        ids, following = found[start : start + size], [start + size] if len(found) > start + size else None
    else:
        piece = list_people(
            order=sort, kind=kind, segment=int(segment) if segment else None, after=read_place(cursor, 2), limit=size
        )
        ids, following = piece.ids, piece.next
    return {
        "items": _summaries(ids, masked=masked),
        "next": None if following is None else write_cursor(following),
    }


def _summaries(ids: list[int], *, masked: bool) -> list[dict[str, Any]]:
    """Many people, without what costs a look at their history."""
    profiles = load(ids)
    identifiers = identifiers_of(ids)
    sources = source_names()
    people = [
        Person(profiles[i], [i], by_strength(identifiers[i]), [], sources, [], masked) for i in ids if i in profiles
    ]
    return [
        {
            "id": str(each.id),
            "identifiers": [identifier_document(each, identifier) for identifier in each.identifiers],
            "traits": each.traits,
            "created_at": rfc3339(each.profile.created_at),
            "last_seen_at": rfc3339(each.profile.last_seen),
        }
        for each in people
    ]


@router.get("/profiles/{path:key}/events", auth=KeyAuth("customers.view"), summary="What a person did, newest first")
def profile_events(
    request: HttpRequest,
    key: str,
    limit: str = "",
    before: str = Query("", description="`next` of the page before, or an RFC 3339 time"),
    event: str = Query("", description="Only events of this name"),
    scope: str | None = None,
) -> dict[str, Any]:
    masked = masked_for(request)
    found = person(resolve_key(key, scope=scope), masked=masked)
    size = limit_of(limit)
    events = [event] if event else None
    rows = timeline(found.ids, before=_before(before), limit=size + 1, events=events)
    listed = page(rows, size, lambda item: [item.time, item.id])
    listed["items"] = [event_document(item, found.sources, masked=masked) for item in listed["items"]]
    return listed


def _before(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    if "-" in text and ":" in text:
        return parse_rfc3339(text, field="before"), 0
    place = read_place(text, 2)
    return (place[0], place[1]) if place else None


@router.get("/profiles/{path:key}", auth=KeyAuth("customers.view"), summary="One person")
def get_profile(request: HttpRequest, key: str, scope: str | None = None) -> dict[str, Any]:
    """`key` is a profile id or `type:value`, such as `email:lan@example.com`; an id merged away gives its survivor."""
    found = person(resolve_key(key, scope=scope), masked=masked_for(request))
    return document(found, values({found.id: found.ids}).get(found.id, Value()))
