"""Two people side by side: what each has, and where they differ. Reads only."""

from __future__ import annotations

from typing import Any

import msgspec
from django.utils.translation import gettext as _

from quen.cleaning import fold
from quen.identity.models import Identifier
from quen.identity.rules import current
from quen.identity.words import type_name
from quen.profiles.cards import own_name
from quen.profiles.masking import mask, mask_identifier
from quen.profiles.store import load

MOST_VALUES = 6
MOST_IDENTIFIERS = 200


class Line(msgspec.Struct):
    """`agree`: same, differ, or "" where one of the two has nothing."""

    label: str
    left: list[str]
    right: list[str]
    agree: str


def side_by_side(left: int, right: int, *, masked: bool) -> list[Line]:
    """The lines of the comparison; those of which neither has anything are left out."""
    people = load([left, right])
    owned = {profile_id: _identifiers(profile_id) for profile_id in (left, right)}
    one, other = (_values(people[p].traits if p in people else {}, owned[p]) for p in (left, right))
    types = {type_ for mine in owned.values() for type_, _value in mine}
    lines = []
    for name, label in [*_labels().items(), *((f"id:{t}", type_name(t)) for t in sorted(types - {"phone", "email"}))]:
        mine, theirs = one.get(name, []), other.get(name, [])
        if not mine and not theirs:
            continue
        # Compared as they are, shown as the viewer may see them: two masked values may look the same.
        common = {fold(value) for value in mine} & {fold(value) for value in theirs}
        agree = "" if not mine or not theirs else "same" if common else "differ"
        shown = [[_shown(name, value, masked=masked) for value in values[:MOST_VALUES]] for values in (mine, theirs)]
        lines.append(Line(str(label), shown[0], shown[1], agree))
    return lines


def _labels() -> dict[str, Any]:
    return {
        "name": _("Name"),
        "birth": _("Date of birth"),
        "gender": _("Gender"),
        "address": _("Address"),
        "city": _("City"),
        "id:phone": _("Phone"),
        "id:email": _("E-mail"),
    }


def _identifiers(profile_id: int) -> list[tuple[str, str]]:
    types = current()
    rows = Identifier.objects.filter(profile_id=profile_id).order_by("-last_seen")[:MOST_IDENTIFIERS]
    return [(i.type, i.value) for i in rows if not types.type_of(i.type).anonymous]


def _values(traits: dict[str, Any], identifiers: list[tuple[str, str]]) -> dict[str, list[str]]:
    address = traits.get("address")
    found: dict[str, list[Any]] = {
        "name": [own_name(traits)],
        "birth": [traits.get("birthday") or traits.get("birth_date")],
        "gender": [traits.get("gender")],
        "address": [", ".join(str(v) for v in address.values() if v) if isinstance(address, dict) else address],
        "city": [traits.get("city")],
    }
    for type_, value in identifiers:
        found.setdefault(f"id:{type_}", []).append(value)
    for type_ in ("phone", "email"):
        if (own := traits.get(type_)) and f"id:{type_}" not in found:
            found[f"id:{type_}"] = [own]
    return {name: [str(v)[:200] for v in values if v not in (None, "")] for name, values in found.items()}


def _shown(name: str, value: str, *, masked: bool) -> str:
    if not masked:
        return value
    return mask_identifier(name.removeprefix("id:"), value) if name.startswith("id:") else str(mask(value))
