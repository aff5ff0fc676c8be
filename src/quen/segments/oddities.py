"""What is odd about a rule though it is right: names that nothing received has. They are allowed: what a shop will send
tomorrow may be asked about today."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from django.utils.translation import gettext as _

from quen.events.models import EventName, Property
from quen.segments.grammar import Place
from quen.segments.own_traits import own_traits

MOST = 20


class Oddity(msgspec.Struct, frozen=True):
    """`path`: the place in the rule."""

    path: str
    message: str


class _Name(msgspec.Struct, frozen=True):
    place: Place
    event: str  # "" for a trait
    name: str  # "" for the event itself


def unknown_names(rule: Any) -> list[Oddity]:
    """For a rule as JSON that parses: its events, traits and properties that never came. Two queries."""
    asked = list(_names(rule, Place()))
    events = {each.event for each in asked if each.event}
    known_events = set(EventName.objects.filter(name__in=events).values_list("name", flat=True))
    owners = events | {""}
    known = set(Property.objects.filter(event__in=owners).values_list("event", "name"))
    known |= {("", trait.name) for trait in own_traits()}
    found = []
    for each in asked:
        if not each.name and each.event not in known_events:
            said = _("No event “%(name)s” has been received so far.") % {"name": each.event}
            found.append(Oddity(each.place["event"].path, said))
        elif each.name and each.event in known_events and not _is_known(each, known):
            said = _("No such event had “%(name)s” so far.") % {"name": each.name}
            found.append(Oddity(each.place.path, said))
        elif each.name and not each.event and not _is_known(each, known):
            found.append(Oddity(each.place.path, _("Nobody has “%(name)s” so far.") % {"name": each.name}))
    return found[:MOST]


def _is_known(each: _Name, known: set[tuple[str, str]]) -> bool:
    """`a.b` is known where `a` or `a.b` is: of an object only the outer name may be kept."""
    parts = each.name.split(".")
    return any((each.event, ".".join(parts[:end])) in known for end in range(1, len(parts) + 1))


def _names(rule: Any, place: Place) -> Iterator[_Name]:
    if isinstance(rule, list):
        for index, item in enumerate(rule):
            yield from _names(item, place[index])
    elif isinstance(rule, dict):
        if isinstance(rule.get("trait"), str):
            yield _Name(place["trait"], "", rule["trait"])
        if isinstance(event := rule.get("event"), str):
            yield _Name(place, event, "")
            yield from _properties(rule, event, place)
            return
        for key, value in rule.items():
            if isinstance(value, (dict, list)):
                yield from _names(value, place[key])


def _properties(spec: Any, event: str, place: Place) -> Iterator[_Name]:
    if isinstance(spec, list):
        for index, item in enumerate(spec):
            yield from _properties(item, event, place[index])
    elif isinstance(spec, dict):
        if isinstance(spec.get("property"), str):
            yield _Name(place["property"], event, spec["property"])
        for key, value in spec.items():
            if isinstance(value, (dict, list)) and key != "value":
                yield from _properties(value, event, place[key])
