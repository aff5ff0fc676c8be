"""What an operator on a value is: its operand, its meaning in Python and in SQL, its words.

A file in this folder that defines `OPERATOR` is an operator of traits, of properties in `where`, and of `first` and
`last`. Nothing else needs to know of it: the parser, both evaluators, the sentences, the builder and the conformance
tests take it from here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from quen.segments.columns import Column
from quen.segments.grammar import Place, required
from quen.segments.values import Reader, reader, whole_reader
from quen.segments.words import Text

Test = Callable[[Any], bool]
Filter = Callable[[Mapping[str, Any]], bool]
Watch = Callable[[Any, int], tuple[bool, int]]
Example = tuple[dict[str, Any], Any, bool]  # the rule's operand fields, a value, whether it holds


class Operator(ABC):
    """One operator. Stateless; `operand` is what `parse` made: immutable and canonical."""

    name: ClassVar[str]
    order: ClassVar[int]  # place in the builder's list
    label: ClassVar[Text]  # for the builder's list
    operand: ClassVar[str]  # what the builder asks for: value, list, range, text, number, date, span, none
    fields: ClassVar[tuple[str, ...]] = ("value",)
    opposite: ClassVar[str] = ""  # the operator that holds exactly where this one does not, if there is one
    of_values: ClassVar[bool] = False  # its operand is one whole value, or a tuple of them: each may have a name
    moving: ClassVar[bool] = False  # its truth changes as time passes
    whole: ClassVar[bool] = False  # asks whether anything is there, objects too; to the others an object is no value
    examples: ClassVar[tuple[Example, ...]]  # run by the conformance tests on both evaluators

    def reader(self, path: str) -> Reader:
        """What reads the value that `test` and `watch` are asked of."""
        return whole_reader(path) if self.whole else reader(path)

    def parse(self, spec: Mapping[str, Any], place: Place) -> Any:
        return self.parse_value(required(spec, "value", place), place["value"])

    def to_json(self, operand: Any) -> dict[str, Any]:
        return {"value": operand}

    def parse_value(self, value: Any, place: Place) -> Any:
        raise NotImplementedError

    @abstractmethod
    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        """A function of a value (None: missing). Not asked of moving operators."""

    def filter(self, path: str, operand: Any, zone: ZoneInfo) -> Filter:
        """A function of the properties of an event: `test` of what `reader` reads."""
        read, test = self.reader(path), self.test(operand, zone)
        return lambda properties: test(read(properties))

    @abstractmethod
    def sql(self, operand: Any, column: Column, now: int, zone: ZoneInfo) -> str:
        """A condition that is never NULL."""

    @abstractmethod
    def words(self, operand: Any, language: str) -> str:
        """What follows the name in a sentence."""

    def watch(self, operand: Any, zone: ZoneInfo) -> Watch:
        """For moving operators: of a value and now, the truth and until when it surely stays so."""
        raise NotImplementedError


class MovingOperator(Operator):
    moving = True

    def test(self, operand: Any, zone: ZoneInfo) -> Test:
        raise NotImplementedError("its truth depends on the clock: use watch")
