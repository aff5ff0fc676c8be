"""The channels that a person can be reached on: where the address is, and what an address looks like.

A slice that brings a channel adds it with `register`. Whether an address is suppressed is a mark of the person
(`profiles.marks`), which delivery keeps up to date.
"""

from __future__ import annotations

import msgspec

from quen.profiles.marks import ADDRESS
from quen.segments.words import Text


class Channel(msgspec.Struct, frozen=True):
    """`traits`: where an address may stand, the first usable one counts; `pattern`: RE2, of all of a usable address."""

    label: Text
    traits: tuple[str, ...]
    pattern: str


CHANNELS: dict[str, Channel] = {}


def register(name: str, channel: Channel) -> None:
    CHANNELS[name] = channel


_EMAIL = r"^[^\s@]+@[^\s@]+\.[^\s@.]+$"
register("email", Channel({"en": "e-mail", "vi": "email"}, ("email", f"{ADDRESS}email"), _EMAIL))
register("sms", Channel({"en": "SMS", "vi": "SMS"}, ("phone", f"{ADDRESS}phone"), r"^\+[1-9][0-9]{6,14}$"))
register(
    "zalo",
    Channel(
        {"en": "Zalo", "vi": "Zalo"},
        ("zalo_user_id", f"{ADDRESS}zalo_user_id", f"{ADDRESS}zalo_app_user_id"),
        r"^[0-9A-Za-z_-]{4,100}$",
    ),
)
register("push", Channel({"en": "push message", "vi": "thông báo đẩy"}, (f"{ADDRESS}device_token",), r"^\S{8,}$"))
