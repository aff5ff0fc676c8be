"""`{"sample": {"percent": 10, "salt": "x"}}`: a lasting random share of people, the same ones for the same salt."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from quen.segments import words
from quen.segments.cases import Case
from quen.segments.columns import quote
from quen.segments.conditions.base import Condition, Evaluate, Kind, Parser, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import N_, Place, check_fields, percent, required, text
from quen.segments.moments import FOREVER
from quen.segments.naming import Naming

_STEPS = 1_000_000


class Sample(Condition, frozen=True):
    percent: int | float
    salt: str

    def to_json(self) -> dict[str, Any]:
        return {"sample": {"percent": self.percent, "salt": self.salt}}

    def _below(self) -> int:
        return round(self.percent * _STEPS / 100)

    def sql(self, context: SqlContext) -> str:
        digest = f"MD5(concat({quote(self.salt + ':')}, toString(id)))"
        return f"reinterpretAsUInt32(substring({digest}, 1, 4)) % {_STEPS} < {self._below()}"

    def live(self, wiring: Wiring) -> Evaluate:
        below, prefix = self._below(), f"{self.salt}:"

        def evaluate(state: LiveState, person: Person, now: int) -> tuple[bool, int]:
            digest = hashlib.md5(f"{prefix}{person.id}".encode(), usedforsecurity=False).digest()
            return int.from_bytes(digest[:4], "little") % _STEPS < below, FOREVER

        return evaluate

    def words(self, language: str, names: Naming) -> str:
        share = words.number(self.percent, language)
        return {
            "en": f"is among a random {share}% of everyone",
            "vi": f"thuộc {share}% khách hàng được chọn ngẫu nhiên",
        }[language]

    def negated_words(self, language: str, names: Naming) -> str:
        said = self.words(language, names)
        return said.replace("is among", "is not among", 1) if language == "en" else f"không {said}"


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Sample:
    check_fields(obj, place, ("sample",))
    spec, at = obj["sample"], place["sample"]
    if not isinstance(spec, Mapping):
        raise at.error(N_('an object is needed, such as {"percent": 10, "salt": "x"}'))
    check_fields(spec, at, ("percent", "salt"))
    share = percent(required(spec, "percent", at), at["percent"])
    return Sample(share, text(required(spec, "salt", at), at["salt"], 100))


_CASES = (
    Case("all of them", {"sample": {"percent": 100, "salt": "x"}}, True),
    Case("none of them", {"sample": {"percent": 0, "salt": "x"}}, False),
)

KIND = Kind("sample", _parse, _CASES)
