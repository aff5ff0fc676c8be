"""The profiles of the workspace as records, and which of them were said to be two people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec

from quen.cleaning import Locale
from quen.db import fetch, fetch_in
from quen.duplicates.models import NotSame
from quen.duplicates.records import Record, Style, make_record, style_of
from quen.identity.models import Separation
from quen.identity.types import Rules
from quen.profiles.cards import own_name

MOST_PROFILES = 300_000  # of one run; those last seen come first
_AT_ONCE = 5_000
_BIRTH = ("birthday", "birth_date", "birthdate", "date_of_birth", "dob")


class People(msgspec.Struct):
    """`ids[n]`, `keys[n]` and `records[n]` are one person's; `keys` the strongest identifier."""

    ids: list[int]
    keys: list[str]
    records: list[Record]
    unique: list[dict[str, set[str]]]  # type → values, of types of which a person has one
    style: Style
    left_out: int


class _Raw(msgspec.Struct):
    id: int
    traits: dict[str, Any]
    identifiers: list[tuple[str, str, str]]  # (key, type, value), the strongest first


def load(rules: Rules, locale: Locale, today: date, most: int = MOST_PROFILES) -> People:
    """Everyone of whom a name, an address or a telephone is known."""
    everyone = [row[0] for row in fetch("SELECT id FROM profiles_profile ORDER BY last_seen DESC")]
    raw = [
        each for at in range(0, min(len(everyone), most), _AT_ONCE) for each in _raw(everyone[at:][:_AT_ONCE], rules)
    ]
    named = [each for each in raw if _says_enough(each)]
    style = style_of(name for each in named if (name := own_name(each.traits)))
    return People(
        ids=[each.id for each in named],
        keys=[each.identifiers[0][0] for each in named],
        records=[_record(each, style, locale, today) for each in named],
        unique=[_unique(each, rules) for each in named],
        style=style,
        left_out=max(0, len(everyone) - most),
    )


def kept_apart(ids: Sequence[int]) -> set[tuple[int, int]]:
    """Pairs of places in `ids` (smaller first) that a person said are two people, whoever has the identifiers now."""
    said = [*NotSame.objects.values_list("left", "right"), *Separation.objects.values_list("left", "right")]
    keys = {key for pair in said for key in pair}
    place = {profile_id: at for at, profile_id in enumerate(ids)}
    rows = fetch_in("SELECT key, profile_id FROM identity_identifier WHERE {in}", keys, column="key") if keys else []
    owner = {key: place[profile_id] for key, profile_id in rows if profile_id in place}
    return {
        (min(left, right), max(left, right))
        for one, other in said
        if (left := owner.get(one)) is not None and (right := owner.get(other)) is not None and left != right
    }


def _raw(ids: list[int], rules: Rules) -> list[_Raw]:
    owned: defaultdict[int, list[tuple[str, str, str]]] = defaultdict(list)
    for owner, key, type_, value in fetch_in(
        "SELECT profile_id, key, type, value FROM identity_identifier WHERE {in} ORDER BY key", ids, column="profile_id"
    ):
        owned[owner].append((key, type_, value))
    for mine in owned.values():
        mine.sort(key=lambda each: (rules.type_of(each[1]).priority, each[0]))
    return [
        _Raw(id_, msgspec.json.decode(traits), owned[id_])
        for id_, traits in fetch_in("SELECT id, traits FROM profiles_profile WHERE {in}", ids, column="id")
        if id_ in owned
    ]


def _says_enough(each: _Raw) -> bool:
    types = {type_ for _, type_, _ in each.identifiers}
    return bool(own_name(each.traits) or types & {"email", "phone"} or {"email", "phone"} & set(each.traits))


def _unique(each: _Raw, rules: Rules) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for _, type_, value in each.identifiers:
        if rules.type_of(type_).unique:
            found.setdefault(type_, set()).add(value)
    return found


def _record(each: _Raw, style: Style, locale: Locale, today: date) -> Record:
    traits = each.traits
    first, last = _text(traits, "first_name", "firstName"), _text(traits, "last_name", "lastName")
    address = traits.get("address")
    where = address if isinstance(address, dict) else {}
    return make_record(
        name=_text(traits, "name") or ("" if style == "western" else own_name(traits)),
        given=first if style == "western" else "",
        family=last if style == "western" else "",
        birth=_text(traits, *_BIRTH),
        phones=[*(v for _, type_, v in each.identifiers if type_ == "phone"), _text(traits, "phone")],
        emails=[*(v for _, type_, v in each.identifiers if type_ == "email"), _text(traits, "email")],
        street=_text(where, "street") if where else _text(traits, "address"),
        district=_text(where, "district") or _text(traits, "district"),
        place=_text(where, "city") or _text(traits, "city"),
        province=_text(where, "state", "province") or _text(traits, "province", "state"),
        postcode=_text(where, "postal_code", "postalCode", "zip") or _text(traits, "postal_code", "postcode", "zip"),
        gender=_text(traits, "gender"),
        vietnamese=style == "vi",
        locale=locale if style == "vi" else msgspec.structs.replace(locale, region="GB"),
        today=today,
    )


def _text(values: Mapping[str, Any], *names: str) -> str:
    for name in names:
        value = values.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()[:200]
    return ""
