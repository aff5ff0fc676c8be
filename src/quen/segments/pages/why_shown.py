"""Why somebody is in a segment or out, as pages and the API show it: masked for who may not see contact data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import override

from quen.config import config
from quen.db import fetch
from quen.events.store import event_store
from quen.ids import now_ms
from quen.profiles import store as profiles
from quen.profiles.masking import mask
from quen.profiles.queries import Person, person
from quen.segments import service
from quen.segments.about import Facts
from quen.segments.models import Segment
from quen.segments.naming import Naming
from quen.segments.pages.common import group_head
from quen.segments.rules import parse_rule, sentence
from quen.segments.why import Said, why
from quen.segments.words import fact, tongue
from quen.web.times import rfc3339

Say = Callable[[Any, str], str]  # a value and the name it stands under → how it is written


def why_document(segment: Segment, profile_id: int, *, masked: bool) -> dict[str, Any]:
    """For the API, in English. Raises NotFound."""
    found = person(profile_id, masked=masked)
    with override("en"):
        told = tell(segment, found, "en", as_came, Naming(service.namer()))
    return {
        "segment_id": str(segment.id),
        "profile_id": str(found.id),
        "member": told["since"] is not None,
        "since": rfc3339(told["since"]),
        "holds": told["holds"],
        "why": _document(told["told"]),
    }


def tell(segment: Segment, found: Person, language: str, say: Say, names: Naming) -> dict[str, Any]:
    """`{since, holds, told}`: since when they are a member, and the rule as of now, sentence by sentence."""
    rows = fetch("SELECT since FROM segments_member WHERE segment_id = %s AND profile_id = %s", [segment.id, found.id])
    profile, rule = found.profile, parse_rule(segment.rule)
    now, zone, rule_of = now_ms(), config().zone, service.roots()
    told = profiles.at_one_moment(lambda sides: why(rule, profile, event_store(), now, zone, rule_of, sides))
    shown = _shown(told, language, names, say, masked=found.masked)
    return {"since": int(rows[0][0]) if rows else None, "holds": told.holds, "told": shown}


def _shown(told: Said, language: str, names: Naming, say: Say, *, masked: bool) -> dict[str, Any]:
    """`{said, holds, parts, facts}` of a node and all below it."""
    if told.parts:
        head, inner = group_head(told.condition)
        parts = told.parts if inner is told.condition else told.parts[0].parts
        shown = [_shown(part, language, names, say, masked=masked) for part in parts]
        return {"said": head, "holds": told.holds, "parts": shown, "facts": None}
    said = sentence(told.condition, language, names)
    return {"said": said, "holds": told.holds, "parts": [], "facts": shown_facts(told.facts, say, names, masked=masked)}


def _document(node: dict[str, Any]) -> dict[str, Any]:
    parts = [_document(part) for part in node["parts"]]
    return {"condition": node["said"], "holds": node["holds"], "facts": facts_document(node["facts"]), "parts": parts}


def facts_document(facts: dict[str, Any] | None) -> dict[str, Any]:
    """For the API, of what `shown_facts` gives."""
    if facts is None:
        return {}
    if facts["kind"] == "trait":
        return {"trait": facts["name"], "value": facts["value"]}
    if facts["kind"] == "events":
        latest = [
            {"time": rfc3339(each["at"]), "event": each["event"], "properties": dict(each["values"])}
            for each in facts["latest"]
        ]
        return {"count": facts["count"], "latest": latest}
    if facts["kind"] == "consent":
        return {"purpose": facts["name"], "granted": facts["granted"], "since": rfc3339(facts["since"])}
    if facts["kind"] == "address":
        return {"trait": facts["name"], "value": facts["value"], "suppressed": facts["suppressed"]}
    return {"since": rfc3339(facts["since"])}


def shown_facts(facts: Facts | None, say: Say, names: Naming, *, masked: bool) -> dict[str, Any] | None:
    """`say` writes the values that `names` has no name for."""
    if facts is None:
        return None
    shown = mask if masked else lambda value, name="": value
    name, value = facts.trait or ("", None)
    granted = value if facts.kind == "consent" else None
    if value is not None and granted is None:
        value = say(names.value(name, shown(value, name)), name)
    return {
        "kind": facts.kind,
        "name": names.trait(name),
        "value": value,
        "granted": granted,
        "suppressed": facts.suppressed,
        "count": facts.count,
        "more": facts.count - len(facts.latest),
        "latest": [
            {
                "at": each.at,
                "event": each.event,
                "values": [(key, say(shown(item, key), key)) for key, item in each.values.items()],
            }
            for each in facts.latest
        ],
        "since": facts.since,
    }


def as_people_write(language: str) -> Say:
    """For pages: numbers in the language, times in the workspace's zone."""
    spoken, zone = tongue(language), config().zone
    return lambda value, name: fact(value, name, spoken, zone)


def as_came(value: Any, name: str) -> str:
    """For programs: numbers with a point and nothing else."""
    if isinstance(value, (list, tuple)):
        return ", ".join(as_came(item, name) for item in value[:20])
    return str(value).lower() if isinstance(value, bool) else str(value)[:200]
