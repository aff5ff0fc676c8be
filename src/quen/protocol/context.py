"""A message's context: kept as the text that came, looked into for the little that Quen acts on. Pure.

Most of it (page, library, locale, …) is only ever stored: to make objects of it and text again was a tenth of what an
event cost.
"""

from __future__ import annotations

from typing import Any

import msgspec

UNSET = msgspec.UNSET
_EMPTY = frozenset({b"", b"null"})
# Skipping a value checks all of it but characters and the size of numbers: 1e400 is none that could be read again.
_DIGITS_AND_EXPONENTS = bytes(
    ord("0") if chr(i) in "0123456789" else ord("e") if chr(i) in "eE" else ord(" ") for i in range(256)
)
_EXPONENT, _LARGE_EXPONENTS = b"0e", (b"0e000", b"0e 000")


class Told(msgspec.Struct, rename="camel"):
    """What Quen acts on. `suppressed` counts in Quen's own messages only."""

    ip: Any = UNSET
    user_agent: Any = UNSET
    traits: Any = None
    external_ids: Any = None
    external_id: Any = None  # Rudder's name of it
    consent: Any = None
    suppressed: Any = None


_told = msgspec.json.Decoder(Told)
_object = msgspec.json.Decoder(dict[str, Any])
_encode = msgspec.json.Encoder().encode


def text_of(raw: msgspec.Raw) -> str:
    """The JSON text of an object; "" for none. Raises ValueError (of which msgspec's errors are) if it is no object or
    could not be read again."""
    given = bytes(raw)
    if given in _EMPTY:
        return ""
    if given[0] != 123:  # {
        raise ValueError("the context is no object")
    shape = given.translate(_DIGITS_AND_EXPONENTS)
    if _EXPONENT in shape and any(large in shape for large in _LARGE_EXPONENTS):
        _object.decode(given)
    return given.decode()


def told_in(text: str) -> Told:
    return _told.decode(text)


def merged(own: str, batch: dict[str, Any]) -> str:
    """The message's over the batch's."""
    return _encode({**batch, **(_object.decode(own) if own else {})}).decode()


def as_shown(text: str, told: Told, ip: str | None, user_agent: str | None) -> str:
    """With the address that the connection showed, whatever it claims; and its program, where it names none."""
    add = {}
    if told.ip is not UNSET:
        text = _without(text, "ip")
    if ip is not None:
        add["ip"] = ip
    if user_agent and told.user_agent is UNSET:
        add["userAgent"] = user_agent
    if not add:
        return text
    head = _encode(add).decode()
    rest = text[1:].lstrip()
    return head if rest in ("", "}") else f"{head[:-1]},{rest}"


def _without(text: str, name: str) -> str:
    whole = _object.decode(text)
    whole.pop(name, None)
    return _encode(whole).decode()
