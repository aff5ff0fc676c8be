"""`{"reachable": "email"}`: a message can be sent to the person on this channel.

Parsed and said; neither evaluator has it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from quen.segments.conditions.base import Condition, Kind, Parser
from quen.segments.grammar import N_, Place, check_fields, text


class Reachable(Condition, frozen=True):
    channel: str

    def to_json(self) -> dict[str, Any]:
        return {"reachable": self.channel}

    def words(self, language: str, name_of: Callable[[int], str]) -> str:
        return {"en": "can be reached by ", "vi": "liên lạc được qua "}[language] + self.channel


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Reachable:
    check_fields(obj, place, ("reachable",))
    return Reachable(text(obj["reachable"], place["reachable"], 100))


def _refuse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Condition:
    _parse(obj, place, parser)
    raise place["reachable"].error(N_("reachability cannot be evaluated yet"))


KIND = Kind("reachable", _refuse)
