"""A profile while the engine works on it: pure, no I/O. Times are milliseconds UTC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from quen.cleaning import clean_phone, fold

# What the search box looks in, beside the identifiers.
SEARCHED_TRAITS = ("name", "first_name", "last_name", "firstName", "lastName", "email", "phone")
# Domains that say nothing about whose address it is: with them a search for "mai" would find all of Gmail.
PUBLIC_MAIL = frozenset(
    {"gmail.com", "googlemail.com", "yahoo.com", "yahoo.com.vn", "ymail.com", "hotmail.com", "outlook.com", "live.com"}
    | {"outlook.com.vn", "icloud.com", "me.com", "msn.com"}
)
MAX_TRAITS = 1000


class ProfileState(msgspec.Struct):
    id: int
    created_at: int
    first_seen: int
    last_seen: int
    first_source_id: int
    traits: dict[str, Any] = msgspec.field(default_factory=dict)
    trait_meta: dict[str, list[int]] = msgspec.field(default_factory=dict)  # name → [event time, source id]
    live: bytes | None = None  # state of the live segments; only `segments` reads it
    due_at: int | None = None


def set_traits(profile: ProfileState, given: Mapping[str, Any], time: int, source_id: int) -> set[str]:
    """Latest event time wins, whatever the order of arrival; `None` deletes. Returns the names that changed.

    A deleted name keeps its time in `trait_meta`, so that an older value arriving late does not bring it back.
    Beyond MAX_TRAITS names a new one is not taken: a broken client must not make a profile grow without bound.
    """
    changed: set[str] = set()
    for name, value in given.items():
        meta = profile.trait_meta.get(name)
        if meta is None:
            if len(profile.trait_meta) >= MAX_TRAITS:
                continue
        elif time < meta[0]:
            continue
        profile.trait_meta[name] = [time, source_id]
        if value is None:
            if profile.traits.pop(name, None) is not None:
                changed.add(name)
        elif profile.traits.get(name) != value or type(profile.traits.get(name)) is not type(value):
            profile.traits[name] = value
            changed.add(name)
    return changed


def merge_profiles(survivor: ProfileState, other: ProfileState) -> set[str]:
    """Fold `other` into `survivor`: per trait the later time wins (equal times: the survivor's). Names changed."""
    changed: set[str] = set()
    for name, meta in other.trait_meta.items():
        mine = survivor.trait_meta.get(name)
        if mine is not None and mine[0] >= meta[0]:
            continue
        survivor.trait_meta[name] = meta
        value = other.traits.get(name)
        if value is None:
            if survivor.traits.pop(name, None) is not None:
                changed.add(name)
        else:
            survivor.traits[name] = value
            changed.add(name)
    if other.first_seen < survivor.first_seen:
        survivor.first_seen, survivor.first_source_id = other.first_seen, other.first_source_id
    survivor.last_seen = max(survivor.last_seen, other.last_seen)
    survivor.created_at = min(survivor.created_at, other.created_at)
    return changed


def search_text(traits: Mapping[str, Any]) -> str:
    """Folded words to find a person by (no marks, lower case); phones as +84…, addresses without a public domain."""
    return " ".join(_searched(name, str(traits[name])) for name in SEARCHED_TRAITS if traits.get(name))[:400]


def _searched(name: str, value: str) -> str:
    if name == "phone":
        return clean_phone(value) or fold(value)
    folded = fold(value)
    if name == "email":
        local, at, domain = folded.rpartition("@")
        if at and domain in PUBLIC_MAIL:
            return f"{local}@"
    return folded
