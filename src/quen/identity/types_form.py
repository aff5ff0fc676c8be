"""The identifier types as a form: rules → fields, fields → rules, problems to the field they are about. Pure but for
gettext.

Fields of the n-th type are `tN-name`, `tN-priority`, …; the caps stand by themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from quen.errors import InvalidInput
from quen.identity.types import BUILT_IN, MAX_TYPES, IdentifierType, Rules, read_rules
from quen.identity.words import Show, type_icon, type_name
from quen.profiles.masking import MASK

FIELDS = ("name", "priority", "scope", "normaliser", "most", "limit", "window", "blocked", "patterns")
_PLACE = re.compile(r"types\[(\d+)\]\.(\w+)")


def fields_of(rules: Rules, show: Show) -> dict[str, Any]:
    """What the form shows; `show` masks blocked e-mail addresses and phones for those who may not see them."""
    types = sorted(rules.types, key=lambda t: (t.priority, t.name))
    return {
        "types": [_fields(number, type_, show) for number, type_ in enumerate(types)],
        "max_merges": str(rules.max_merges),
        "max_identifiers": str(rules.max_identifiers),
    }


def _fields(number: int, type_: IdentifierType, show: Show) -> dict[str, Any]:
    return {
        "number": number,
        "built_in": type_.name in BUILT_IN,
        "name": type_.name,
        "priority": str(type_.priority),
        "scope": type_.scope,
        "normaliser": type_.normaliser,
        "most": "one" if type_.unique else "some" if type_.limit is not None else "any",
        "limit": "" if type_.limit is None else str(type_.limit),
        "window": type_.window,
        "anonymous": type_.anonymous,
        "blocked": "\n".join(show(type_.name, value) for value in type_.blocked),
        "patterns": "\n".join(type_.patterns),
    } | _looks(type_.name)


def _looks(name: str) -> dict[str, Any]:
    return {"label": type_name(name) if name else _("New type"), "icon": type_icon(name)}


def blank(number: int) -> dict[str, Any]:
    """The fields of a type that is being added."""
    return _fields(number, IdentifierType("", 50, scope="account", limit=5), lambda _type, value: value)


def read_fields(data: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed, as the form shows it again; types that were ticked for removal are gone."""
    types: list[dict[str, Any]] = []
    for number in range(MAX_TYPES + 10):
        if f"t{number}-name" not in data:
            continue
        typed: dict[str, Any] = {field: str(data.get(f"t{number}-{field}", "")).strip() for field in FIELDS}
        typed["anonymous"] = f"t{number}-anonymous" in data
        typed["built_in"] = typed["name"] in BUILT_IN
        if f"t{number}-remove" in data and not typed["built_in"]:
            continue
        types.append(typed | {"number": len(types)} | _looks(typed["name"]))
    return {
        "types": types,
        "max_merges": data.get("max_merges", ""),
        "max_identifiers": data.get("max_identifiers", ""),
    }


def to_rules(fields: Mapping[str, Any], before: Rules, show: Show) -> tuple[Rules | None, dict[str, str]]:
    """The rules that were typed, or what is wrong with them by field (`tN-priority`, `max_merges`, `types`)."""
    errors: dict[str, str] = {}

    def number(text: str, place: str) -> int:
        if re.fullmatch(r"\d{1,6}", text):
            return int(text)
        errors[place] = _("Write a whole number.")
        return 1

    types = []
    for typed in fields["types"]:
        place = f"t{typed['number']}"
        blocked = unmask(typed["name"], _lines(typed["blocked"]), before, show)
        if any(MASK in value for value in blocked):
            errors[f"{place}-blocked"] = _("A masked value can be kept or taken out, not changed.")
        types.append(
            {
                "name": typed["name"],
                "priority": number(typed["priority"], f"{place}-priority"),
                "scope": typed["scope"],
                "normaliser": typed["normaliser"],
                "unique": typed["most"] == "one",
                "limit": number(typed["limit"], f"{place}-limit") if typed["most"] == "some" else None,
                "window": typed["window"] or "ever",
                "anonymous": typed["anonymous"],
                "blocked": blocked,
                "patterns": _lines(typed["patterns"]),
            }
        )
    caps = {name: number(fields[name], name) for name in ("max_merges", "max_identifiers")}
    try:
        rules = read_rules({"types": types, **caps})
    except InvalidInput as error:
        for place, problem in error.details.items():
            field = _PLACE.sub(r"t\1-\2", place)
            errors.setdefault(field, _problem(field.rpartition("-")[2], str(problem)))
        return None, errors
    return (None, errors) if errors else (rules, {})


def unmask(type_: str, values: list[str], before: Rules, show: Show) -> list[str]:
    """Values as a masked viewer sends them back: those that stand masked are the ones there were."""
    hidden: dict[str, list[str]] = {}
    for value in before.type_of(type_).blocked:
        hidden.setdefault(show(type_, value), []).append(value)
    found: dict[str, None] = {}
    for value in values:
        found |= dict.fromkeys(hidden[value] if MASK in value and value in hidden else [value])
    return list(found)


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def _problem(field: str, problem: str) -> str:
    """What the reader of rules says, in the viewer's language."""
    if field == "name" and "twice" in problem:
        return _("There is a type of this name already.")
    known = {
        "name": _("Small letters, digits and _, beginning with a letter."),
        "priority": _("A number from 0 (strongest) to 99."),
        "limit": _("A number from 1 to 10,000."),
        "blocked": _("At most 5,000 values of 1 to 255 characters, one a line."),
        "patterns": _("At most 50 regular expressions (RE2) of 1 to 200 characters, one a line."),
        "max_merges": _("A number from 1 to 10,000."),
        "max_identifiers": _("A number from 10 to 100,000."),
    }
    return str(known.get(field, problem))


def digest(rules: Rules) -> str:
    """Tells whether what is saved is what was previewed."""
    return blake2b(msgspec.json.encode(rules), digest_size=12).hexdigest()


def changed_types(before: Rules, after: Rules) -> list[str]:
    """Names of the types in which two versions differ, `caps` for the caps."""
    names = sorted({*before.by_name, *after.by_name})
    found = [name for name in names if before.by_name.get(name) != after.by_name.get(name)]
    caps = (before.max_merges, before.max_identifiers) != (after.max_merges, after.max_identifiers)
    return [*found, "caps"] if caps else found
