"""A computed trait, read and checked: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from quen.computed.kinds import KINDS
from quen.computed.kinds.base import Answer, Kind
from quen.errors import InvalidInput
from quen.segments.conditions.base import SqlContext, Wiring
from quen.segments.grammar import MAX_SIZE, N_, Place, required
from quen.segments.rules import digest
from quen.segments.words import tongue

NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_encode = msgspec.json.encode


class ComputedTrait(msgspec.Struct, frozen=True, dict=True):
    """What is computed of a person. `operand` is what the kind's `parse` made."""

    name: str
    label: str
    kind: str
    operand: Any

    @property
    def of_kind(self) -> Kind:
        return KINDS[self.kind]

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The canonical form."""
        return {"kind": self.kind, **self.of_kind.to_json(self.operand)}

    @property
    def path(self) -> str:
        """The name of the trait in rules and templates."""
        return f"computed.{self.name}"

    def live(self, wiring: Wiring) -> Answer:
        return self.of_kind.live(self.operand, wiring)

    def atom_specs(self, zone: ZoneInfo) -> dict[str, Mapping[str, Any]]:
        """Key → canonical spec of everything that must be followed for it."""
        return {digest(followed.spec): followed.spec for followed in self.of_kind.follows(self.operand, zone)}

    def former_keys(self, zone: ZoneInfo) -> set[str]:
        """The keys by which an older Quen followed it, where it did so in another way."""
        formers = (followed.former for followed in self.of_kind.follows(self.operand, zone))
        return {digest(former) for former in formers if former is not None}

    def sql(self, context: SqlContext) -> str:
        return self.of_kind.sql(self.operand, context)

    def of_sql(self, result: Any, now: int) -> Any:
        return self.of_kind.of_sql(self.operand, result, now)

    def words(self, language: str) -> str:
        """A phrase, its first letter large but for names: "Number of Order Completed in the last 30 days"."""
        said = self.of_kind.words(self.operand, tongue(language))
        begins_with_name = said.startswith(getattr(self.operand, "property", "") or "\0")
        return said if begins_with_name else said[:1].upper() + said[1:]

    def events(self) -> frozenset[str]:
        return self.of_kind.events(self.operand)


def parse_computed(name: str, label: str, spec: Any) -> ComputedTrait:
    """Raises RuleError pointing at the place in the spec (`$.where[0].op`)."""
    place = Place()
    if not isinstance(spec, Mapping):
        raise place.error(N_('an object is needed, such as {"kind": "count", "event": "Order Completed"}'))
    kind_name = required(spec, "kind", place)
    kind = KINDS.get(kind_name) if isinstance(kind_name, str) else None
    if kind is None:
        raise place["kind"].error(N_("unknown kind; known here: {known}"), known=", ".join(KINDS))
    operand = kind.parse({key: value for key, value in spec.items() if key != "kind"}, place)
    found = ComputedTrait(name, label, kind.name, operand)
    if len(_encode(found.spec)) > MAX_SIZE:
        raise place.error(N_("the rule is too large: at most {most} characters of JSON"), most=MAX_SIZE)
    return found


def checked_name(name: Any) -> str:
    """A short name that rules and templates can hold as it is."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InvalidInput(
            "name: small letters a–z, digits and _ are needed, a letter first, at most 60", details={"path": "name"}
        )
    return name


def checked_label(label: Any) -> str:
    if not isinstance(label, str) or not label.strip():
        raise InvalidInput("label: a computed trait needs a label for people", details={"path": "label"})
    if len(label.strip()) > 200:
        raise InvalidInput("label: at most 200 characters", details={"path": "label"})
    return label.strip()
