"""What the pages of segments share."""

from __future__ import annotations

from typing import Any

import msgspec
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from quen.accounts.access import user_of
from quen.accounts.roles import can
from quen.errors import Conflict, QuenError
from quen.profiles.cards import Card, cards
from quen.segments import service
from quen.segments.conditions.base import Condition
from quen.segments.models import Segment
from quen.segments.naming import Naming
from quen.segments.rules import RuleError, describe, parse_rule, sentence

_MAX_RULE_BYTES = 200_000


def row(segment: Segment, names: Naming) -> dict[str, Any]:
    return {
        "segment": segment,
        "sentence": describe(parse_rule(segment.rule), get_language() or "vi", names),
        "progress": service.progress(segment),
    }


def tabs(segment: Segment, tab: str) -> list[dict[str, Any]]:
    """The tabs of one segment's page; `tab` is the name of the address that is open."""
    named = [
        ("segment", _("Customers"), "users"),
        ("segment_history", _("In and out"), "arrows-exchange"),
        ("segment_hooks", _("Webhooks"), "webhook"),
    ]
    return [
        {"url": reverse(name, args=[segment.id]), "label": label, "active": name == tab, "icon": icon}
        for name, label, icon in named
    ]


def masked_for(request: HttpRequest) -> bool:
    """Whether the viewer sees addresses and numbers only masked."""
    return not can(user_of(request).role, "customers.pii")


def cards_of(request: HttpRequest, profile_ids: list[int]) -> dict[int, Card]:
    return {card.id: card for card in cards(profile_ids, masked=masked_for(request))}


def decode_rule(text: str) -> Any:
    if len(text) > _MAX_RULE_BYTES:
        raise RuleError(_("The rule is too large."), details={"path": "$"})
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise RuleError(_("The rule is not valid JSON: %(why)s") % {"why": str(error)}, details={"path": "$"}) from None


def said(error: QuenError) -> str:
    """What is wrong, without the place: the message stands beside it."""
    if isinstance(error, RuleError) and error.template:
        said = _(error.template)
        return said.format(**error.values) if error.values else said
    return str(error.details.get("problem", error.message))


def users(error: Conflict) -> str:
    """Who uses what was to be changed, for a message."""
    return ", ".join(f"“{name}”" for name in error.details.get("used_by", []))


def outline(condition: Condition, names: Naming) -> dict[str, Any]:
    """A rule as nested lists of sentences."""
    if not condition.parts():
        return {"said": sentence(condition, get_language() or "vi", names), "parts": []}
    head, inner = group_head(condition)
    return {"said": head, "parts": [outline(part, names) for part in inner.parts()]}


def group_head(condition: Condition) -> tuple[str, Condition]:
    """The words over a group, and the condition whose parts stand below: `not any` is one group, “none of these”."""
    parts = condition.parts()
    kind = next(iter(condition.to_json()))
    if kind == "not" and parts[0].parts() and "any" in parts[0].to_json():
        return _("None of these"), parts[0]
    return {"all": _("All of these"), "any": _("Any of these"), "not": _("Not")}[kind], condition
