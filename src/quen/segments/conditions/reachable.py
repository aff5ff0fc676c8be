"""`{"reachable": "email"}`: a message can be sent to the person on this channel: a usable address, not suppressed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from quen.profiles.marks import ADDRESS, SUPPRESSED
from quen.segments.about import Facts, Metas, Traits
from quen.segments.cases import Case
from quen.segments.columns import Column, holds, quote
from quen.segments.conditions.base import Condition, Evaluate, Kind, Parser, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import N_, Place, check_fields
from quen.segments.moments import FOREVER
from quen.segments.naming import Naming
from quen.segments.operators.matches import compiled
from quen.segments.reach import CHANNELS
from quen.segments.values import reader


class Reachable(Condition, frozen=True):
    channel: str

    def to_json(self) -> dict[str, Any]:
        return {"reachable": self.channel}

    def sql(self, context: SqlContext) -> str:
        channel = CHANNELS[self.channel]
        suppressed = f"ifNull({Column('traits', SUPPRESSED + self.channel).only('String')}, '')"
        options = [Column("traits", trait).only("String") for trait in channel.traits]
        usable = ", ".join(f"match({each}, {quote(channel.pattern)}), {each} != {suppressed}" for each in options)
        return holds(f"multiIf({usable}, false)")

    def live(self, wiring: Wiring) -> Evaluate:
        suppressed = SUPPRESSED + self.channel
        for name in (*CHANNELS[self.channel].traits, suppressed):
            wiring.follow_trait(name)
        find, read = _finder(self.channel), reader(suppressed)

        def evaluate(state: LiveState, person: Person, now: int) -> tuple[bool, int]:
            _, address = find(person.traits)
            return address is not None and address != read(person.traits), FOREVER

        return evaluate

    def about(self, traits: Traits, metas: Metas) -> Facts:
        name, address = _finder(self.channel)(traits)
        suppressed = address is not None and address == traits.get(SUPPRESSED + self.channel)
        return Facts("address", (name.removeprefix(ADDRESS), address), suppressed=suppressed)

    def words(self, language: str, names: Naming) -> str:
        return {"en": "can be reached by ", "vi": "liên lạc được qua "}[language] + CHANNELS[self.channel].label[
            language
        ]

    def negated_words(self, language: str, names: Naming) -> str:
        said = {"en": "cannot be reached by ", "vi": "không liên lạc được qua "}[language]
        return said + CHANNELS[self.channel].label[language]


def _finder(channel: str) -> Callable[[Traits], tuple[str, str | None]]:
    """A function of traits: where the first usable address stands, and the address; of none, where it would."""
    names, search = CHANNELS[channel].traits, compiled(CHANNELS[channel].pattern).search
    reads = [(name, reader(name)) for name in names]

    def find(traits: Traits) -> tuple[str, str | None]:
        for name, read in reads:
            address = read(traits)
            if address.__class__ is str and search(address) is not None:
                return name, address
        return names[0], None

    return find


def _parse(obj: Mapping[str, Any], place: Place, parser: Parser) -> Reachable:
    check_fields(obj, place, ("reachable",))
    channel = obj["reachable"]
    if not isinstance(channel, str) or channel not in CHANNELS:
        raise place["reachable"].error(N_("unknown channel; known here: {known}"), known=", ".join(CHANNELS))
    return Reachable(channel)


_BY_MAIL, _LAN = {"reachable": "email"}, "lan@example.com"
_CASES = (
    Case("has an address", _BY_MAIL, True, (), {"email": _LAN}),
    Case("has none", _BY_MAIL, False),
    Case("what is there is no address", _BY_MAIL, False, (), {"email": "lan tại example"}),
    Case("nor is a list", _BY_MAIL, False, (), {"email": [_LAN]}),
    Case("it is suppressed", _BY_MAIL, False, (), {"email": _LAN, f"{SUPPRESSED}email": _LAN}),
    Case("another one was", _BY_MAIL, True, (), {"email": _LAN, f"{SUPPRESSED}email": "old@example.com"}),
    Case("on another channel", _BY_MAIL, True, (), {"email": _LAN, f"{SUPPRESSED}sms": _LAN}),
    Case("an identifier serves", _BY_MAIL, True, (), {f"{ADDRESS}email": _LAN}),
    Case(
        "the trait counts first",
        _BY_MAIL,
        False,
        (),
        {"email": _LAN, f"{ADDRESS}email": "b@c.vn", f"{SUPPRESSED}email": _LAN},
    ),
    Case("a phone", {"reachable": "sms"}, True, (), {"phone": "+84912345678"}),
    Case("a phone that could not be cleaned", {"reachable": "sms"}, False, (), {"phone": "0912 345"}),
    Case("on Zalo", {"reachable": "zalo"}, True, (), {f"{ADDRESS}zalo_user_id": "2468013579"}),
    Case("not on Zalo", {"not": {"reachable": "zalo"}}, True, (), {"phone": "+84912345678"}),
    Case("a device", {"reachable": "push"}, True, (), {f"{ADDRESS}device_token": "abcdefgh12345"}),
)

KIND = Kind("reachable", _parse, _CASES)
