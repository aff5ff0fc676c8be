"""`{"list": "ID"}`: is on a list that was made by file or by hand.

Parsed and said; neither evaluator has it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from quen.segments.conditions.base import Condition, Kind, Parser
from quen.segments.grammar import N_, Place, check_fields, text


class InList(Condition, frozen=True):
    list_id: str

    def to_json(self) -> dict[str, Any]:
        return {"list": self.list_id}

    def words(self, language: str, name_of: Callable[[int], str]) -> str:
        return {"en": "is on list ", "vi": "có trong danh sách "}[language] + self.list_id


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> InList:
    check_fields(obj, place, ("list",))
    return InList(text(obj["list"], place["list"], 100))


def _refuse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Condition:
    _parse(obj, place, parser)
    raise place["list"].error(N_("lists cannot be evaluated yet"))


KIND = Kind("list", _refuse)
