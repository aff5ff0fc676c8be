"""The rule of a segment: parsed and validated whole, canonical, hashed, said in words.

The grammar is the contract's. Its parts are files: `conditions/` (all, any, not, trait, event, …), `operators/` (on
values), `aggregates/` (over events). A new part is a new file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import msgspec

from quen.profiles.mirror import NOWHERE
from quen.profiles.state import COMPUTED, NEXT
from quen.segments.conditions import KINDS
from quen.segments.conditions.all_ import AllOf
from quen.segments.conditions.any_ import AnyOf
from quen.segments.conditions.base import Condition, Parser
from quen.segments.conditions.list_ import InList
from quen.segments.conditions.not_ import Not
from quen.segments.conditions.segment import InSegment
from quen.segments.conditions.trait import Trait
from quen.segments.grammar import MAX_SIZE, N_, Place, RuleError
from quen.segments.naming import PLAIN, Naming
from quen.segments.words import tongue

_encode = msgspec.json.Encoder(order="sorted").encode


class Rule(msgspec.Struct, frozen=True, dict=True):
    """A parsed rule. Two rules that mean the same by their writing have the same `hash`."""

    root: Condition

    @cached_property
    def json(self) -> dict[str, Any]:
        """The canonical form."""
        return self.root.to_json()

    @cached_property
    def hash(self) -> str:
        return digest(self.json)

    def conditions(self) -> Iterator[Condition]:
        """Every condition, from the outside in."""
        waiting = [self.root]
        while waiting:
            condition = waiting.pop()
            yield condition
            waiting.extend(reversed(condition.parts()))

    def segments(self) -> set[int]:
        """Ids of the segments that it refers to."""
        return {c.segment_id for c in self.conditions() if isinstance(c, InSegment)}

    def computed(self) -> set[str]:
        """Names of the computed traits that it asks for."""
        return {name for c in self.conditions() if isinstance(c, Trait) and (name := computed_name(c.trait))}

    def lists(self) -> set[int]:
        """Ids of the static lists that it refers to."""
        return {c.list_id for c in self.conditions() if isinstance(c, InList)}


def parse_rule(obj: Any) -> Rule:
    """The rule that a JSON value (already decoded) says.

    Raises RuleError, whose `details["path"]` points at the place (`$.any[0].where[1].op`).
    """
    rule = Rule(Parser(KINDS).parse(obj, Place()))
    if len(_encode(rule.json)) > MAX_SIZE:
        raise Place().error(N_("the rule is too large: at most {most} characters of JSON"), most=MAX_SIZE)
    return rule


def placed(rule: Rule, slots: Mapping[int, int], traits: Mapping[str, str]) -> Rule:
    """The rule as the live program follows it: segments by their slots, computed traits (by name) where the values are
    that it is to see. What is not given stays as it is, but that nobody can ask for what waits."""
    return Rule(_placed(rule.root, slots, traits))


def _placed(condition: Condition, slots: Mapping[int, int], traits: Mapping[str, str]) -> Condition:
    replace = msgspec.structs.replace
    match condition:
        case AllOf() | AnyOf():
            return replace(condition, items=tuple(_placed(item, slots, traits) for item in condition.items))
        case Not():
            return replace(condition, item=_placed(condition.item, slots, traits))
        case InSegment():
            return replace(condition, segment_id=slots.get(condition.segment_id, condition.segment_id))
        case Trait() if condition.trait.partition(".")[0] == NEXT:
            return replace(condition, trait=NOWHERE)
        case Trait() if (name := computed_name(condition.trait)) in traits:
            whole = f"{COMPUTED}.{name}"
            return replace(condition, trait=traits[name] + condition.trait.removeprefix(whole))
    return condition


def computed_name(path: str) -> str:
    """The name of the computed trait at a path of traits; "": it is another trait."""
    first, _, rest = path.partition(".")
    return rest.partition(".")[0] if first == COMPUTED else ""


def rule_to_json(rule: Rule) -> dict[str, Any]:
    return rule.json


def digest(canonical: Any) -> str:
    """A lasting name for a canonical JSON value: 64 hexadecimal digits."""
    return hashlib.sha256(_encode(canonical)).hexdigest()


def describe(rule: Rule, language: str, names: Naming = PLAIN) -> str:
    """The rule as a sentence in `vi` or `en`."""
    return sentence(rule.root, language, names)


def sentence(condition: Condition, language: str, names: Naming = PLAIN) -> str:
    """One condition as a sentence. The name of a trait at its beginning stays as it is written."""
    said = condition.words(tongue(language), names)
    first = condition
    while parts := first.parts():
        first = parts[0]
    return said if isinstance(first, Trait) and said.startswith(first.trait) else said[:1].upper() + said[1:]


__all__ = ["Rule", "RuleError", "describe", "digest", "parse_rule", "rule_to_json", "sentence"]
