"""`{"sequence": [{"event": "A"}, {"event": "B", "not": true}], "within": "3d"}`: did A and, within the span, not B.

Parsed and said; neither evaluator has it yet.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from quen.segments import words
from quen.segments.conditions.base import Condition, Kind, Parser
from quen.segments.grammar import N_, Place, check_fields, duration, duration_text, required, text
from quen.segments.where import Where, parse_where

_MAX_STEPS = 10


class Step(msgspec.Struct, frozen=True):
    event: str
    absent: bool = False
    where: tuple[Where, ...] = ()

    def to_json(self) -> dict[str, Any]:
        obj: dict[str, Any] = {"event": self.event}
        if self.absent:
            obj["not"] = True
        if self.where:
            obj["where"] = [item.to_json() for item in self.where]
        return obj


class Sequence(Condition, frozen=True):
    steps: tuple[Step, ...]
    span: int

    def to_json(self) -> dict[str, Any]:
        return {"sequence": [step.to_json() for step in self.steps], "within": duration_text(self.span)}

    def words(self, language: str, name_of: Callable[[int], str]) -> str:
        first, *rest = self.steps
        said = {"en": "did ", "vi": "đã "}[language] + first.event
        for step in rest:
            joint = {
                "en": ", then did not do " if step.absent else ", then did ",
                "vi": ", sau đó không " if step.absent else ", sau đó ",
            }
            said += joint[language] + step.event
        span = words.span(self.span, language)
        return said + (f" within {span}" if language == "en" else f" trong vòng {span}")


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Sequence:
    check_fields(obj, place, ("sequence", "within"))
    items, at = obj["sequence"], place["sequence"]
    if not isinstance(items, list) or not 2 <= len(items) <= _MAX_STEPS:
        raise at.error(N_("a list of 2 to {most} steps is needed"), most=_MAX_STEPS)
    steps = []
    for index, item in enumerate(items):
        here = at[index]
        parser.count(here)
        if not isinstance(item, Mapping):
            raise here.error(N_('a step is needed, such as {"event": "Order Completed"}'))
        check_fields(item, here, ("event", "not", "where"))
        absent = item.get("not", False)
        if not isinstance(absent, bool):
            raise here["not"].error(N_("true or false is needed"))
        where = parse_where(item["where"], here["where"], parser.count) if "where" in item else ()
        steps.append(Step(text(required(item, "event", here), here["event"], 200), absent, where))
    if steps[0].absent:
        raise at[0]["not"].error(N_("the first step must be one that was done"))
    return Sequence(tuple(steps), duration(required(obj, "within", place), place["within"]))


KIND = Kind(
    "sequence",
    _parse,
    not_evaluated=N_(
        "sequences cannot be evaluated yet; use two conditions with windows, such as did A within 3d and"
        " did not do B within 3d"
    ),
)
