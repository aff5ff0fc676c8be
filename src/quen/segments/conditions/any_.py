"""`{"any": […]}`: at least one condition holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from quen.segments.cases import BOUGHT, Case, bought
from quen.segments.columns import any_of
from quen.segments.conditions.all_ import join_words, parse_items
from quen.segments.conditions.base import Condition, Evaluate, Kind, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.moments import FOREVER
from quen.segments.naming import Naming
from quen.segments.rows import Told
from quen.segments.told import group_sql, together


class AnyOf(Condition, frozen=True):
    items: tuple[Condition, ...]

    def parts(self) -> tuple[Condition, ...]:
        return self.items

    def join(self, truths: Sequence[bool]) -> bool:
        return any(truths)

    def bare(self) -> Condition:
        return self.items[0].bare() if len(self.items) == 1 else self

    def to_json(self) -> dict[str, Any]:
        return {"any": [item.to_json() for item in self.items]}

    def sql(self, context: SqlContext) -> str:
        return any_of(group_sql(self.items, context, every=False))

    def told(self, context: SqlContext) -> Told | None:
        return together(self.items, context, every=False)

    def live(self, wiring: Wiring) -> Evaluate:
        evaluates = [item.live(wiring) for item in self.items]
        if len(evaluates) == 1:
            return evaluates[0]

        def evaluate(state: LiveState, person: Person, now: int) -> tuple[bool, int]:
            # True stays true while any one of the true ones does; false while all do.
            true_until, false_until = 0, FOREVER
            for each in evaluates:
                truth, until = each(state, person, now)
                if not truth:
                    if until < false_until:
                        false_until = until
                elif until == FOREVER:
                    return True, FOREVER
                elif until > true_until:
                    true_until = until
            return (True, true_until) if true_until else (False, false_until)

        return evaluate

    def words(self, language: str, names: Naming) -> str:
        return join_words(self.items, {"en": " or ", "vi": " hoặc "}[language], language, names)


_VIP = {"trait": "vip", "op": "eq", "value": True}
_CASES = (
    Case("one holds", {"any": [BOUGHT, _VIP]}, True, (bought(1),)),
    Case("none does", {"any": [BOUGHT, _VIP]}, False),
)

KIND = Kind("any", lambda obj, place, parser: AnyOf(parse_items(obj, "any", place, parser)), _CASES)
