"""Marks: what Quen itself notes of a person beside their traits. Consents, addresses, suppressions, lists.

A mark is kept as a trait of a reserved name, so it is told, ordered by time, merged, separated, made anew from the
history and seen by both evaluators of segments as traits are. Nobody else can set one: names that begin with the prefix
are left out of what messages say.

    quen:consent:marketing    true or false: the latest word of the person on this purpose
    quen:suppressed:email     an address that gets nothing on this channel
    quen:address:zalo_user_id where the person can be reached: an identifier that is no trait
    quen:list:123             true: on the list
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from quen.identity.keys import Key
from quen.profiles.state import COMPUTED
from quen.protocol.messages import Message

PREFIX = "quen:"
OWN = (PREFIX, f"{COMPUTED}.")  # how names begin that nobody else can set, beside `computed` itself
CONSENT, SUPPRESSED, ADDRESS, LIST = (f"{PREFIX}{kind}:" for kind in ("consent", "suppressed", "address", "list"))
LIST_JOINED, LIST_LEFT = "List Joined", "List Left"
REACHED_BY = frozenset({"email", "phone", "zalo_user_id", "zalo_app_user_id", "device_token"})
_MOST_PURPOSES = 50
_LONGEST = 100


class Consent(msgspec.Struct):
    """The latest word on a purpose. `at` is ms UTC."""

    purpose: str
    granted: bool
    at: int
    source_id: int


def noted(message: Message, used: Sequence[Key]) -> dict[str, Any] | None:
    """The marks that a message leaves; None deletes one. `used`: the identifiers it was matched by."""
    consent = message.consent
    if consent is None and message.source_id and not message.external_ids:
        return None  # nearly all of them
    marks: dict[str, Any] = {}
    if isinstance(consent, dict) and isinstance(preferences := consent.get("categoryPreferences"), dict):
        for purpose, granted in list(preferences.items())[:_MOST_PURPOSES]:
            if isinstance(granted, bool) and (name := purpose.strip()) and len(name) <= _LONGEST:
                marks[CONSENT + name] = granted
    if message.external_ids:
        # Not what the message says: an identifier of somebody else's was set aside.
        marks |= {ADDRESS + key.type: key.value for key in used if key.type in REACHED_BY}
    if message.source_id == 0 and message.type == "system":
        marks |= _own(message)
    return marks or None


def _own(message: Message) -> dict[str, Any]:
    """What Quen's own messages say: who was put on a list, which address gets nothing more."""
    marks: dict[str, Any] = {}
    if message.event in (LIST_JOINED, LIST_LEFT):
        marks[f"{LIST}{message.properties.get('list_id')}"] = True if message.event == LIST_JOINED else None
    suppressed = message.suppressed
    if isinstance(suppressed, dict):
        marks |= {SUPPRESSED + channel: address for channel, address in suppressed.items()}
    return marks


def own_names(traits: Mapping[str, Any]) -> list[str]:
    """Names among these that only Quen sets: of marks and computed traits."""
    return [name for name in traits if name == COMPUTED or name.startswith(OWN)]


def without_marks(traits: Mapping[str, Any]) -> dict[str, Any]:
    """The traits alone: what computed ones come to is shown by itself too."""
    return {name: value for name, value in traits.items() if name != COMPUTED and not name.startswith(OWN)}


def consents(traits: Mapping[str, Any], metas: Mapping[str, list[Any]]) -> list[Consent]:
    """By purpose."""
    return [
        Consent(name.removeprefix(CONSENT), value, *metas.get(name, [0, 0])[:2])
        for name, value in sorted(traits.items())
        if name.startswith(CONSENT) and isinstance(value, bool)
    ]
