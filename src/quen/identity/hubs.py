"""Identifiers that were set aside: who has them, whom they would have joined, blocking and dismissing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import msgspec
from django.db import transaction

from quen.db import fetch_in
from quen.errors import NotFound
from quen.identity import orders, rules
from quen.identity.keys import split_key
from quen.identity.models import Identifier, Order, SetAside
from quen.identity.refs import keys_by_ref
from quen.identity.taking_out import scattered
from quen.identity.types import Rules

PEOPLE = 4  # shown beside each


class Involved(NamedTuple):
    """`owners`: whose it is, in any scope. `others`: people it came with and was kept apart from, the latest first."""

    owners: list[int]
    others: list[int]
    other_count: int


def listed() -> Sequence[SetAside]:
    """The most often set aside first."""
    return list(SetAside.objects.filter(dismissed=False).order_by("-count", "-last_at", "key")[:200])


def find(ref: str) -> SetAside:
    """A row by what pages call it (identity.refs). Raises NotFound."""
    key = keys_by_ref(SetAside.objects.values_list("key", flat=True)).get(ref)
    row = SetAside.objects.filter(pk=key).first() if key is not None else None
    if row is None:
        raise NotFound("there is no such identifier among those that were set aside")
    return row


def involved(keys: Collection[str]) -> dict[str, Involved]:
    """Key → the people it concerns: two queries whatever the number."""
    parsed = {key: split_key(key) for key in keys}
    owners: dict[tuple[str, str], list[int]] = {}
    for type_, value, profile_id in Identifier.objects.filter(
        value__in={value for _type, _scope, value in parsed.values()}
    ).values_list("type", "value", "profile_id"):
        owners.setdefault((type_, value), []).append(profile_id)
    against: dict[str, dict[int, None]] = {}
    rows = fetch_in(
        "SELECT \"left\", other_profile_id, MAX(id) AS last FROM identity_edge WHERE kind = 'conflict'"
        ' AND other_profile_id IS NOT NULL AND {in} GROUP BY "left", other_profile_id ORDER BY last DESC',
        keys,
        column='"left"',
    )
    for key, profile_id, _last in rows:
        against.setdefault(key, {})[profile_id] = None
    found = {}
    for key, (type_, _scope, value) in parsed.items():
        mine = sorted(set(owners.get((type_, value), [])))
        others = [p for p in against.get(key, {}) if p not in mine]
        found[key] = Involved(mine, others[:PEOPLE], len(others))
    return found


def is_blocked(row: SetAside, among: Rules) -> bool:
    type_, _scope, value = split_key(row.key)
    return value in among.type_of(type_).blocked


def block(row: SetAside, *, by: str, take_out: bool) -> list[Order]:
    """Let this value identify nobody from now on; the orders placed.

    `take_out`: also take it out of the people who have it; those it alone held together part.
    """
    type_, _scope, value = split_key(row.key)
    keys = list(Identifier.objects.filter(type=type_, value=value).values_list("key", flat=True))  # in every scope
    groups = scattered(keys) if take_out else []
    with transaction.atomic():
        now = rules.current()
        saved = rules.save(_blocking(now, type_, value), by) if not is_blocked(row, now) else None
        dismiss(row)
        origin = f"rules:{saved.pk}" if saved is not None else "rules"
        return [orders.split(leaving, by=by, origin=origin) for leaving in groups]


def _blocking(now: Rules, type_: str, value: str) -> Rules:
    """The types with one more blocked value; a type that nobody declared is declared for it."""
    declared = now.type_of(type_)
    more = msgspec.structs.replace(declared, blocked=(*declared.blocked, value))
    others = [t for t in now.types if t.name != type_]
    return msgspec.structs.replace(now, types=(*others, more))


def dismiss(row: SetAside) -> None:
    """Somebody looked at it: it is counted on and not listed any more."""
    SetAside.objects.filter(pk=row.pk).update(dismissed=True)


def restore(row: SetAside) -> None:
    SetAside.objects.filter(pk=row.pk).update(dismissed=False)
