"""Static lists: people who were put there by file or by hand.

A list is a segment of the kind `list`, whose rule is being on it, so its members are kept, counted, merged and
separated as those of any segment are. Who is put on it or taken off is told to the engine by a message of Quen's own,
which leaves a mark on the person (`profiles.marks`): segments that ask about the list flip in the same batch. Who was
named by an identifier is named so in the message too: when people are taken apart, the place on the list goes with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import QuerySet

from quen.config import config
from quen.db import fetch_in
from quen.errors import InvalidInput, NotFound
from quen.identity import rules as identifier_rules
from quen.identity.keys import make_key, match_value
from quen.identity.store import canonical, known
from quen.ids import new_id, now_ms
from quen.journal.protocol import NewEntry
from quen.profiles.marks import LIST_JOINED, LIST_LEFT
from quen.protocol.messages import Envelope
from quen.segments.models import Segment, SegmentVersion
from quen.segments.rules import parse_rule
from quen.segments.service import checked_name

KIND = "list"
MOST_A_CALL = 10_000
MOST_A_FILE = 1_000_000
_MESSAGES_AN_ENTRY = 500
_HEADERS = {"id", "profile_id", "profile"}
_encode = msgspec.json.Encoder().encode


class Named(msgspec.Struct, frozen=True):
    """A person as the caller names them: an identifier, or with the type `id` a profile."""

    type: str
    value: str


class Change(msgspec.Struct):
    """What to tell the engine, of how many people, and which of the named are nobody (by their place)."""

    entries: list[NewEntry]
    people: int
    unknown: list[int]


def listed() -> QuerySet[Segment]:
    return Segment.objects.filter(kind=KIND).exclude(status="archived").order_by("-id")


def find(list_id: int) -> Segment:
    """Raises NotFound."""
    found = listed().filter(id=list_id).first()
    if found is None:
        raise NotFound(f"there is no list {list_id}")
    return found


def create(name: str, description: str = "", by: str = "") -> Segment:
    """A list with nobody on it. Raises InvalidInput for the name."""
    list_id = new_id()
    rule = parse_rule({"list": str(list_id)})
    with transaction.atomic():
        made = Segment.objects.create(
            id=list_id,
            name=checked_name(name),
            description=description[:2_000],
            kind=KIND,
            rule=rule.json,
            rule_hash=rule.hash,
            # Computed like any segment: someone may be put on it before the engine has read that there is such a list.
            status="computing",
            next_slot=new_id(),
            updated_at=now_ms(),
            created_by=by,
        )
        SegmentVersion.objects.create(segment=made, number=1, rule=rule.json, created_by=by)
    return made


def change(list_: Segment, named: Sequence[Named], *, on: bool) -> Change:
    """Put people on a list, or take them off. The caller appends the entries to the journal.

    Raises InvalidInput for a type of identifier that does not name one person everywhere.
    """
    people = _people(named)
    at, call = now_ms(), new_id()
    messages = []
    for index, one in enumerate(named):
        if index in people:
            who = {"profileId": str(people[index])} if one.type == "id" else {"context": _identifier(one)}
            messages.append(
                {
                    "type": "system",
                    "messageId": f"list-{list_.id}-{call}-{index}",
                    "event": LIST_JOINED if on else LIST_LEFT,
                    "properties": {"list_id": str(list_.id), "list": list_.name},
                    "timestamp": at,
                    **who,
                }
            )
    unknown = [index for index in range(len(named)) if index not in people]
    return Change(_entries(messages), len(set(people.values())), unknown)


def read_file(data: bytes, type_: str) -> list[Named]:
    """One identifier a line (the first column of a CSV); a heading that is the name of the type is passed over.

    Raises InvalidInput.
    """
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InvalidInput("file: it is not text in UTF-8", details={"file": "encoding"}) from None
    values = [line.replace(";", ",").split(",", 1)[0].strip().strip('"').strip() for line in lines]
    if values and values[0].lower() in {type_.lower(), *_HEADERS}:
        values = values[1:]
    values = [value for value in values if value]
    if not values:
        raise InvalidInput("file: there is no identifier in it", details={"file": "empty"})
    if len(values) > MOST_A_FILE:
        raise InvalidInput(f"file: at most {MOST_A_FILE:,} lines", details={"file": "too_long"})
    return [Named(type_, value) for value in values]


def _people(named: Sequence[Named]) -> dict[int, int]:
    """Place → profile id, of those who are somebody."""
    rules, region = identifier_rules.current(), str(config().phone_region)
    keys: dict[int, str] = {}
    ids: dict[int, int] = {}
    for index, one in enumerate(named):
        if one.type == "id":
            if one.value.isascii() and one.value.isdigit() and len(one.value) < 19:
                ids[index] = int(one.value)
        elif one.type not in rules.by_name or rules.type_of(one.type).scope != "global":
            usable = ", ".join(["id", *(t.name for t in rules.types if t.scope == "global")])
            raise InvalidInput(
                f"members[{index}].type: {one.type[:60]!r} does not name one person; usable here: {usable}",
                details={"path": f"members[{index}].type"},
            )
        elif (value := match_value(one.type, one.value[:1_000], rules=rules, phone_region=region)) is not None:
            keys[index] = make_key(one.type, "", value)
    owners = known(set(keys.values()))
    found = {index: owners[key].profile_id for index, key in keys.items() if key in owners}
    today = canonical(set(ids.values()))
    wanted = {index: today.get(id_, id_) for index, id_ in ids.items()}
    there = {
        row[0] for row in fetch_in("SELECT id FROM profiles_profile WHERE {in}", set(wanted.values()), column="id")
    }
    return found | {index: id_ for index, id_ in wanted.items() if id_ in there}


def _identifier(one: Named) -> dict[str, Any]:
    return {"externalIds": [{"type": one.type, "id": one.value}]}


def _entries(messages: list[dict[str, Any]]) -> list[NewEntry]:
    size = _MESSAGES_AN_ENTRY
    return [
        NewEntry("track", 0, _encode(Envelope([msgspec.Raw(_encode(m)) for m in messages[start : start + size]])))
        for start in range(0, len(messages), size)
    ]
