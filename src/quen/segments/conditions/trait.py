"""`{"trait": "city", "op": "eq", "value": "Hà Nội"}`: something known about the person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quen.profiles.mirror import AS_NAMED, Sides
from quen.profiles.state import COMPUTED, NEXT
from quen.segments.about import Facts, Metas, Traits
from quen.segments.cases import Case
from quen.segments.columns import Column, any_of, quote
from quen.segments.conditions.base import Condition, Evaluate, Kind, Parser, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import N_, Place, check_fields, name, required
from quen.segments.moments import FOREVER
from quen.segments.naming import Naming
from quen.segments.operators import OPERATORS
from quen.segments.values import reader


class Trait(Condition, frozen=True):
    trait: str
    op: str
    operand: Any

    def to_json(self) -> dict[str, Any]:
        return {"trait": self.trait, "op": self.op, **OPERATORS[self.op].to_json(self.operand)}

    def sql(self, context: SqlContext) -> str:
        return OPERATORS[self.op].sql(self.operand, column(self.trait, context.sides), context.now, context.zone)

    def live(self, wiring: Wiring) -> Evaluate:
        wiring.follow_trait(self.trait)
        operator = OPERATORS[self.op]
        if operator.moving:
            read, watch = operator.reader(self.trait), operator.watch(self.operand, wiring.zone)
            return lambda state, person, now: watch(read(person.traits), now)
        passes = operator.filter(self.trait, self.operand, wiring.zone)

        def evaluate(state: LiveState, person: Person, now: int) -> tuple[bool, int]:
            return passes(person.traits), FOREVER

        return evaluate

    def about(self, traits: Traits, metas: Metas) -> Facts:
        value = reader(AS_NAMED.path(self.trait))(traits)  # what waits is told to nobody
        return Facts("trait", (self.trait, value))

    def words(self, language: str, names: Naming) -> str:
        return self._said(self.op, language, names)

    def negated_words(self, language: str, names: Naming) -> str:
        if opposite := OPERATORS[self.op].opposite:
            return self._said(opposite, language, names)
        return super().negated_words(language, names)

    def _said(self, op: str, language: str, names: Naming) -> str:
        operator, operand = OPERATORS[op], self.operand
        if operator.of_values:
            several = isinstance(operand, tuple)
            named = tuple(names.value(self.trait, each) for each in (operand if several else (operand,)))
            operand = named if several else named[0]
        return f"{names.trait(self.trait)} {operator.words(operand, language)}"


def column(path: str, sides: Sides) -> Column:
    """Where the mirror of profiles has the trait of this name."""
    if path == COMPUTED and sides.turned:
        return _Computed(sides.turned)
    return Column("traits", sides.path(path))


class _Computed(Column):
    """All computed traits together, on whichever side each is: whether there is any can be asked of it."""

    def __init__(self, turned: frozenset[str]) -> None:
        super().__init__("traits", COMPUTED)
        self._turned = sorted(turned)

    @property
    def present(self) -> str:
        names = ", ".join(map(quote, self._turned))
        straight = f"arrayExists(x -> splitByChar('.', x)[1] NOT IN ({names}), JSONAllPaths({self._object}))"
        return any_of([straight, *(Column("traits", f"{NEXT}.{name}").present for name in self._turned)])


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Trait:
    trait = name(obj["trait"], place["trait"])
    op = required(obj, "op", place)
    operator = OPERATORS.get(op) if isinstance(op, str) else None
    if operator is None:
        raise place["op"].error(N_("unknown operator; known here: {known}"), known=", ".join(OPERATORS))
    check_fields(obj, place, ("trait", "op", *operator.fields))
    return Trait(trait, operator.name, operator.parse(obj, place))


_TAGS, _CITY = {"trait": "tags", "op": "in", "value": ["vip", 5]}, {"trait": "address.city", "op": "eq", "value": "Huế"}
_BORN: dict[str, Any] = {"trait": "birthday", "op": "anniversary", "within": "242d"}  # to 28 February 2027, from noon
_CASES = (
    Case("an object's part", _CITY, True, (), {"address": {"city": "Huế", "street": "Lê Lợi"}}),
    Case("written flat", _CITY, True, (), {"address.city": "Huế"}),
    Case("of a list of objects there is none", _CITY, False, (), {"address": [{"city": "Huế"}]}),
    Case("the object is a text now", _CITY, False, (), {"address": "Huế"}),
    Case("an element of a list", _TAGS, True, (), {"tags": ["new", "vip"]}),
    Case("an element that is a number in a text", _TAGS, True, (), {"tags": ["5"]}),
    Case("an element of a list inside", {**_TAGS, "trait": "shop.tags"}, True, (), {"shop": {"tags": [1, 5]}}),
    Case("no element", {"trait": "tags", "op": "not_in", "value": ["vip"]}, True, (), {"tags": ["new"]}),
    Case("a number that came as text", {"trait": "spent", "op": "gte", "value": 5}, True, (), {"spent": "5.50"}),
    Case("a number beyond all", {"trait": "spent", "op": "gt", "value": 1e18}, True, (), {"spent": 1e300}),
    Case("29 February is kept on the 28th", _BORN, True, (), {"birthday": "1992-02-29"}),
    Case("and a day earlier it is too far", {**_BORN, "within": "241d"}, False, (), {"birthday": "1992-02-29"}),
    Case("what nobody has", {"trait": "no.body", "op": "exists"}, False, (), {"city": "Huế"}),
)

KIND = Kind("trait", _parse, _CASES)
