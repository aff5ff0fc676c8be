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
from quen.segments.models import Segment
from quen.segments.pages.common import group_head
from quen.segments.rules import parse_rule, sentence
from quen.segments.why import Facts, Said, why
from quen.web.times import rfc3339


def why_document(segment: Segment, profile_id: int, *, masked: bool) -> dict[str, Any]:
    """For the API, in English. Raises NotFound."""
    found = person(profile_id, masked=masked)
    with override("en"):
        told = tell(segment, found, "en")
    return {
        "segment_id": str(segment.id),
        "profile_id": str(found.id),
        "member": told["since"] is not None,
        "since": rfc3339(told["since"]),
        "holds": told["holds"],
        "why": _document(told["told"]),
    }


def tell(segment: Segment, found: Person, language: str) -> dict[str, Any]:
    """`{since, holds, told}`: since when they are a member, and the rule as of now, sentence by sentence."""
    rows = fetch("SELECT since FROM segments_member WHERE segment_id = %s AND profile_id = %s", [segment.id, found.id])
    traits, rule = found.profile.traits, parse_rule(segment.rule)
    now, zone, rule_of = now_ms(), config().zone, service.roots()
    told = profiles.at_one_moment(lambda sides: why(rule, found.id, traits, event_store(), now, zone, rule_of, sides))
    shown = _shown(told, language, service.namer(), masked=found.masked)
    return {"since": int(rows[0][0]) if rows else None, "holds": told.holds, "told": shown}


def _shown(told: Said, language: str, name_of: Callable[[int], str], *, masked: bool) -> dict[str, Any]:
    """`{said, holds, parts, facts}` of a node and all below it."""
    if told.parts:
        head, inner = group_head(told.condition)
        parts = told.parts if inner is told.condition else told.parts[0].parts
        shown = [_shown(part, language, name_of, masked=masked) for part in parts]
        return {"said": head, "holds": told.holds, "parts": shown, "facts": None}
    said = sentence(told.condition, language, name_of)
    return {"said": said, "holds": told.holds, "parts": [], "facts": shown_facts(told.facts, masked=masked)}


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
    return {"since": rfc3339(facts["since"])}


def shown_facts(facts: Facts | None, *, masked: bool) -> dict[str, Any] | None:
    if facts is None:
        return None
    shown = mask if masked else lambda value, name="": value
    name, value = facts.trait or ("", None)
    return {
        "kind": facts.kind,
        "name": name,
        "value": None if value is None else _text(shown(value, name)),
        "count": facts.count,
        "more": facts.count - len(facts.latest),
        "latest": [
            {
                "at": each.at,
                "event": each.event,
                "values": [(key, _text(shown(item, key))) for key, item in each.values.items()],
            }
            for each in facts.latest
        ],
        "since": facts.since,
    }


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(_text(item) for item in value[:20])
    return str(value).lower() if isinstance(value, bool) else str(value)[:200]
