"""People for programs: `/profiles`. Keys of roles that may not see contact data get it masked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status
from ninja.params.functions import Query

from quen.accounts.access import KeyAuth
from quen.accounts.roles import can
from quen.computed import service as computed
from quen.computed.history import values as computed_values
from quen.config import config
from quen.errors import InvalidInput
from quen.events.store import event_store
from quen.events.timeline import timeline
from quen.identity.store import identifiers_of
from quen.profiles import strategy_store
from quen.profiles.listing import ORDERS, list_people
from quen.profiles.masking import mask
from quen.profiles.provenance import Change, changes, place_of
from quen.profiles.queries import (
    Person,
    by_strength,
    document,
    event_document,
    identifier_document,
    person_by_key,
    source_names,
)
from quen.profiles.search import search
from quen.profiles.shown_traits import ShownTrait, shown_changes, shown_traits
from quen.profiles.store import load
from quen.profiles.strategies import read_strategies, to_document
from quen.web.paging import limit_of, page, read_cursor, read_place, write_cursor
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
    people = [Person(profiles[i], [i], by_strength(identifiers[i]), [], sources, masked) for i in ids if i in profiles]
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
    found = person_by_key(key, scope=scope, masked=masked)
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


@router.get(
    "/profiles/{path:key}/traits/{path:name}/history", auth=KeyAuth("customers.view"), summary="Changes of one trait"
)
def trait_history(
    request: HttpRequest, key: str, name: str, limit: str = "", before: str = "", scope: str | None = None
) -> dict[str, Any]:
    """Each time that a message gave another value than the one before it, newest first; null: it was deleted."""
    found = person_by_key(key, scope=scope, masked=masked_for(request))
    size = limit_of(limit)
    rows = changes(found.ids, name=name, before=place_of(read_cursor(before)), limit=size + 1)
    listed = page(shown_changes(found, rows), size, lambda change: change.place)
    listed["items"] = [_change(found, change) for change in listed["items"]]
    return listed


@router.get(
    "/profiles/{path:key}/computed/{name}/history",
    auth=KeyAuth("customers.view"),
    summary="What a computed trait of one person was",
)
def computed_history(
    request: HttpRequest, key: str, name: str, limit: str = "", before: str = "", scope: str | None = None
) -> dict[str, Any]:
    """Newest first, each value with the instant since when; null: there was none. Of `days_since` nothing is kept."""
    found = person_by_key(key, scope=scope, masked=masked_for(request))
    size, after = limit_of(limit), read_place(before, 1)
    trait_id = computed.find(name).id
    rows = computed_values(trait_id, found.ids, event_store(), before=after[0] if after else None, limit=size + 1)
    listed = page(rows, size, lambda row: [row.at])
    listed["items"] = [
        {"at": rfc3339(row.at), "value": mask(row.value, name) if found.masked else row.value}
        for row in listed["items"]
    ]
    return listed


@router.get("/profiles/{path:key}/traits", auth=KeyAuth("customers.view"), summary="Traits and where they are from")
def profile_traits(request: HttpRequest, key: str, scope: str | None = None) -> dict[str, Any]:
    """By name: the value that counts, since when, by whose word and which strategy; and the other values seen."""
    found = person_by_key(key, scope=scope, masked=masked_for(request))
    shown = shown_traits(found, strategy_store.current())
    return {"items": [_trait(found, trait) for trait in shown], "next": None}


def _trait(found: Person, shown: ShownTrait) -> dict[str, Any]:
    return {
        "name": shown.name,
        "value": shown.value,
        "at": rfc3339(shown.at),
        "source": {"id": str(shown.source_id), "name": shown.source},
        "strategy": shown.strategy,
        "others": [
            {
                "value": each.value,
                "source": _source(found, each.source_id),
                "first_at": rfc3339(each.first_at),
                "last_at": rfc3339(each.last_at),
                "count": each.count,
            }
            for each in shown.others
        ],
    }


def _change(found: Person, change: Change) -> dict[str, Any]:
    return {
        "name": change.name,
        "at": rfc3339(change.at),
        "old": change.old,
        "new": change.new,
        "source": _source(found, change.source_id),
        "event": {"id": str(change.row_id), "name": change.event, "message_id": change.message_id},
    }


def _source(found: Person, source_id: int) -> dict[str, str]:
    return {"id": str(source_id), "name": found.source_name(source_id)}


@router.get("/profiles/{path:key}", auth=KeyAuth("customers.view"), summary="One person")
def get_profile(request: HttpRequest, key: str, scope: str | None = None) -> dict[str, Any]:
    """`key` is a profile id or `type:value`, such as `email:lan@example.com`; an id merged away gives its survivor."""
    return document(person_by_key(key, scope=scope, masked=masked_for(request)))


class StrategiesBody(Schema):
    strategies: dict[str, Any]


@router.get("/settings/traits", auth=KeyAuth("data.view"), summary="Which value of a trait counts")
def get_strategies(request: HttpRequest) -> dict[str, Any]:
    """Traits that are not listed go by `latest`."""
    return _strategies()


@router.put("/settings/traits", auth=KeyAuth("data.edit"), summary="Set which value of a trait counts")
def put_strategies(request: HttpRequest, body: StrategiesBody) -> dict[str, Any]:
    """Takes the place of all of them: `{"tier": {"strategy": "source_priority", "sources": ["123", "0"]}}`.

    Strategies: latest, first, most_frequent, source_priority, keep_all. Source 0 is Quen itself. It counts for what
    comes from now on; `POST /settings/traits/rebuild` applies it to the present data.
    """
    strategy_store.save(read_strategies(body.strategies), by=_by(request))
    return _strategies()


@router.post(
    "/settings/traits/rebuild",
    auth=KeyAuth("data.edit"),
    response={202: dict[str, Any]},
    summary="Apply the strategies to the present data",
)
def rebuild_traits_of_all(request: HttpRequest) -> Status[dict[str, Any]]:
    """The engine goes through everybody between other work; 409 while it is at it already."""
    strategy_store.start_rebuild(by=_by(request))
    return Status(202, _strategies())


def _strategies() -> dict[str, Any]:
    last, rebuild = strategy_store.versions(1), strategy_store.last_rebuild()
    return {
        "strategies": to_document(strategy_store.current()),
        "changed_at": rfc3339(last[0].at) if last else None,
        "changed_by": last[0].by if last else "",
        "rebuild": rebuild
        and {
            "status": "working" if rebuild.done_at is None else "done",
            "percent": strategy_store.rebuild_percent(rebuild),
            "people": rebuild.people,
            "changed": rebuild.changed,
            "started_at": rfc3339(rebuild.at),
            "done_at": rfc3339(rebuild.done_at),
        },
    }


def _by(request: HttpRequest) -> str:
    return str(request.auth.by)  # type: ignore[attr-defined]
