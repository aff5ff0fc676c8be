"""`{"not": …}`: the condition does not hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quen.segments.cases import BOUGHT, Case, bought
from quen.segments.columns import negate
from quen.segments.conditions.base import Condition, Evaluate, Kind, Parser, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import Place, check_fields
from quen.segments.naming import Naming
from quen.segments.rows import Alone, Told


class Not(Condition, frozen=True):
    item: Condition

    def parts(self) -> tuple[Condition, ...]:
        return (self.item,)

    def join(self, truths: Sequence[bool]) -> bool:
        return not truths[0]

    def to_json(self) -> dict[str, Any]:
        return {"not": self.item.to_json()}

    def sql(self, context: SqlContext) -> str:
        return negate(self.item.sql(context))

    def told(self, context: SqlContext) -> Told | None:
        told = self.item.told(context)
        if told is None:
            return None
        alone = told.alone and Alone(told.alone.halves, negate(told.alone.decides))
        return Told(told.rows, lambda meant: negate(told.decides(meant)), not told.nothing, told.whole, alone)

    def live(self, wiring: Wiring) -> Evaluate:
        inner = self.item.live(wiring)

        def evaluate(state: LiveState, person: Person, now: int) -> tuple[bool, int]:
            truth, until = inner(state, person, now)
            return not truth, until

        return evaluate

    def words(self, language: str, names: Naming) -> str:
        return self.item.negated_words(language, names)


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Not:
    check_fields(obj, place, ("not",))
    return Not(parser.parse(obj["not"], place["not"]))


_CASES = (
    Case("it does not hold", {"not": BOUGHT}, True),
    Case("it holds", {"not": BOUGHT}, False, (bought(1),)),
    Case("no and not makes yes", {"not": {"not": BOUGHT}}, True, (bought(1),)),
)

KIND = Kind("not", _parse, _CASES)
