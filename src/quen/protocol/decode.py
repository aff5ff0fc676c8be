"""Journal entries of kind `track` → messages. Pure, and it never fails for what somebody sent: a message that cannot be
understood becomes a Rejected with its reason, and its neighbours become messages.

Times: see clock.py. A time after `received_at` becomes `received_at` (`original_time` keeps what was said); a time that
is none, or before 1990, or from a browser's key over 400 days ago, is BAD_TIME: somebody should look, and can replay it
from quarantine.
"""

from __future__ import annotations

from typing import Any

import msgspec

from quen.journal.protocol import Entry
from quen.protocol.clock import EARLIEST, Times, correct, parse_time
from quen.protocol.context import Told, as_shown, merged, told_in
from quen.protocol.messages import DropReason, Envelope, Message, Rejected
from quen.protocol.repair import repair
from quen.protocol.wire import MAX_IMPORTED_LEAVES, MAX_LEAVES, RefusedError, Wire, read_wire

MAX_MESSAGE_BYTES = 32_768
MAX_IMPORTED_BYTES = 1_000_000  # an order of a file has as many lines as it has
MAX_MESSAGE_ID = 100
MAX_ID = 255
MAX_EVENT_NAME = 200
# No visitor's device keeps an event that long, and a public key must not scatter its events over the years: each month
# is a part of the event store's to write.
MAX_BROWSER_AGE = 400 * 24 * 3600 * 1000
NAMES = {
    "page": "Page Viewed",
    "screen": "Screen Viewed",
    "identify": "Identified",
    "group": "Group Joined",
    "alias": "Aliased",
}
# Rudder's names of what the identity slice knows by another.
EXTERNAL_TYPES = {"mobile": "phone", "userid": "user_id", "anonymousid": "anonymous_id", "email_address": "email"}

_NOTHING_TOLD = Told()

_envelope = msgspec.json.Decoder(Envelope)


def decode_entry(entry: Entry, *, source_kind: str) -> list[Message | Rejected]:
    """What the entry says, message by message, in order.

    `source_kind` is the source's: browser, server, file or internal. A browser's key is public, so its messages are not
    trusted. A message without `messageId` gets `q-<offset>-<position>`: the same one whenever the entry is read.
    """
    try:
        envelope = _read_envelope(entry.body)
    except ValueError as error:
        detail = f"the journal entry is not an envelope of messages: {error}"
        return [_rejected(entry, 0, entry.body, RefusedError(DropReason.MALFORMED, detail))]
    if envelope.dropped:
        disabled = RefusedError(DropReason.SOURCE_DISABLED, "the source is disabled")
        return [_rejected(entry, position, b"", disabled) for position in range(envelope.dropped)]
    decoded: list[Message | Rejected] = []
    for position, item in enumerate(envelope.messages):
        raw = bytes(item)
        try:
            decoded.append(_message(entry, envelope, position, raw, trusted=source_kind != "browser"))
        except RefusedError as refused:
            decoded.append(_rejected(entry, position, raw, refused))
    return decoded


def _read_envelope(body: bytes) -> Envelope:
    """Raises ValueError (of which msgspec's errors are)."""
    try:
        return _envelope.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _envelope.decode(repair(body))


def _message(entry: Entry, envelope: Envelope, position: int, raw: bytes, *, trusted: bool) -> Message:
    # Only imports are remembered for ever: the edge never asks for that, so nobody outside gets the larger limits.
    most_bytes = MAX_IMPORTED_BYTES if envelope.remember else MAX_MESSAGE_BYTES
    if len(raw) > most_bytes:
        raise RefusedError(DropReason.TOO_LARGE, f"the message has {len(raw)} bytes; at most {most_bytes} are kept")
    wire, context = read_wire(raw, MAX_IMPORTED_LEAVES if envelope.remember else MAX_LEAVES)
    type_ = _type(envelope.type or wire.type, entry.source_id)
    received_at = envelope.received_at or entry.received_at
    if envelope.context:
        context = merged(context, envelope.context)
    told = told_in(context) if context else _NOTHING_TOLD
    if not trusted:
        context = as_shown(context, told, envelope.ip, envelope.user_agent)
    properties = wire.properties or {}
    traits = wire.traits or {}
    if type_ == "group":
        properties, traits = traits, {}  # they are the group's, not the person's
    elif type_ == "page" or type_ == "screen":
        if wire.name:
            properties["name"] = wire.name
        if wire.category:
            properties["category"] = wire.category
    if isinstance(told.traits, dict):
        traits = {**told.traits, **traits}
    if type_ == "identify":
        properties = traits  # what the event store, rules and journeys see as the event's properties
    listed = told.external_ids or told.external_id
    message = Message(
        message_id=_message_id(wire.message_id, envelope, position) or f"q-{entry.offset}-{position}",
        source_id=entry.source_id,
        trusted=trusted,
        type=type_,
        event=_event(type_, wire.event),
        time=received_at,
        received_at=received_at,
        user_id=_id("userId", wire.user_id),
        anonymous_id=_id("anonymousId", wire.anonymous_id),
        previous_id=_id("previousId", wire.previous_id),
        group_id=_id("groupId", wire.group_id),
        properties=properties,
        traits=traits,
        context=context,
        consent=told.consent,
        suppressed=told.suppressed if entry.source_id == 0 else None,
        external_ids=_external_ids(listed, wire.merge_properties) if listed or wire.merge_properties else [],
        position=position,
        offset=entry.offset,
        remember=envelope.remember,
    )
    message.time, message.original_time, message.sent_at = _times(wire, envelope, received_at, trusted)
    if entry.source_id == 0 and wire.profile_id is not None:
        message.profile_id = int(wire.profile_id)
    elif not (message.user_id or message.anonymous_id or message.previous_id or message.external_ids) and not (
        traits.get("email") or traits.get("phone")
    ):
        raise RefusedError(
            DropReason.NO_IDENTITY, "the message names nobody: it needs userId, anonymousId or another identifier"
        )
    return message


def _type(value: str | None, source_id: int) -> str:
    type_ = (value or "").strip().lower()
    if type_ == "track" or type_ in NAMES or (type_ == "system" and source_id == 0):
        return type_
    if type_ == "merge":  # Rudder's: the identifiers in mergeProperties are one person's
        return "alias"
    if not type_:
        raise RefusedError(DropReason.UNKNOWN_TYPE, "the message has no type")
    raise RefusedError(
        DropReason.UNKNOWN_TYPE,
        f"type {type_[:40]!r} is none of track, identify, page, screen, group, alias",
    )


def _event(type_: str, value: str | None) -> str:
    if type_ in NAMES:
        return NAMES[type_]
    name = (value or "").strip()
    if not name:
        raise RefusedError(DropReason.NO_EVENT_NAME, "a track message needs the name of its event in `event`")
    if len(name) > MAX_EVENT_NAME:
        raise RefusedError(
            DropReason.MALFORMED, f"event has {len(name)} characters; a name has at most {MAX_EVENT_NAME}"
        )
    return name


def _message_id(value: str | int | None, envelope: Envelope, position: int) -> str | None:
    if value is None and envelope.ids is not None and position < len(envelope.ids):
        value = envelope.ids[position]
    return _id("messageId", value, MAX_MESSAGE_ID)


def _id(name: str, value: str | int | None, longest: int = MAX_ID) -> str | None:
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else str(value)
    if len(text) > longest:
        raise RefusedError(DropReason.BAD_ID, f"{name} has {len(text)} characters; at most {longest} are kept")
    return text or None


def _external_ids(listed: Any, joined: list[Any] | None) -> list[tuple[str, str, str]]:
    """(type, scope, value) of the custom identifiers. Ones not understood are left out: the event counts more."""
    found = []
    for item in [*_dicts(listed), *_dicts(joined)]:
        kind, value = item.get("type"), item.get("id", item.get("value"))
        if not isinstance(kind, str) or not isinstance(value, (str, int)) or isinstance(value, bool):
            continue
        scope = item.get("scope") or item.get("collection")
        if not isinstance(scope, str) or scope == "users":  # Segment's collection of people: everybody
            scope = ""
        kind, value = kind.strip().lower(), str(value).strip()
        if kind and value and len(kind) <= 60 and len(scope) <= 60 and len(value) <= MAX_ID:
            found.append((EXTERNAL_TYPES.get(kind, kind), scope.strip(), value))
    return found


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _times(wire: Wire, envelope: Envelope, received_at: int, trusted: bool) -> Times:
    # A clock that cannot be read corrects nothing, and that is no reason to lose the message.
    sent_at = envelope.sent_at if wire.sent_at is None else wire.sent_at
    times = correct(
        _time("timestamp", wire.timestamp),
        _time("originalTimestamp", wire.original_timestamp),
        None if sent_at is None else parse_time(sent_at),
        received_at,
        rudder=envelope.dialect == "rudder",
    )
    if times.time < EARLIEST:
        raise RefusedError(DropReason.BAD_TIME, "the time is before 1990: the clock of the device is wrong")
    if not trusted and not envelope.remember and times.time < received_at - MAX_BROWSER_AGE:
        raise RefusedError(
            DropReason.BAD_TIME, "the time is over 400 days ago: only a server's key may bring in history"
        )
    return times


def _time(name: str, value: str | int | float | None) -> int | None:
    if value is None or value == "":
        return None
    time = parse_time(value)
    if time is None:
        raise RefusedError(
            DropReason.BAD_TIME, f"{name} is not a time; RFC 3339 is expected, such as 2026-01-31T08:00:00Z"
        )
    return time


def _rejected(entry: Entry, position: int, raw: bytes, refused: RefusedError) -> Rejected:
    rejected = Rejected(
        reason=refused.reason,
        detail=refused.detail,
        body=raw,
        source_id=entry.source_id,
        position=position,
        offset=entry.offset,
        received_at=entry.received_at,
    )
    try:
        seen = _glance.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return rejected
    for name in ("message_id", "type", "event"):
        if isinstance(value := getattr(seen, name), str):
            setattr(rejected, name, value[:MAX_EVENT_NAME].replace("\x00", ""))
    return rejected


class _Glance(msgspec.Struct, rename="camel"):
    """What a person needs to recognise a rejected message."""

    message_id: Any = None
    type: Any = None
    event: Any = None


_glance = msgspec.json.Decoder(_Glance)
