"""What an aggregate over events is: its operand, what is kept live for it, its SQL, its words.

A file in this folder that defines `AGGREGATE` is an aggregate. Nothing else needs to know of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from quen.segments.columns import TRUE, all_of
from quen.segments.grammar import Place, check_fields, name, required
from quen.segments.kept import Fold
from quen.segments.rows import Alone
from quen.segments.window import Window
from quen.segments.words import Text

# Whether a condition holds for who did nothing at all is easily overlooked: it is said.
NEVER: Text = {"en": " (or never)", "vi": " (hoặc chưa lần nào)"}
UTC = ZoneInfo("UTC")  # in whichever zone: nothing has no time


class Aggregate(ABC):
    name: ClassVar[str]
    order: ClassVar[int]
    label: ClassVar[Text]  # for the builder's list
    operators: ClassVar[str] = "number"  # count, number or value: which operators the builder offers

    @abstractmethod
    def parse(self, spec: Mapping[str, Any], place: Place) -> Any:
        """The operand, immutable."""

    @abstractmethod
    def to_json(self, operand: Any) -> dict[str, Any]: ...

    @abstractmethod
    def fold(self, operand: Any, window: Window, zone: ZoneInfo) -> Fold: ...

    def keeps(self, operand: Any, window: Window) -> dict[str, Any] | None:
        """What its fold needs of the events, in canonical JSON: whatever needs the same of the same events shares it,
        other operands, spans and aggregates too. None: it has a series of its own."""
        return None

    @abstractmethod
    def holds_on_nothing(self, operand: Any, zone: ZoneInfo) -> bool:
        """Whether it holds for a person without any such event."""

    @abstractmethod
    def having(self, operand: Any, now: int, zone: ZoneInfo, when: str = TRUE) -> str:
        """The condition on one person's events, of which only those count for which `when` holds; never NULL."""

    def alone(self, operand: Any, now: int, zone: ZoneInfo) -> Alone | None:
        """The same where nothing else is asked of the rows, if that is cheaper."""
        return None

    @abstractmethod
    def words(self, operand: Any, language: str) -> str:
        """What follows "Did X" in a sentence."""

    def sentence(self, operand: Any, event: str, when: str, filters: str, language: str) -> str:
        """The whole sentence. `when` is ready to follow, `filters` are bare; either may be empty."""
        never = NEVER[language] if self.holds_on_nothing(operand, UTC) else ""
        where = {"en": " where ", "vi": ", với "}[language] + filters if filters else ""
        return {"en": "did ", "vi": "đã "}[language] + event + self.words(operand, language) + never + when + where


def of_rows(function: str, expression: str, *when: str) -> str:
    """An aggregate function over those rows for which all these conditions hold."""
    condition = all_of(when)
    if condition == TRUE:
        return f"{function}({expression})"
    return f"{function}If({expression}{', ' if expression else ''}{condition})"


def parse_property(spec: Mapping[str, Any], place: Place) -> str:
    return name(required(spec, "property", place), place["property"])


def check_measure_fields(spec: Mapping[str, Any], place: Place, *more: str) -> None:
    check_fields(spec, place, (*more, "op", "value"))
