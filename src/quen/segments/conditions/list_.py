"""`{"list": "ID"}`: is on a list that was made by file or by hand (`lists.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quen.profiles.marks import LIST
from quen.segments.about import Facts, Metas, Traits, since
from quen.segments.cases import Case
from quen.segments.columns import Column, holds
from quen.segments.conditions.base import Condition, Evaluate, Kind, Parser, SqlContext, Wiring
from quen.segments.grammar import N_, Place, check_fields
from quen.segments.moments import FOREVER
from quen.segments.naming import Naming


class InList(Condition, frozen=True):
    list_id: int

    def to_json(self) -> dict[str, Any]:
        return {"list": str(self.list_id)}

    def sql(self, context: SqlContext) -> str:
        return holds(Column("traits", f"{LIST}{self.list_id}").only("Bool"))

    def live(self, wiring: Wiring) -> Evaluate:
        name = f"{LIST}{self.list_id}"
        wiring.follow_trait(name)
        return lambda state, person, now: (person.traits.get(name) is True, FOREVER)

    def about(self, traits: Traits, metas: Metas) -> Facts:
        name = f"{LIST}{self.list_id}"
        return Facts("list", since=since(metas, name) if traits.get(name) is True else None)

    def words(self, language: str, names: Naming) -> str:
        return {"en": "is on the list ", "vi": "có trong danh sách "}[language] + f"“{names.segment(self.list_id)}”"

    def negated_words(self, language: str, names: Naming) -> str:
        said = {"en": "is not on the list ", "vi": "không có trong danh sách "}[language]
        return said + f"“{names.segment(self.list_id)}”"


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> InList:
    check_fields(obj, place, ("list",))
    value = obj["list"]
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > 19:
        raise place["list"].error(N_("the id of a list is needed, a text of digits"))
    return InList(int(value))


_CASES = (
    Case("on it", {"list": "5"}, True, (), {f"{LIST}5": True}),
    Case("on another one", {"list": "5"}, False, (), {f"{LIST}55": True}),
    Case("not on it", {"not": {"list": "5"}}, True),
)

KIND = Kind("list", _parse, _CASES)
