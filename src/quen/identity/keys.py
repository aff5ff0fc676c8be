"""Which identifiers a message carries, in the form they are matched by. Pure.

An identifier's key is `type|scope|value`: one string to look up by. `anonymous_id` is matched across sources (a
website's visitor and the server that speaks about her use the same one); external ids carry their own scope.
"""

from __future__ import annotations

from typing import NamedTuple

from quen.cleaning import clean_email, clean_phone
from quen.protocol.messages import Message

# Highest first: on a conflict the lowest one of the message is set aside. External ids stand between phone and
# anonymous_id, in order of their type's name.
PRIORITY = {"user_id": 0, "email": 1, "phone": 2, "anonymous_id": 9}
EXTERNAL_PRIORITY = 5
UNIQUE_TYPES = frozenset({"user_id"})  # a profile has at most one value of these
ANONYMOUS_TYPES = frozenset({"anonymous_id", "device_token"})  # say nothing about who it is

# What broken clients send instead of an id: matching on these would make one person of thousands.
# fmt: off
ILLEGAL_VALUES = frozenset({
    "null", "none", "nil", "undefined", "nan", "true", "false", "anonymous", "guest", "unknown", "not_authenticated",
    "id", "user", "userid", "user_id", "email", "phone", "distinct_id", "anonymous_id", "[object object]", "{}", "[]",
    "-1", "0", "00000000-0000-0000-0000-000000000000",
})
# fmt: on


class Key(NamedTuple):
    """One identifier of a message. `key` is unique among all identifiers."""

    priority: int
    key: str
    type: str
    scope: str
    value: str


def make_key(type_: str, scope: str, value: str) -> str:
    return f"{type_}|{scope}|{value}"


def match_value(type_: str, value: str, *, phone_region: str = "VN") -> str | None:
    """The form in which a value of this type is matched; None when it can identify nobody."""
    if type_ == "email":
        return clean_email(value)
    if type_ == "phone":
        return clean_phone(value, phone_region)
    text = value.strip()
    if not text or len(text) > 255 or text.lower() in ILLEGAL_VALUES or not text.strip("0-"):
        return None
    return text


def keys_of(message: Message, *, phone_region: str = "VN") -> list[Key]:
    """The usable identifiers of a message, highest priority first, each once."""
    found: dict[str, Key] = {}

    def add(type_: str, scope: str, raw: object, priority: int) -> None:
        if not isinstance(raw, (str, int)) or isinstance(raw, bool):
            return
        value = match_value(type_, str(raw), phone_region=phone_region)
        if value is not None:
            key = make_key(type_, scope, value)
            found.setdefault(key, Key(priority, key, type_, scope, value))

    if message.user_id:
        add("user_id", "", message.user_id, PRIORITY["user_id"])
    traits = message.traits
    if traits:
        if (email := traits.get("email")) is not None:
            add("email", "", email, PRIORITY["email"])
        if (phone := traits.get("phone")) is not None:
            add("phone", "", phone, PRIORITY["phone"])
    for type_, scope, raw in message.external_ids:
        add(type_, scope, raw, PRIORITY.get(type_, EXTERNAL_PRIORITY))
    if message.anonymous_id:
        add("anonymous_id", "", message.anonymous_id, PRIORITY["anonymous_id"])
    if message.previous_id:
        # alias says: the one known as previousId is this one. SDKs put the visitor's anonymous id there.
        add("anonymous_id", "", message.previous_id, PRIORITY["anonymous_id"])
    if len(found) == 1:
        return list(found.values())
    return sorted(found.values(), key=lambda k: (k.priority, k.type, k.scope))
