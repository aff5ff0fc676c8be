"""What comes back about messages: outcomes of sends, opens, clicks, unsubscribes. In sets; a replay changes nothing.

The engine calls `apply` with the journal entries of a batch, records the events, and calls `store` in its transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec
from django.apps import apps
from django.db import transaction

from quen.db import execute_many, fetch_in
from quen.delivery.addresses import suppression_key
from quen.identity.store import canonical
from quen.ids import new_id
from quen.journal.protocol import Entry

log = logging.getLogger(__name__)

KINDS = frozenset({"sent", "open", "click", "unsubscribe"})
MAX_ACTIVITY = 100
SUPPRESSED_BY = frozenset({"unsubscribed", "bounced", "complained", "by_hand"})
OUTCOME_EVENTS = {"accepted": "Email Sent", "failed": "Email Failed", "suppressed": "Email Suppressed"}
_encode = msgspec.json.Encoder().encode


class Told(msgspec.Struct, frozen=True):
    """Body of such a journal entry."""

    m: int  # message id
    t: int = 0  # when, ms UTC
    url: str = ""
    how: str = ""


class MessageState(msgspec.Struct):
    """The columns of a message that this reads and changes."""

    id: int
    profile_id: int
    channel: str
    address: str
    status: str
    reason: str
    subject: str
    journey_id: int | None
    run_id: int | None
    done_at: int | None
    opened_at: int | None
    clicked_at: int | None
    activity: list[tuple[int, str, str]]
    noted: str


class NewSuppression(msgspec.Struct, frozen=True):
    channel: str
    address: str  # as of `suppression_key`
    reason: str
    message_id: int | None
    at: int


class SystemEvent(msgspec.Struct, frozen=True):
    """An event of Quen's own on the person's timeline. `key` is unique and the same on replay; `time` is ms UTC."""

    profile_id: int
    event: str
    properties: dict[str, Any]
    key: str
    time: int
    context: dict[str, Any] = {}  # what it leaves on the person: see profiles.marks


class Effects(msgspec.Struct):
    changed: dict[int, MessageState] = {}
    suppressions: list[NewSuppression] = []
    events: list[SystemEvent] = []


_told = msgspec.json.Decoder(Told)
_activity = msgspec.json.Decoder(list[tuple[int, str, str]])
_SELECT = (
    "SELECT id, profile_id, channel, address, status, reason, subject, journey_id, run_id, done_at, opened_at,"
    " clicked_at, activity, noted FROM delivery_message WHERE {in}"
)


def apply(entries: Sequence[Entry]) -> Effects:
    """What these entries change, of kinds in KINDS (others are passed over). Reads, writes nothing."""
    told = [(entry, body) for entry in entries if entry.kind in KINDS and (body := _body(entry)) is not None]
    if not told:
        return Effects()
    messages = load_messages({body.m for _, body in told})
    survivors = canonical({m.profile_id for m in messages.values()})
    return plan(told, messages, survivors, journey_names(messages.values()), _bounced(messages.values()))


def store(effects: Effects) -> None:
    """Write the effects; inside the engine's transaction."""
    execute_many(
        "UPDATE delivery_message SET opened_at = %s, clicked_at = %s, activity = %s, noted = %s WHERE id = %s",
        [(m.opened_at, m.clicked_at, _encode(m.activity).decode(), m.noted, m.id) for m in effects.changed.values()],
    )
    suppress(effects.suppressions)


def suppress(suppressions: Sequence[NewSuppression]) -> None:
    """Addresses that are suppressed already keep their first reason."""
    with transaction.atomic():
        execute_many(
            "INSERT INTO delivery_suppression (id, channel, address, reason, message_id, at)"
            " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (channel, address) DO NOTHING",
            [(new_id(), s.channel, s.address, s.reason, s.message_id, s.at) for s in suppressions],
        )


def plan(
    told: Sequence[tuple[Entry, Told]],
    messages: Mapping[int, MessageState],
    survivors: Mapping[int, int],
    journeys: Mapping[int, str],
    bounced: Collection[int] = (),
) -> Effects:
    """Pure. `survivors`: merged-away profile → the one that has its history; `journeys`: id → name; `bounced`: messages
    that failed because the mailbox does not exist."""
    effects = Effects()
    for entry, body in told:
        message = messages.get(body.m)
        if message is None:  # of another installation, or deleted
            continue
        at = body.t or entry.received_at
        if entry.kind == "sent":
            noted = _note_outcome(message)
        else:
            noted = _note_act(message, entry.kind, at, body.url, effects)
        if not noted:
            continue
        effects.changed[message.id] = message
        event, extra, key, time = noted
        if event:
            effects.events.append(
                SystemEvent(
                    profile_id=survivors.get(message.profile_id, message.profile_id),
                    event=event,
                    properties=_properties(message, journeys) | extra | ({"how": body.how} if body.how else {}),
                    key=key,
                    time=time,
                    context=_suppressed(message, entry.kind, bounced),
                )
            )
    return effects


Noted = tuple[str, dict[str, Any], str, int]  # event ("" for none), further properties, key, time


def _note_outcome(message: MessageState) -> Noted | None:
    if message.done_at is None or message.noted == message.status:
        return None
    message.noted = message.status
    event = OUTCOME_EVENTS.get(message.status, "") if message.channel == "email" else ""
    extra = {"reason": message.reason} if message.reason else {}
    return event, extra, f"message-{message.id}-{message.status}-{message.done_at}", message.done_at


def _note_act(message: MessageState, kind: str, at: int, url: str, effects: Effects) -> Noted | None:
    act = (at, kind, url)
    if act in message.activity or (kind == "open" and message.opened_at is not None):
        return None  # told before, or opened once more, which is no news
    if len(message.activity) < MAX_ACTIVITY or kind == "unsubscribe":
        message.activity = [*message.activity, act]
    elif kind == "click":
        return None  # a machine that follows links without end
    key = f"message-{message.id}-{kind}-{at}-{len(message.activity)}"
    if kind == "open":
        message.opened_at = at
        return "Email Opened", {}, key, at
    if kind == "click":
        message.clicked_at = message.clicked_at or at
        return "Email Clicked", {"url": url}, key, at
    if message.address:
        address = suppression_key(message.channel, message.address)
        effects.suppressions.append(NewSuppression(message.channel, address, "unsubscribed", message.id, at))
    return "Unsubscribed", {"channel": message.channel}, key, at


def _suppressed(message: MessageState, kind: str, bounced: Collection[int]) -> dict[str, Any]:
    """The address, if it gets nothing more: the person unsubscribed, it bounced, or a send found it on the list."""
    held_back = kind == "sent" and message.status == "suppressed" and message.reason in SUPPRESSED_BY
    if not message.address or not (held_back or kind == "unsubscribe" or message.id in bounced):
        return {}
    return {"suppressed": {message.channel: suppression_key(message.channel, message.address)}}


def _properties(message: MessageState, journeys: Mapping[int, str]) -> dict[str, Any]:
    found: dict[str, Any] = {"message_id": str(message.id), "subject": message.subject}
    if message.journey_id is not None:
        found |= {"journey_id": str(message.journey_id), "journey": journeys.get(message.journey_id, "")}
    if message.run_id is not None:
        found["run_id"] = str(message.run_id)
    return found


def _bounced(messages: Collection[MessageState]) -> set[int]:
    """Of those that failed, the ones whose address was suppressed for it."""
    failed = {suppression_key(m.channel, m.address): m.id for m in messages if m.status == "failed" and m.address}
    rows = fetch_in("SELECT address, reason FROM delivery_suppression WHERE {in}", failed, column="address")
    return {failed[address] for address, reason in rows if reason == "bounced"}


def _body(entry: Entry) -> Told | None:
    try:
        return _told.decode(entry.body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        log.warning("journal entry %d of kind %s is passed over: %s", entry.offset, entry.kind, error)
        return None


def load_messages(ids: Collection[int]) -> dict[int, MessageState]:
    found = {}
    for row in fetch_in(_SELECT, ids, column="id"):
        values = list(row)
        values[-2] = _activity.decode(values[-2])
        found[row[0]] = MessageState(*values)
    return found


def journey_names(messages: Collection[MessageState]) -> dict[int, str]:
    """Through the registry of models: delivery stands below journeys and does not import them."""
    ids = {m.journey_id for m in messages if m.journey_id is not None}
    return dict(apps.get_model("journeys", "Journey").objects.filter(id__in=ids).values_list("id", "name"))
