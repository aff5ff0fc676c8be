"""`{"consent": "marketing"}`: the person agreed to this purpose, and has not taken it back. No word is no consent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from quen.profiles.marks import CONSENT
from quen.segments.about import Facts, Metas, Traits, since
from quen.segments.cases import Case
from quen.segments.columns import Column, holds
from quen.segments.conditions.base import Condition, Evaluate, Kind, Parser, SqlContext, Wiring
from quen.segments.grammar import N_, Place, check_fields, text
from quen.segments.moments import FOREVER
from quen.segments.naming import Naming
from quen.segments.values import reader


class Consent(Condition, frozen=True):
    purpose: str

    def to_json(self) -> dict[str, Any]:
        return {"consent": self.purpose}

    def sql(self, context: SqlContext) -> str:
        return holds(Column("traits", CONSENT + self.purpose).only("Bool"))

    def live(self, wiring: Wiring) -> Evaluate:
        name = CONSENT + self.purpose
        wiring.follow_trait(name)
        read = reader(name)
        return lambda state, person, now: (read(person.traits) is True, FOREVER)

    def about(self, traits: Traits, metas: Metas) -> Facts:
        name = CONSENT + self.purpose
        word = traits.get(name)
        said = word if isinstance(word, bool) else None
        return Facts("consent", (self.purpose, said), since=None if said is None else since(metas, name))

    def words(self, language: str, names: Naming) -> str:
        return {"en": "has agreed to ", "vi": "đã đồng ý với "}[language] + self.purpose

    def negated_words(self, language: str, names: Naming) -> str:
        return {"en": "has not agreed to ", "vi": "chưa đồng ý với "}[language] + self.purpose


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Consent:
    check_fields(obj, place, ("consent",))
    purpose = text(obj["consent"], place["consent"], 100)
    if purpose != purpose.strip() or not all(purpose.split(".")):
        raise place["consent"].error(N_("not the name of a purpose"))
    return Consent(purpose)


_MARKETING = {"consent": "marketing"}
_CASES = (
    Case("said yes", _MARKETING, True, (), {f"{CONSENT}marketing": True}),
    Case("said no", _MARKETING, False, (), {f"{CONSENT}marketing": False}),
    Case("said nothing", _MARKETING, False),
    Case("said yes to something else", _MARKETING, False, (), {f"{CONSENT}analytics": True}),
    Case(
        "a trait of that name says nothing", _MARKETING, False, (), {"marketing": True, "consent": {"marketing": True}}
    ),
    Case("a name with a dot in it", {"consent": "ads.email"}, True, (), {f"{CONSENT}ads.email": True}),
    Case("has not agreed", {"not": _MARKETING}, True, (), {f"{CONSENT}marketing": False}),
)

KIND = Kind("consent", _parse, _CASES)
