"""Tells the engine that an address was suppressed, or is no more: through the journal, like everything that changes a
person (decision 16). Segments that ask who can be reached follow from there."""

from __future__ import annotations

from functools import lru_cache

import msgspec

from quen.config import config
from quen.identity.keys import make_key
from quen.identity.store import known
from quen.ids import new_id, now_ms
from quen.journal import open_journal
from quen.journal.protocol import Journal, NewEntry
from quen.protocol.messages import Envelope

SUPPRESSED, RELEASED = "Address Suppressed", "Address Released"


@lru_cache(maxsize=1)
def _journal() -> Journal:
    return open_journal(config())


def tell_suppressed(channel: str, address: str, *, suppressed: bool) -> None:
    """`address` as of `suppression_key`. Whoever comes to have the address later is marked when that happens."""
    found = known([make_key(channel, "", address)])
    messages = [
        msgspec.Raw(
            msgspec.json.encode(
                {
                    "type": "system",
                    "messageId": f"suppression-{new_id()}",
                    "profileId": str(owner.profile_id),
                    "event": SUPPRESSED if suppressed else RELEASED,
                    "properties": {"channel": channel},
                    "context": {"suppressed": {channel: address if suppressed else None}},
                    "timestamp": now_ms(),
                }
            )
        )
        for owner in found.values()
    ]
    if messages:
        _journal().append([NewEntry("track", 0, msgspec.json.encode(Envelope(messages)))])
