"""People as lists show them: a name to call them by, their main identifiers, when they were last seen."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from quen.db import fetch_in
from quen.identity.rules import anonymous_types
from quen.profiles.masking import mask_identifier, mask_text

_TONES = ("blue", "azure", "indigo", "purple", "pink", "orange", "lime", "green", "teal", "cyan")
_MANY = 12  # identifiers of one person that a card looks at; a shared tablet may have thousands


class Card(msgspec.Struct):
    """One person in a list. Times are milliseconds UTC."""

    id: int
    name: str
    named: bool  # a name of their own, not one made of an identifier
    known: bool  # there is an identifier beyond anonymous ones
    initials: str
    tone: str  # Tabler colour of the avatar
    email: str
    phone: str
    user_id: str
    first_seen: int
    last_seen: int


def cards(profile_ids: Sequence[int], *, masked: bool) -> list[Card]:
    """Cards in the order of the ids; ids that do not exist are left out. Two queries whatever the number."""
    if not profile_ids:
        return []
    people = {
        row[0]: row
        for row in fetch_in(
            "SELECT id, first_seen, last_seen, traits FROM profiles_profile WHERE {in}", profile_ids, column="id"
        )
    }
    identifiers = main_identifiers(profile_ids)
    return [
        make_card(i, person[1], person[2], msgspec.json.decode(person[3]), identifiers.get(i, []), masked=masked)
        for i in profile_ids
        if (person := people.get(i))
    ]


def main_identifiers(profile_ids: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    """(type, value) of each person, the newest few."""
    found: dict[int, list[tuple[str, str]]] = {}
    rows = fetch_in(
        "SELECT profile_id, type, value FROM ("
        " SELECT profile_id, type, value, row_number() OVER (PARTITION BY profile_id ORDER BY"
        " CASE type WHEN 'user_id' THEN 0 WHEN 'email' THEN 1 WHEN 'phone' THEN 2"
        " WHEN 'anonymous_id' THEN 9 ELSE 5 END,"
        f" last_seen DESC) AS place FROM identity_identifier WHERE {{in}}) AS ranked WHERE place <= {_MANY}"
        " ORDER BY profile_id, place",
        profile_ids,
        column="profile_id",
    )
    for profile_id, type_, value in rows:
        found.setdefault(profile_id, []).append((type_, value))
    return found


def make_card(
    profile_id: int,
    first_seen: int,
    last_seen: int,
    traits: Mapping[str, Any],
    identifiers: Iterable[tuple[str, str]],
    *,
    masked: bool,
) -> Card:
    """A card of one person's traits and identifiers (strongest first)."""
    by_type: dict[str, str] = {}
    for type_, value in identifiers:
        by_type.setdefault(type_, value)
    email = _text(traits.get("email")) or by_type.get("email", "")
    phone = by_type.get("phone", "") or _text(traits.get("phone"))
    if masked:
        email = email and mask_identifier("email", email)
        phone = phone and mask_identifier("phone", phone)
    own = own_name(traits)
    user_id = by_type.get("user_id", "")
    if masked:
        own, user_id = mask_text(own), mask_text(user_id)
    anonymous = anonymous_types()
    known = any(type_ not in anonymous for type_ in by_type)
    external = next((v for t, v in by_type.items() if t not in anonymous), "")
    visitor = _("Visitor %(id)s") % {"id": next(iter(by_type.values()), str(profile_id))[:8]}
    name = own or email or phone or user_id or (mask_text(external) if masked else external) or visitor
    return Card(
        id=profile_id,
        name=name,
        named=bool(own),
        known=known or bool(own),
        initials=initials(own),
        tone=_TONES[(profile_id >> 22) % len(_TONES)],
        email=email,
        phone=phone,
        user_id=user_id,
        first_seen=first_seen,
        last_seen=last_seen,
    )


def own_name(traits: Mapping[str, Any]) -> str:
    """The name as the person gave it; of two parts in Vietnamese order, family name first."""
    if name := _text(traits.get("name")):
        return name
    first = _text(traits.get("first_name")) or _text(traits.get("firstName"))
    last = _text(traits.get("last_name")) or _text(traits.get("lastName"))
    return f"{last} {first}".strip()


def initials(name: str) -> str:
    """First letters of the family name and the given name: `Nguyễn Thị Lan` → `NL`."""
    words = [word for word in name.split() if word[0].isalpha()]
    if not words:
        return ""
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


def _text(value: Any) -> str:
    return str(value).strip()[:120] if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
