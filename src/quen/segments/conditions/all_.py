"""`{"all": […]}`: every condition holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from quen.segments.cases import BOUGHT, Case, bought
from quen.segments.columns import all_of
from quen.segments.conditions.base import Condition, Evaluate, Kind, Parser, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import N_, Place, check_fields
from quen.segments.moments import FOREVER
from quen.segments.naming import Naming
from quen.segments.rows import Told
from quen.segments.told import group_sql, together


class AllOf(Condition, frozen=True):
    items: tuple[Condition, ...]

    def parts(self) -> tuple[Condition, ...]:
        return self.items

    def join(self, truths: Sequence[bool]) -> bool:
        return all(truths)

    def bare(self) -> Condition:
        return self.items[0].bare() if len(self.items) == 1 else self

    def to_json(self) -> dict[str, Any]:
        return {"all": [item.to_json() for item in self.items]}

    def sql(self, context: SqlContext) -> str:
        return all_of(group_sql(self.items, context, every=True))

    def told(self, context: SqlContext) -> Told | None:
        return together(self.items, context, every=True)

    def live(self, wiring: Wiring) -> Evaluate:
        evaluates = [item.live(wiring) for item in self.items]
        if len(evaluates) == 1:
            return evaluates[0]

        def evaluate(state: LiveState, person: Person, now: int) -> tuple[bool, int]:
            # False stays false while any one of the false ones does; true while all do.
            false_until, true_until = 0, FOREVER
            for each in evaluates:
                truth, until = each(state, person, now)
                if truth:
                    if until < true_until:
                        true_until = until
                elif until == FOREVER:
                    return False, FOREVER
                elif until > false_until:
                    false_until = until
            return (False, false_until) if false_until else (True, true_until)

        return evaluate

    def words(self, language: str, names: Naming) -> str:
        return join_words(self.items, {"en": " and ", "vi": " và "}[language], language, names)


def join_words(items: tuple[Condition, ...], joint: str, language: str, names: Naming) -> str:
    """The sentences of a group; groups inside it in brackets."""
    said = []
    for item in items:
        sentence = item.words(language, names)
        said.append(f"({sentence})" if len(item.parts()) > 1 and len(items) > 1 else sentence)
    return joint.join(said)


def parse_items(obj: Mapping[str, Any], key: str, place: Place, parser: Parser) -> tuple[Condition, ...]:
    check_fields(obj, place, (key,))
    items = obj[key]
    if not isinstance(items, list) or not items:
        raise place[key].error(N_("a list with at least one condition is needed"))
    return tuple(parser.parse(item, place[key][index]) for index, item in enumerate(items))


_VIP = {"trait": "vip", "op": "eq", "value": True}
_CASES = (
    Case("both hold", {"all": [BOUGHT, _VIP]}, True, (bought(1),), {"vip": True}),
    Case("one does not", {"all": [BOUGHT, _VIP]}, False, (bought(1),)),
)

KIND = Kind("all", lambda obj, place, parser: AllOf(parse_items(obj, "all", place, parser)), _CASES)
