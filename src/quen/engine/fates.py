"""What became of each message: the quarantine, and the last few thousand for Live events. Written with the batch."""

from __future__ import annotations

from itertools import islice

import msgspec

from quen.db import execute, execute_many
from quen.engine.batch import Batch
from quen.journal.protocol import Entry
from quen.protocol.messages import DropReason, Envelope, Message

# These are expected and counted; keeping them would only bury the ones that need a person.
NOT_KEPT = frozenset({DropReason.DUPLICATE, DropReason.SOURCE_DISABLED})
SHOWN_A_BATCH = 100
SHOWN_IN_ALL = 2_000
MAX_BODY = 32_768
MAX_SHOWN_BODY = 8_192
STORED = "stored"

_encode = msgspec.json.Encoder().encode
_envelope = msgspec.json.Decoder(Envelope)


def quarantine(batch: Batch) -> None:
    """Keep what is not stored, with all that a replay needs."""
    envelopes = {e.offset: e for e in batch.entries}
    execute_many(
        "INSERT INTO engine_quarantined"
        ' (id, at, source_id, reason, detail, body, "offset", position, envelope, replayed_at)'
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, NULL)",
        [
            (
                batch.new_id(),
                r.received_at,
                r.source_id,
                r.reason.value,
                r.detail,
                r.body[:MAX_BODY].decode("utf-8", "replace").replace("\x00", "�"),
                r.offset,
                r.position,
                _encode(_around(envelopes.get(r.offset))).decode(),
            )
            for r in batch.rejected
            if r.reason not in NOT_KEPT
        ],
    )


def _around(entry: Entry | None) -> dict[str, object]:
    """The envelope without its messages."""
    if entry is None or entry.kind != "track":
        return {}
    try:
        envelope = _envelope.decode(entry.body)
    except msgspec.DecodeError:
        return {}
    return {
        "dialect": envelope.dialect,
        "type": envelope.type,
        "sent_at": envelope.sent_at,
        "context": envelope.context,
        "integrations": envelope.integrations,
        "ip": envelope.ip,
        "user_agent": envelope.user_agent,
        "remember": envelope.remember,
        "received_at": entry.received_at,
    }


def show(batch: Batch) -> None:
    """The last messages of the batch for Live events; older ones beyond the bound go."""
    rows: list[tuple[object, ...]] = [
        (
            m.received_at,
            m.source_id,
            m.type,
            m.event[:200],
            m.message_id[:120],
            profile_id,
            STORED,
            "",
            _body(m),
        )
        for m, profile_id in _last_received(batch)
    ]
    rows += [
        (
            r.received_at,
            r.source_id,
            r.type[:20],
            r.event[:200],
            r.message_id[:120],
            None,
            r.reason.value,
            r.detail,
            r.body[:MAX_SHOWN_BODY].decode("utf-8", "replace").replace("\x00", "�"),
        )
        for r in batch.rejected[-SHOWN_A_BATCH:]
    ]
    if not rows:
        return
    execute_many(
        "INSERT INTO engine_recent (id, at, source_id, type, event, message_id, profile_id, fate, detail, body)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [(batch.new_id(), *row) for row in rows],
    )
    execute(
        "DELETE FROM engine_recent WHERE id <= (SELECT id FROM engine_recent ORDER BY id DESC LIMIT 1 OFFSET %s)",
        [SHOWN_IN_ALL],
    )


def _last_received(batch: Batch) -> list[tuple[Message, int | None]]:
    """The last messages that came from somewhere, and whose they are."""
    pairs = zip(reversed(batch.messages), reversed(batch.profile_ids), strict=True)
    return list(islice(((m, profile_id) for m, profile_id in pairs if m.source_id), SHOWN_A_BATCH))[::-1]


def _body(message: Message) -> str:
    shown = {
        "type": message.type,
        "event": message.event,
        "messageId": message.message_id,
        "userId": message.user_id,
        "anonymousId": message.anonymous_id,
        "properties": message.properties if message.type != "identify" else None,
        "traits": message.traits if message.type != "identify" else message.properties,  # as they came
        "context": msgspec.Raw(message.context) if message.context else None,
    }
    return _encode({k: v for k, v in shown.items() if v}).decode()[:MAX_SHOWN_BODY]
