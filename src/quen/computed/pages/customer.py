"""Computed traits on the page of a person: chips in its header, a card with each value, its history."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from quen.accounts.access import require
from quen.computed import history, service
from quen.computed.moves import since
from quen.computed.pages.said import said, sentence
from quen.events.store import event_store
from quen.profiles.queries import Person, person
from quen.profiles.state import COMPUTED
from quen.segments.pages.common import masked_for

CHANGES = 30
_CHIPS = {"lifecycle": "heart-handshake", "rfm": "chart-grid-dots"}


def chips(found: Person) -> list[dict[str, str]]:
    """The stage and the RFM group, for the header."""
    values = _values(found)
    if not values:
        return []
    shown = []
    for definition, trait in service.traits():
        value = values.get(trait.name)
        if value is not None and trait.kind in _CHIPS:
            shown.append({"icon": _CHIPS[trait.kind], "label": definition.label, "said": said(trait, value)})
    return shown


def card(found: Person) -> list[dict[str, Any]]:
    """Each trait that is computed: its value in words, and since when it is so."""
    values, there = _values(found), list(service.traits())
    begun = since(found.ids, event_store()) if there else {}
    return [
        {
            "definition": definition,
            "trait": trait,
            "sentence": sentence(trait),
            "said": said(trait, values.get(trait.name), masked=found.masked),
            "since": begun.get(definition.id),
            "told": trait.of_kind.told,
        }
        for definition, trait in there
    ]


@require("customers.view")
@require_GET
def trait_history(request: HttpRequest, profile_id: int, name: str) -> HttpResponseBase:
    """What one trait of a person was, the latest first."""
    found = person(profile_id, masked=masked_for(request))
    definition = service.find(name)
    trait = service.read(definition)
    rows = history.values(definition.id, found.ids, event_store(), limit=CHANGES)
    context = {"rows": [(each.at, said(trait, each.value, masked=found.masked)) for each in rows]}
    return render(request, "computed/customer_history.html", context)


def _values(found: Person) -> dict[str, Any]:
    values = found.profile.traits.get(COMPUTED)
    return values if isinstance(values, dict) else {}
