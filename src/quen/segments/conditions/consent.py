"""`{"consent": "marketing"}`: the person agreed to this purpose.

Parsed and said; neither evaluator has it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from quen.segments.conditions.base import Condition, Kind, Parser
from quen.segments.grammar import N_, Place, check_fields, text


class Consent(Condition, frozen=True):
    purpose: str

    def to_json(self) -> dict[str, Any]:
        return {"consent": self.purpose}

    def words(self, language: str, name_of: Callable[[int], str]) -> str:
        return {"en": "has agreed to ", "vi": "đã đồng ý với "}[language] + self.purpose


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Consent:
    check_fields(obj, place, ("consent",))
    return Consent(text(obj["consent"], place["consent"], 100))


def _refuse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Condition:
    _parse(obj, place, parser)
    raise place["consent"].error(N_("consent cannot be evaluated yet"))


KIND = Kind("consent", _refuse)
