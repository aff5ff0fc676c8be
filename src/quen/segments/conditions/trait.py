"""`{"trait": "city", "op": "eq", "value": "Hà Nội"}`: something known about the person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from quen.segments.columns import Column
from quen.segments.conditions.base import Condition, Evaluate, Kind, Parser, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import N_, Place, check_fields, name, required
from quen.segments.moments import FOREVER
from quen.segments.operators import OPERATORS


class Trait(Condition, frozen=True):
    trait: str
    op: str
    operand: Any

    def to_json(self) -> dict[str, Any]:
        return {"trait": self.trait, "op": self.op, **OPERATORS[self.op].to_json(self.operand)}

    def sql(self, context: SqlContext) -> str:
        return OPERATORS[self.op].sql(self.operand, Column("traits", self.trait), context.now, context.zone)

    def live(self, wiring: Wiring) -> Evaluate:
        wiring.follow_trait(self.trait)
        operator = OPERATORS[self.op]
        read = operator.reader(self.trait)
        if operator.moving:
            watch = operator.watch(self.operand, wiring.zone)
            return lambda state, person, now: watch(read(person.traits), now)
        test = operator.test(self.operand, wiring.zone)

        def evaluate(state: LiveState, person: Person, now: int) -> tuple[bool, int]:
            return test(read(person.traits)), FOREVER

        return evaluate

    def words(self, language: str, name_of: Callable[[int], str]) -> str:
        return f"{self.trait} {OPERATORS[self.op].words(self.operand, language)}"


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Trait:
    trait = name(obj["trait"], place["trait"])
    op = required(obj, "op", place)
    operator = OPERATORS.get(op) if isinstance(op, str) else None
    if operator is None:
        raise place["op"].error(N_("unknown operator; known here: {known}"), known=", ".join(OPERATORS))
    check_fields(obj, place, ("trait", "op", *operator.fields))
    return Trait(trait, operator.name, operator.parse(obj, place))


KIND = Kind("trait", _parse)
