"""What is exported, row by row: people, members of a segment, events. In pages, so that any number fits into memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from quen.db import fetch
from quen.errors import InvalidInput, NotFound
from quen.events.store import EventStore
from quen.identity.store import identifiers_of
from quen.profiles import store as profiles
from quen.profiles.marks import without_marks
from quen.profiles.masking import mask, mask_identifier, mask_text
from quen.profiles.state import COMPUTED, ProfileState
from quen.segments.models import Segment
from quen.segments.told import PERSON
from quen.web.times import rfc3339

PEOPLE = 1_000  # a page
Row = dict[str, Any]


def profiles_rows(*, masked: bool) -> Iterator[Row]:
    """Everyone, in the order in which they were first seen."""
    after = 0
    while page := profiles.load_range(after, PEOPLE):
        yield from _people(page, masked)
        after = page[-1].id


def find_segment(name: str) -> Segment:
    """By its id or its name."""
    rows = Segment.objects.filter(kind="segment")
    found = list(rows.filter(pk=int(name)) if name.isascii() and name.isdigit() and len(name) < 19 else ())
    found = found or list(rows.filter(name=name)[:2])
    if not found:
        raise NotFound(f"there is no segment {name!r}")
    if len(found) > 1:
        raise InvalidInput(f"several segments are named {name!r}: give the id of one")
    if found[0].status == "computing" and not found[0].is_known:
        raise InvalidInput(
            f"segment {name!r} is being computed: the file would be half a result. Try again in a moment"
        )
    return found[0]


def segment_rows(segment: Segment, *, masked: bool) -> Iterator[Row]:
    """The members of a segment, with `member_since`."""
    after = 0
    while True:
        members = fetch(
            "SELECT profile_id, since FROM segments_member WHERE segment_id = %s AND profile_id > %s"
            " ORDER BY profile_id LIMIT %s",
            [segment.pk, after, PEOPLE],
        )
        if not members:
            return
        found = profiles.load(id_ for id_, _ in members)
        since = dict(members)
        for row in _people([found[id_] for id_, _ in members if id_ in found], masked):
            yield row | {"member_since": rfc3339(since[int(row["id"])])}
        after = members[-1][0]


def _people(page: list[ProfileState], masked: bool) -> Iterator[Row]:
    identifiers = identifiers_of([p.id for p in page])
    for person in page:
        traits = without_marks(person.traits)
        computed = traits.pop(COMPUTED, None) or {}
        yield {
            "id": str(person.id),
            "created_at": rfc3339(person.created_at),
            "first_seen": rfc3339(person.first_seen),
            "last_seen": rfc3339(person.last_seen),
            "identifiers": [
                {"type": i.type, "value": mask_identifier(i.type, i.value) if masked else i.value}
                for i in identifiers[person.id]
            ],
            "traits": mask(traits) if masked else traits,
            "computed": computed,
        }


class Chosen(msgspec.Struct, frozen=True):
    """Which events: of a name, received for a time from `begin` up to before `end`, in ms UTC; None and "": any."""

    event: str = ""
    begin: int | None = None
    end: int | None = None


def event_rows(store: EventStore, chosen: Chosen, *, masked: bool) -> Iterator[Row]:
    """Person by person, each in order of time; `profile_id` is the person of today."""
    conditions: list[str] = ["true"]
    params: dict[str, Any] = {}
    if chosen.event:
        conditions.append("event = {event:String}")
        params["event"] = chosen.event
    for name, sign, moment in (("begin", ">=", chosen.begin), ("end", "<", chosen.end)):
        if moment is not None:
            conditions.append(f"time {sign} fromUnixTimestamp64Milli({{{name}:Int64}}, 'UTC')")
            params[name] = moment
    found = store.stream(
        f"SELECT toUnixTimestamp64Milli(time) AS t, id AS i, {PERSON} AS person, event, type, user_id, anonymous_id,"
        " message_id, source_id, toUnixTimestamp64Milli(received_at) AS received, properties, context FROM events"
        f" WHERE {' AND '.join(conditions)} ORDER BY profile_id, time, id"
        " SETTINGS max_threads = 1, max_block_size = 8192",
        params,
    )
    for row in found:
        yield _event(row, masked)


def _event(row: Row, masked: bool) -> Row:
    properties, context = row["properties"], msgspec.json.decode(row["context"]) if row["context"] else {}
    return {
        "id": str(row["i"]),
        "time": rfc3339(int(row["t"])),
        "event": row["event"],
        "type": row["type"],
        "profile_id": str(row["person"]),
        "user_id": mask_text(row["user_id"]) if masked else row["user_id"],
        "anonymous_id": row["anonymous_id"],
        "message_id": row["message_id"],
        "source_id": str(row["source_id"]),
        "received_at": rfc3339(int(row["received"])),
        "properties": mask(properties) if masked else properties,
        "context": mask(context) if masked else context,
    }
