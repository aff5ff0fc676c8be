"""Filters on the properties of an event: a list (all of them), with groups `all`, `any` and `not` inside if need be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.segments.columns import Column, all_of, any_of, negate
from quen.segments.grammar import MAX_DEPTH, N_, Place, check_fields, name, required
from quen.segments.operators import OPERATORS
from quen.segments.operators.base import Filter


class Where(msgspec.Struct, frozen=True):
    """One filter, or a group of filters (`kind` all, any or not)."""

    kind: str
    parts: tuple[Where, ...] = ()
    property: str = ""
    op: str = ""
    operand: Any = None

    def to_json(self) -> dict[str, Any]:
        if self.kind == "property":
            return {"property": self.property, "op": self.op, **OPERATORS[self.op].to_json(self.operand)}
        if self.kind == "not":
            return {"not": self.parts[0].to_json()}
        return {self.kind: [part.to_json() for part in self.parts]}

    def properties(self) -> Iterator[str]:
        """The names of all properties it asks for."""
        if self.kind == "property":
            yield self.property
        for part in self.parts:
            yield from part.properties()

    def live(self, zone: ZoneInfo) -> Filter:
        if self.kind == "property":
            return OPERATORS[self.op].filter(self.property, self.operand, zone)
        parts = [part.live(zone) for part in self.parts]
        if self.kind == "not":
            return lambda properties: not parts[0](properties)
        if len(parts) == 1:
            return parts[0]
        decide = all if self.kind == "all" else any
        return lambda properties: decide(part(properties) for part in parts)

    def sql(self, now: int, zone: ZoneInfo) -> str:
        if self.kind == "property":
            return OPERATORS[self.op].sql(self.operand, Column("properties", self.property), now, zone)
        parts = [part.sql(now, zone) for part in self.parts]
        if self.kind == "not":
            return negate(parts[0])
        return all_of(parts) if self.kind == "all" else any_of(parts)

    def words(self, language: str) -> str:
        if self.kind == "property":
            return f"{self.property} {OPERATORS[self.op].words(self.operand, language)}"
        if self.kind == "not":
            return self.parts[0]._negated_words(language)
        joint = {"all": {"en": " and ", "vi": " và "}, "any": {"en": " or ", "vi": " hoặc "}}[self.kind][language]
        said = joint.join(part.words(language) for part in self.parts)
        return f"({said})" if self.kind == "any" and len(self.parts) > 1 else said

    def _negated_words(self, language: str) -> str:
        if self.kind == "property" and (opposite := OPERATORS[self.op].opposite):
            return f"{self.property} {OPERATORS[opposite].words(self.operand, language)}"
        said = self.words(language)
        bracketed = said if self.kind == "any" and len(self.parts) > 1 else f"({said})"
        return {"en": "not ", "vi": "không phải "}[language] + bracketed


def parse_where(value: Any, place: Place, count: Callable[[Place], None]) -> tuple[Where, ...]:
    """The filters of one event. `count` is told of each, for the limit on the size of a rule."""
    if not isinstance(value, list):
        raise place.error(N_("a list of filters is needed"))
    return tuple(_parse(item, place[index], count, 1) for index, item in enumerate(value))


def _parse(spec: Any, place: Place, count: Callable[[Place], None], depth: int) -> Where:
    count(place)
    if depth > MAX_DEPTH:
        raise place.error(N_("nested too deep: at most {most} levels"), most=MAX_DEPTH)
    if not isinstance(spec, Mapping):
        raise place.error(N_('a filter is needed, such as {"property": "total", "op": "gte", "value": 500000}'))
    for kind in ("all", "any"):
        if kind in spec:
            check_fields(spec, place, (kind,))
            items = spec[kind]
            if not isinstance(items, list) or not items:
                raise place[kind].error(N_("a list with at least one filter is needed"))
            parts = tuple(_parse(item, place[kind][i], count, depth + 1) for i, item in enumerate(items))
            return Where(kind, parts)
    if "not" in spec:
        check_fields(spec, place, ("not",))
        return Where("not", (_parse(spec["not"], place["not"], count, depth + 1),))
    property_ = name(required(spec, "property", place), place["property"])
    op = required(spec, "op", place)
    operator = OPERATORS.get(op) if isinstance(op, str) else None
    if operator is None:
        raise place["op"].error(N_("unknown operator; known here: {known}"), known=", ".join(OPERATORS))
    if operator.moving:
        raise place["op"].error(N_('moves with the clock: filter the event itself with "within" instead'))
    check_fields(spec, place, ("property", "op", *operator.fields))
    return Where("property", (), property_, operator.name, operator.parse(spec, place))
