"""What the edge writes to the journal and what the engine makes of it: frozen structs, no I/O."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec


class Envelope(msgspec.Struct, omit_defaults=True):
    """Body of a journal entry of kind `track`: one request to the tracking API (or one slice of an import)."""

    messages: list[msgspec.Raw]  # each as it came
    dialect: str = "segment"  # or "rudder": decides whose clock is trusted
    type: str | None = None  # forced by the path (/v1/track), else each message says
    sent_at: str | None = None
    context: dict[str, Any] | None = None  # batch-level, merged into each message
    integrations: dict[str, Any] | None = None
    ip: str | None = None  # as the connection showed it, never as a browser's body claims
    user_agent: str | None = None
    remember: bool = False  # imports: message ids are remembered for ever
    ids: list[str] | None = None  # a replay from quarantine keeps the ids given by the server
    received_at: int | None = None  # a replay: when it first came, ms UTC
    dropped: int = 0  # so many messages of a disabled source were not even kept
    by: str = ""  # Quen's own: the try of a batch that told it (engine.told)


class Message(msgspec.Struct):
    """One tracking message after decoding: typed, trimmed, times in ms UTC. Shapes as in the tracking API."""

    message_id: str
    source_id: int
    trusted: bool  # came by a server key or an import: may merge known people
    type: str  # track identify page screen group alias, or system (Quen's own)
    event: str  # event name: track's own; "Page Viewed", "Screen Viewed", "Identified", "Group Joined", "Aliased"
    time: int  # corrected, bounded
    received_at: int
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    group_id: str | None = None
    profile_id: int | None = None  # set only by Quen itself (source 0), which knows whom it means
    properties: dict[str, Any] = msgspec.field(default_factory=dict)  # of an identify: its traits
    traits: dict[str, Any] = msgspec.field(default_factory=dict)  # identify's, or context.traits
    context: str = ""  # JSON of an object; "" for none
    consent: Any = None  # of the context, as it came
    suppressed: Any = None  # of the context of Quen's own: channel → address that gets nothing more
    external_ids: list[tuple[str, str, str]] = msgspec.field(default_factory=list)  # (type, scope, value)
    original_time: int | None = None
    sent_at: int | None = None
    position: int = 0  # which message of the entry
    offset: int = 0  # which journal entry
    remember: bool = False
    digest: bytes = b""  # of source and message id (engine.seen), where it was made ahead


def sets_traits(message: Message) -> bool:
    """A browser sets traits by identify only; what a server or a file says of a person beside an event counts too."""
    return bool(message.traits) and (message.type == "identify" or message.trusted)


class DropReason(StrEnum):
    """Why a message is not among the events. Every one but `duplicate` and `source_disabled` is kept in quarantine."""

    DUPLICATE = "duplicate"
    SOURCE_DISABLED = "source_disabled"
    MALFORMED = "malformed"  # not an object, or a field of the wrong type
    TOO_LARGE = "too_large"  # over 32 KB
    TOO_DEEP = "too_deep"
    TOO_MANY_PROPERTIES = "too_many_properties"
    UNKNOWN_TYPE = "unknown_type"
    NO_EVENT_NAME = "no_event_name"
    NO_IDENTITY = "no_identity"  # neither userId nor anonymousId nor any identifier
    BAD_ID = "bad_id"
    BAD_TIME = "bad_time"
    UNSTORABLE = "unstorable"  # a store refused it by itself
    STEP_FAILED = "step_failed"  # a step crashed on it


class Rejected(msgspec.Struct):
    """One message that is not stored."""

    reason: DropReason
    detail: str  # says what is wrong and where, without personal data
    body: bytes  # as it came
    source_id: int
    position: int
    offset: int
    received_at: int
    message_id: str = ""
    type: str = ""
    event: str = ""
