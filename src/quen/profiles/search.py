"""Who is it? From anything that a person types or pastes: a phone in any form, an e-mail, an id, part of a name.

Identifiers that match exactly come first (one index look-up), then those that begin so, then the folded names,
e-mails and phones that contain all the words (a trigram index, migration 0002_search): milliseconds among a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from django.db import connection

from quen.cleaning import clean_email, clean_id, clean_phone, fold
from quen.db import fetch, fetch_in
from quen.identity.keys import make_key
from quen.profiles.cards import own_name
from quen.profiles.state import PUBLIC_MAIL

MOST = 200  # people that one search ranks; more say: type more
_SHORTEST_PREFIX = 3
_LAST = "\U0010ffff"


def search(query: str, *, region: str, limit: int = MOST, names_only: bool = False) -> list[int]:
    """Profile ids, best first, each once.

    `names_only`: for viewers who may not see contact data. Whole identifiers still match, parts of them do not, or
    one could read a hidden phone number off digit by digit.
    """
    text = query.strip()[:200]
    if not text:
        return []
    found = dict.fromkeys(_exact(text, region))
    if len(found) < limit and not names_only and len(text) >= _SHORTEST_PREFIX:
        found |= dict.fromkeys(_beginning(text, limit))
    if len(found) < limit:
        found |= dict.fromkeys(_containing(text, limit, names_only=names_only))
    return list(found)[:limit]


def _exact(text: str, region: str) -> list[int]:
    """Owners of the identifier, in whatever form it was typed; `type:value` names its type; a profile's own id too."""
    type_, colon, rest = text.partition(":")
    if colon and rest and type_.isidentifier() and (typed := _owners(_forms(rest.strip(), region), type_)):
        return typed
    people = _owners(_forms(text, region))
    if text.isascii() and text.isdigit() and len(text) < 19:  # more digits do not fit an id
        people += [
            row[0]
            for row in fetch(
                "SELECT id FROM profiles_profile WHERE id = %s"
                " UNION SELECT to_id FROM identity_link WHERE from_id = %s",
                [int(text), int(text)],
            )
        ]
    return people


def _forms(text: str, region: str) -> list[str]:
    forms = (clean_email(text), clean_phone(text, region), clean_id(text), text.lower())
    return list(dict.fromkeys(form for form in forms if form))


def _owners(values: Sequence[str], type_: str = "") -> list[int]:
    """Strong identifiers before anonymous ones, then who was seen last."""
    condition = " AND type = %s" if type_ else ""
    marks = ", ".join(["%s"] * len(values))
    rows = fetch(
        f"SELECT profile_id FROM identity_identifier WHERE value IN ({marks}){condition}"
        " ORDER BY CASE type WHEN 'user_id' THEN 0 WHEN 'email' THEN 1 WHEN 'phone' THEN 1 WHEN 'anonymous_id' THEN 3"
        " ELSE 2 END, last_seen DESC LIMIT 100",
        [*values, *([type_] if type_ else [])],
    )
    return [row[0] for row in rows]


def _beginning(text: str, limit: int) -> list[int]:
    """Owners of identifiers that begin so: `KH-00`, `lan.nguyen`, `+8491234`."""
    people: dict[int, None] = {}
    for start in dict.fromkeys((text, text.lower())):
        rows = fetch(
            "SELECT profile_id FROM identity_identifier WHERE value >= %s AND value < %s ORDER BY value LIMIT %s",
            [start, start + _LAST, limit],
        )
        people |= dict.fromkeys(row[0] for row in rows)
    return list(people)


def _containing(text: str, limit: int, *, names_only: bool) -> list[int]:
    words = _words(text)
    if not words:
        return []
    candidates = _candidates(words, limit)
    rows = fetch_in("SELECT id, last_seen, search, traits FROM profiles_profile WHERE {in}", candidates, column="id")
    ranked = []
    for profile_id, last_seen, haystack, traits in rows:
        name = fold(own_name(msgspec.json.decode(traits)))
        padded = f" {name}"
        if names_only and not all(word in name for word in words):
            continue
        # Whole words of the name before their beginnings before anything inside.
        quality = sum((f" {word} " in f"{padded} ") + (f" {word}" in padded) for word in words)
        if all(word in haystack for word in words):
            ranked.append((-quality, -last_seen, profile_id))
    return [profile_id for *_, profile_id in sorted(ranked)]


def _words(text: str) -> list[str]:
    """The folded words; digits of a phone without the leading 0, so that +84912… and 0912… are both found."""
    digits = text.replace(" ", "").replace(".", "").replace("-", "")
    if digits.lstrip("+").isdigit() and len(digits) >= 4:
        bare = digits.lstrip("+").removeprefix("84") if digits.startswith("+") else digits
        return [bare.lstrip("0") or bare]
    return [_bare(word) for word in fold(text).split() if len(word) > 1][:8]


def _bare(word: str) -> str:
    """The index holds no public mail domains: `lan.nguyen@gma` is looked for as `lan.nguyen@`."""
    local, at, domain = word.partition("@")
    return f"{local}@" if at and local and any(public.startswith(domain) for public in PUBLIC_MAIL) else word


def _candidates(words: Sequence[str], limit: int) -> list[int]:
    if connection.vendor == "postgresql":
        conditions = " AND ".join(["search LIKE %s"] * len(words))
        patterns = ["%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%" for word in words]
        sql = f"SELECT id FROM profiles_profile WHERE {conditions} ORDER BY id DESC LIMIT %s"
        return [row[0] for row in fetch(sql, [*patterns, limit])]
    match = " AND ".join(_phrase(word) for word in words)
    sql = "SELECT rowid FROM profiles_search WHERE profiles_search MATCH %s ORDER BY rowid DESC LIMIT %s"
    return [row[0] for row in fetch(sql, [match, limit])]


def _phrase(word: str) -> str:
    """A trigram index knows nothing shorter than three letters: a word of two is sought with the space beside it."""
    quoted = word.replace('"', '""')
    return f'"{quoted}"' if len(word) > 2 else f'(" {quoted}" OR "{quoted} ")'


def find_identifier(type_: str, value: str, *, scope: str | None, region: str) -> list[int]:
    """Every profile that has this identifier: more than one only when scopes differ and none was given."""
    condition, params = is_identifier(type_, value, scope=scope, region=region)
    return [row[0] for row in fetch(f"SELECT DISTINCT profile_id FROM identity_identifier WHERE {condition}", params)]


def is_identifier(type_: str, value: str, *, scope: str | None, region: str) -> tuple[str, list[Any]]:
    """SQL on identity_identifier for this identifier in whatever form it was written, and its parameters."""
    forms: Iterable[str | None]
    if type_ == "email":
        forms = [clean_email(value)]
    elif type_ == "phone":
        forms = [clean_phone(value, region)]
    else:
        forms = [clean_id(value), value.strip()]
    values = list(dict.fromkeys(form for form in forms if form))
    if not values:
        return "FALSE", []
    marks = ", ".join(["%s"] * len(values))
    if scope is not None:
        return f"key IN ({marks})", [make_key(type_, scope, form) for form in values]
    return f"value IN ({marks}) AND type = %s", [*values, type_]
