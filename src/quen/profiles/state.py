"""A profile while the engine works on it: pure, no I/O. Times are milliseconds UTC."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from quen.cleaning import clean_phone, fold
from quen.profiles import kept
from quen.profiles.strategies import ALL_LATEST, LATEST, Strategies, Strategy

# What the search box looks in, beside the identifiers.
SEARCHED_TRAITS = ("name", "first_name", "last_name", "firstName", "lastName", "email", "phone")
# Domains that say nothing about whose address it is: with them a search for "mai" would find all of Gmail.
PUBLIC_MAIL = frozenset(
    {"gmail.com", "googlemail.com", "yahoo.com", "yahoo.com.vn", "ymail.com", "hotmail.com", "outlook.com", "live.com"}
    | {"outlook.com.vn", "icloud.com", "me.com", "msn.com"}
)
MAX_TRAITS = 1000
# The trait that holds the computed ones, by name: only Quen sets it.
COMPUTED = "computed"
# What computed traits will come to, by slot: of versions that are not whole yet, and whose values nobody sees.
NEXT = "quen:computed"


class NewValue(NamedTuple):
    """A computed trait has another value since `at`; None: none. The name is a slot where it waits under `NEXT`."""

    name: str
    value: Any
    at: int

    @property
    def waits(self) -> bool:
        return self.name.isdigit()


class ProfileState(msgspec.Struct):
    id: int
    created_at: int
    first_seen: int
    last_seen: int
    first_source_id: int
    traits: dict[str, Any] = msgspec.field(default_factory=dict)
    trait_meta: dict[str, list[Any]] = msgspec.field(default_factory=dict)  # name → where it is from: see kept.PLAIN
    live: bytes | None = None  # state of the live segments; only `segments` reads it
    due_at: int | None = None
    meta_changed: bool = False  # a value was seen again: where it is from moved, though no value did
    stale: frozenset[str] = frozenset()  # traits to make anew from the history, now: rebuilding.py
    indexed: tuple[int, int | None] | None = None  # last_seen and due_at as they are stored; None: as yet nothing
    valued: tuple[NewValue, ...] = ()  # computed traits that changed, in order


def set_traits(
    profile: ProfileState,
    given: Mapping[str, Any],
    time: int,
    source_id: int,
    row_id: int = 0,
    strategies: Strategies = ALL_LATEST,
) -> set[str]:
    """Take what a message says, whatever the order of arrival; `None` deletes. Returns the names that changed.

    Which value counts is each trait's strategy; of two at one instant `row_id` (of the message's event) says which is
    later. A deleted name stays in `trait_meta`, so that an older value arriving late does not bring it back. Beyond
    MAX_TRAITS names a new one is not taken: a broken client must not make a profile grow without bound.
    """
    changed: set[str] = set()
    traits, metas, special = profile.traits, profile.trait_meta, strategies.special
    for name, value in given.items():
        meta = metas.get(name)
        if meta is None:
            if len(metas) >= MAX_TRAITS:
                continue
            if special and name in special:
                _observe(profile, name, special[name], kept.Sighting(time, row_id, source_id, value), changed)
                continue
        else:
            if special and name in special:
                _observe(profile, name, special[name], kept.Sighting(time, row_id, source_id, value), changed)
                continue
            if len(meta) > kept.PLAIN:  # its strategy was another one until now
                meta, current = kept.latest(meta, traits.get(name))
                metas[name] = meta
                _put(traits, name, current, changed)
            if time <= meta[0] and (time < meta[0] or (len(meta) == kept.PLAIN and row_id < meta[2])):
                continue
        metas[name] = [time, source_id, row_id]
        profile.meta_changed = True
        if value is None:
            if traits.pop(name, None) is not None:
                changed.add(name)
        elif (current := traits.get(name)) != value or type(current) is not type(value):
            traits[name] = value
            changed.add(name)
    return changed


def _observe(profile: ProfileState, name: str, strategy: Strategy, sighting: kept.Sighting, changed: set[str]) -> None:
    meta, value, stale = kept.observe(profile.trait_meta.get(name), profile.traits.get(name), strategy, sighting)
    _keep(profile, name, meta, value, stale, changed)


def _keep(profile: ProfileState, name: str, meta: list[Any], value: Any, stale: bool, changed: set[str]) -> None:
    if profile.trait_meta.get(name) != meta:
        profile.trait_meta[name] = meta
        profile.meta_changed = True
    if stale:
        profile.stale |= {name}
    _put(profile.traits, name, value, changed)


def renew(
    profile: ProfileState, names: Iterable[str], traits: Mapping[str, Any], metas: Mapping[str, list[Any]]
) -> set[str]:
    """Put these traits as they were made anew in the place of what was kept. Returns the names that changed."""
    changed: set[str] = set()
    for name in names:
        if name in metas:
            _keep(profile, name, metas[name], traits.get(name), False, changed)
    return changed


def _put(traits: dict[str, Any], name: str, value: Any, changed: set[str]) -> None:
    current = traits.get(name)
    if value is None:
        if traits.pop(name, None) is not None:
            changed.add(name)
    elif current != value or type(current) is not type(value):
        traits[name] = value
        changed.add(name)


def merge_profiles(survivor: ProfileState, other: ProfileState, strategies: Strategies = ALL_LATEST) -> set[str]:
    """Fold `other` into `survivor`, as though all had come to one. Names changed."""
    changed: set[str] = set()
    for name, theirs in other.trait_meta.items():
        strategy = strategies.of(name)
        mine = survivor.trait_meta.get(name)
        value = other.traits.get(name)
        if mine is None:
            survivor.trait_meta[name] = theirs
            _put(survivor.traits, name, value, changed)
        elif strategy is LATEST and len(mine) <= kept.PLAIN and len(theirs) <= kept.PLAIN:
            if _place(theirs) > _place(mine):
                survivor.trait_meta[name] = theirs
                _put(survivor.traits, name, value, changed)
        else:
            _keep(survivor, name, *kept.merge(mine, survivor.traits.get(name), theirs, value, strategy), changed)
    survivor.stale |= other.stale
    if other.first_seen < survivor.first_seen:
        survivor.first_seen, survivor.first_source_id = other.first_seen, other.first_source_id
    survivor.last_seen = max(survivor.last_seen, other.last_seen)
    survivor.created_at = min(survivor.created_at, other.created_at)
    return changed


def _place(meta: list[Any]) -> tuple[int, int]:
    return meta[0], meta[2] if len(meta) >= kept.PLAIN else 0


def take_value(profile: ProfileState, slot: str, name: str, at: int) -> None:
    """What waited under this slot is the value of the computed trait since `at`, if anything did."""
    waiting = profile.traits.get(NEXT, {})
    if slot not in waiting:
        return
    value = waiting.pop(slot)
    if not waiting:
        del profile.traits[NEXT]
    values = dict(profile.traits.get(COMPUTED, {}))
    if values.get(name) != value or values.get(name).__class__ is not value.__class__:
        profile.valued += (NewValue(name, value, at),)
    if value is None:
        values.pop(name, None)
    else:
        values[name] = value
    if values or COMPUTED in profile.traits:
        profile.traits[COMPUTED] = values


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
