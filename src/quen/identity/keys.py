"""Which identifiers a message carries, in the form they are matched by. Pure.

An identifier's key is `type|scope|value`: one string to look up by. What a type means is in the workspace's rules
(identity.types). The scope of a type that belongs to an account (an OA, a Mini App, a till) is the account that the
message names, and where it names none, the source it came from.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import re2  # type: ignore[import-untyped]

from quen.cleaning import clean_email, clean_phone
from quen.identity.types import DEFAULTS, ILLEGAL_VALUES, IdentifierType, Rules
from quen.protocol.messages import Message

MAX_VALUE = 255
MOST_READERS = 1_000
_NOT_DIGITS = re.compile(r"\D+")
_LONGEST_ILLEGAL = max(map(len, ILLEGAL_VALUES))


class Key(NamedTuple):
    """One identifier of a message. `key` is unique among all identifiers."""

    priority: int
    key: str
    type: str
    scope: str
    value: str


class _Reader(NamedTuple):
    """A type, ready for use."""

    type: IdentifierType
    normalise: Callable[[str, str], str | None]
    blocked: frozenset[str]
    patterns: tuple[Any, ...]


def make_key(type_: str, scope: str, value: str) -> str:
    return f"{type_}|{scope}|{value}"


def split_key(key: str) -> tuple[str, str, str]:
    """`type|scope|value` → its parts."""
    type_, _bar, rest = key.partition("|")
    scope, _bar, value = rest.partition("|")
    return type_, scope, value


@lru_cache(maxsize=1 << 16)
def pair_of(left: str, right: str) -> int:
    """A number for two identifier keys, in either order; positive, 63 bits."""
    text = f"{left}\n{right}" if left < right else f"{right}\n{left}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1 or 1


def match_value(type_: str, value: str, *, rules: Rules = DEFAULTS, phone_region: str = "VN") -> str | None:
    """The form in which a value of this type is matched; None when it can identify nobody."""
    return _match(_reader(rules, type_), value, phone_region)


def keys_of(message: Message, rules: Rules = DEFAULTS, *, phone_region: str = "VN") -> list[Key]:
    """The usable identifiers of a message, highest priority first, each once."""
    given: list[tuple[str, str, object]] = []
    if message.user_id:
        given.append(("user_id", "", message.user_id))
    if traits := message.traits:
        if (email := traits.get("email")) is not None:
            given.append(("email", "", email))
        if (phone := traits.get("phone")) is not None:
            given.append(("phone", "", phone))
    if message.external_ids:
        given += message.external_ids
    if message.anonymous_id:
        given.append(("anonymous_id", "", message.anonymous_id))
    if message.previous_id:
        # alias says: the one known as previousId is this one. SDKs put the visitor's anonymous id there.
        given.append(("anonymous_id", "", message.previous_id))
    found: dict[str, Key] = {}
    for type_, account, raw in given:
        if not isinstance(raw, str):
            if not isinstance(raw, int) or isinstance(raw, bool):
                continue
            raw = str(raw)
        reader = _reader(rules, type_)
        value = _match(reader, raw, phone_region)
        if value is None:
            continue
        of = reader.type.scope
        scope = "" if of == "global" else (account if of == "account" else "")[:60] or str(message.source_id)
        key = f"{type_}|{scope}|{value}"
        if key not in found:
            found[key] = Key(reader.type.priority, key, type_, scope, value)
    if len(found) == 1:
        return list(found.values())
    return sorted(found.values(), key=_order)


def _order(key: Key) -> tuple[int, str, str, str]:
    return key.priority, key.type, key.scope, key.value


def _match(reader: _Reader, raw: str, phone_region: str) -> str | None:
    value = reader.normalise(raw, phone_region)
    if not value or len(value) > MAX_VALUE or value in reader.blocked:
        return None
    if reader.patterns and any(pattern.fullmatch(value) for pattern in reader.patterns):
        return None
    return value


def _text(raw: str, _region: str) -> str | None:
    text = raw.strip()
    if len(text) <= _LONGEST_ILLEGAL and text.lower() in ILLEGAL_VALUES:
        return None
    return text if text.strip("0-") else None


def _lower(raw: str, region: str) -> str | None:
    text = _text(raw, region)
    return text.lower() if text else None


def _digits(raw: str, region: str) -> str | None:
    return _text(_NOT_DIGITS.sub("", raw), region)


_NORMALISERS: dict[str, Callable[[str, str], str | None]] = {
    "text": _text,
    "lower": _lower,
    "digits": _digits,
    "email": lambda raw, _region: clean_email(raw),
    "phone": clean_phone,
}


def _reader(rules: Rules, type_: str) -> _Reader:
    readers: dict[str, _Reader] = rules.__dict__.setdefault("_readers", {})
    reader = readers.get(type_)
    if reader is None:
        declared = rules.type_of(type_)
        patterns = tuple(re2.compile(p) for p in declared.patterns)
        reader = _Reader(declared, _NORMALISERS[declared.normaliser], frozenset(declared.blocked), patterns)
        if len(readers) < MOST_READERS:  # undeclared types come from outside
            readers[type_] = reader
    return reader
