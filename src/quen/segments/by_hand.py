"""People who are in a segment, or not in it, whatever its rule says: two lists wrapped round the rule.

    {"all": [{"any": [RULE, {"list": ALWAYS}]}, {"not": {"list": NEVER}}]}

Both evaluators, sentences, "why" and the history take it as any other rule.
"""

from __future__ import annotations

from typing import Any

import msgspec
from django.db import transaction
from django.utils.translation import gettext as _

from quen.errors import Conflict
from quen.segments import lists, service
from quen.segments.models import Segment


class ByHand(msgspec.Struct, frozen=True):
    """Ids of the two lists."""

    always: int
    never: int


def by_hand(rule: Any) -> ByHand | None:
    """The lists of a rule that is wrapped so."""
    match rule:
        case {"all": [{"any": [_, {"list": str(always)}]}, {"not": {"list": str(never)}}]}:
            return ByHand(int(always), int(never))
    return None


def allow(segment: Segment, by: str) -> ByHand:
    """Make the two lists and wrap them round the rule: a new version. Raises Conflict for one that has them."""
    if by_hand(segment.rule):
        raise Conflict("people can be included and excluded by hand already")
    name = segment.name[:150]
    with transaction.atomic():
        always = lists.create(_("%(name)s: always in") % {"name": name}, by=by)
        never = lists.create(_("%(name)s: never in") % {"name": name}, by=by)
        either = {"any": [segment.rule, {"list": str(always.id)}]}
        service.update_segment(segment, rule={"all": [either, {"not": {"list": str(never.id)}}]}, by=by)
    return ByHand(always.id, never.id)
