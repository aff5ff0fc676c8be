"""What the builder offers: operators, aggregates, and the names, properties and values that were really received.

All words of the builder are here, in the viewer's language: the script itself holds none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from quen.events import catalogue, known
from quen.profiles.masking import mask
from quen.segments import lists, measure, service
from quen.segments.aggregates import AGGREGATES
from quen.segments.models import Segment
from quen.segments.operators import OPERATORS
from quen.segments.own_traits import OwnTrait, own_traits
from quen.segments.reach import CHANNELS
from quen.segments.words import tongue

MAX_EXAMPLES = 20


def vocabulary(language: str, *, masked: bool) -> dict[str, Any]:
    """Everything but the properties of events, as JSON for the builder. `masked`: without examples of contact data."""
    spoken = tongue(language)
    return {
        "language": spoken,
        "operators": [
            {"name": o.name, "label": o.label[spoken], "operand": o.operand, "moving": o.moving}
            for o in OPERATORS.values()
        ],
        "aggregates": [
            {"name": a.name, "label": a.label[spoken], "operators": a.operators} for a in AGGREGATES.values()
        ],
        "counts": _measures(measure.LABELS, spoken),
        "amounts": _measures(measure.AMOUNT_LABELS, spoken),
        "events": [{"name": e.name, "count": e.count, "label": e.label} for e in known.offers()],
        "traits": [
            *(_own(trait) for trait in own_traits()),
            *(_seen(seen, masked=masked) for seen in catalogue.traits(limit=300)),
        ],
        "segments": [_named(s) for s in service.listed()],
        "lists": [_named(s) for s in lists.listed()],
        "channels": [{"name": name, "label": channel.label[spoken]} for name, channel in CHANNELS.items()],
        "values": reverse("segment_builder_values"),
        "words": _words(spoken),
    }


def properties(event: str, *, masked: bool) -> list[dict[str, Any]]:
    return [_seen(seen, masked=masked) for seen in catalogue.properties(event, limit=300)]


def _named(segment: Segment) -> dict[str, Any]:
    """`count`: how many people are in it, None as long as nobody knows."""
    return {"id": str(segment.id), "name": segment.name, "count": segment.count if segment.is_known else None}


def _seen(seen: catalogue.PropertySeen, *, masked: bool) -> dict[str, Any]:
    examples = [e for e in seen.examples if isinstance(e, (str, int, float, bool))]
    if masked:
        examples = [e for e in examples if mask(e, seen.name) == e]
    shown = [_shown(e) for e in examples[:MAX_EXAMPLES]]
    return {"name": seen.name, "type": seen.type, "count": seen.count, "examples": shown}


def _own(trait: OwnTrait) -> dict[str, Any]:
    """Its values are asked for when one is needed; in the list its label says what it is. `named`: value → its name."""
    examples = list(trait.values)
    known = {"name": trait.name, "type": trait.type, "label": trait.label, "named": trait.values}
    return {**known, "count": None, "examples": examples}


def _shown(example: Any) -> str:
    return str(example).lower() if isinstance(example, bool) else str(example)[:100]


def _measures(labels: Mapping[str, Mapping[str, str]], spoken: str) -> list[dict[str, str]]:
    return [{"name": name, "label": label[spoken]} for name, label in labels.items()]


def _words(spoken: str) -> dict[str, str]:
    return {
        "group": _("Customers who match"),
        "subgroup": _("match"),
        "all": _("all of these"),
        "any": _("any of these"),
        "none": _("none of these"),
        "and": _("and"),
        "or": _("or"),
        "did": _("Did"),
        "didNot": _("Did not do"),
        "event": _("Event"),
        "how": _("How much is counted"),
        "property": _("Property"),
        "comparison": _("Comparison"),
        "value": _("Value"),
        "values": _("Values"),
        "addValue": _("Type a value, then press Enter"),
        "from": pgettext("range", "From"),
        "to": pgettext("range", "To"),
        "joint": pgettext("range", "and"),
        "when": _("When"),
        "within": _("in the last"),
        "withinEnd": {"en": "", "vi": "qua"}[spoken],  # Vietnamese closes the phrase after the span
        "between": _("between"),
        "ever": _("at any time"),
        "minutes": _("minutes"),
        "hours": _("hours"),
        "days": _("days"),
        "unit": _("Unit"),
        "where": _("where"),
        "andWhere": _("and"),
        "addWhere": _("Add a filter"),
        "addWhereGroup": _("Group of filters"),
        "filterGroup": _("How the filters go together"),
        "trait": _("Customer detail"),
        "inSegment": _("Is in the segment"),
        "notInSegment": _("Is not in the segment"),
        "segment": _("Segment"),
        "onList": _("Is on the list"),
        "notOnList": _("Is not on the list"),
        "list": _("List"),
        "addList": _("A list"),
        "reachable": _("Can be reached by"),
        "notReachable": _("Cannot be reached by"),
        "channel": _("Channel"),
        "addReachable": _("Reachability"),
        "consent": _("Has agreed to"),
        "noConsent": _("Has not agreed to"),
        "purpose": _("Purpose"),
        "addConsent": _("Consent"),
        "people": _("%(n)s people"),
        "addSequence": _("One after the other"),
        "firstDid": _("First did"),
        "thenDid": _("then did"),
        "thenDidNot": _("then did not do"),
        "step": _("Step"),
        "addStep": _("Add a step"),
        "earlier": _("Move up"),
        "allWithin": _("All of it within"),
        "anyGap": _("any time after that"),
        "gap": pgettext("step", "within"),
        "gapEnd": _("of the step before"),
        "anyGapNot": _("all that time"),
        "gapNot": pgettext("step not done", "for"),
        "choose": _("Choose…"),
        "sample": _("Is among a random share of"),
        "percent": _("Percent"),
        "raw": _("Condition as JSON"),
        "addEvent": _("What they did"),
        "addTrait": _("Who they are"),
        "addSegment": _("Another segment"),
        "addSample": _("Random share"),
        "addGroup": _("Group"),
        "add": _("Add a condition:"),
        "addHere": _("Add a condition"),
        "condition": _("Condition %(n)s"),
        "duplicate": _("Duplicate"),
        "remove": _("Remove"),
        "removeValue": _("Remove %(value)s"),
        "unfinished": _("Fill in the empty fields to see who matches."),
        "suggestions": _("Suggestions"),
        "noneYet": _("Add a condition to see who matches."),
        "fillIn": _("Fill this in first."),
        "addFirst": _("Add a condition first."),
        "badJson": _("This is not JSON yet: %(problem)s"),
        "asJson": _("Rule as JSON"),
        "count": _("%(n)s times"),
    }
