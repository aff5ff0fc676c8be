"""`{"segment": "ID"}`: is in another segment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quen.segments.about import OfMembers
from quen.segments.conditions.base import Condition, Evaluate, Kind, Parser, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import N_, Place, check_fields
from quen.segments.moments import FOREVER
from quen.segments.naming import Naming
from quen.segments.rows import Told


class InSegment(Condition, frozen=True):
    segment_id: int

    def to_json(self) -> dict[str, Any]:
        return {"segment": str(self.segment_id)}

    def sql(self, context: SqlContext) -> str:
        return context.rule_of(self.segment_id).sql(context)

    def told(self, context: SqlContext) -> Told | None:
        return context.rule_of(self.segment_id).told(context)

    def live(self, wiring: Wiring) -> Evaluate:
        segment_id = self.segment_id
        wiring.follow_segment(segment_id)

        def evaluate(state: LiveState, person: Person, now: int) -> tuple[bool, int]:
            # When the other one flips by time, this one is evaluated with it.
            return segment_id in state.members, FOREVER

        return evaluate

    def asks(self, context: SqlContext) -> OfMembers:
        return OfMembers(self.segment_id)

    def words(self, language: str, names: Naming) -> str:
        return {"en": "is in segment ", "vi": "thuộc phân khúc "}[language] + f"“{names.segment(self.segment_id)}”"

    def negated_words(self, language: str, names: Naming) -> str:
        said = {"en": "is not in segment ", "vi": "không thuộc phân khúc "}[language]
        return said + f"“{names.segment(self.segment_id)}”"


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> InSegment:
    check_fields(obj, place, ("segment",))
    value = obj["segment"]
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 19:
        raise place["segment"].error(N_("the id of a segment is needed, a text of digits"))
    return InSegment(int(value))


KIND = Kind("segment", _parse)
