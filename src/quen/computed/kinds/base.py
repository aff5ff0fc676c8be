"""What a kind of computed trait is. A file in this folder that defines `KIND` is a kind; nothing else names it.

A kind answers for one person at one instant, in three ways: live, as SQL, and as a sentence. What it needs of events it
lets the live program follow just as a segment does: the same atoms, folds and windows (`segments.aggregates`).

    {"kind": "sum", "event": "Order Completed", "property": "total", "within": "30d", "where": [...]}

The spec is what a person gave; `parse` makes of it an operand, immutable, of which `to_json` is the canonical spec. The
value is JSON: a number, a text, true or false, a list of texts, or, of a kind with `parts`, an object of those. None is
"no value": the trait is then missing. Values of two people compare with `==`; live and SQL give the same.

Kinds about events, which give one value, are made in a few lines on `events.EventKind`. A kind that needs more says
what it follows itself:

    class Recency(Kind):
        def follows(self, operand, zone):
            return (LAST_ORDER.followed(operand, zone),)   # one `Followed` for each state that is kept

        def live(self, operand, wiring):
            number = wiring.follow_events(self.follows(operand, wiring.zone)[0])
            fold = ...                                     # `fold.truth(state, now)` gives (result, until)

            def answer(state, person, now):
                result, until = fold.truth(state.atom(number), now)
                return value, until                        # until: the exact instant at which the value may change

Whatever changes the value by time alone must be in `until`: the profile is woken then. `wiring.follow_trait(path)` has
it asked again when a trait changes; a path below `computed` is not for kinds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import msgspec

from quen.segments.conditions.base import Followed, SqlContext, Wiring
from quen.segments.facts import LiveState, Person
from quen.segments.grammar import Place
from quen.segments.words import Text

Answer = Callable[[LiveState, Person, int], tuple[Any, int]]
"""Of a state, a person and now (ms UTC): the value, and until which instant it surely stays so if nothing happens."""


class Field(msgspec.Struct, frozen=True):
    """One field of a spec: from these the form, the reference and the check for unknown fields are made.

    `kind`: event, property, window (within or between), where, number, text, duration, choice.
    """

    key: str
    kind: str
    label: Text
    required: bool = False
    help: Text = msgspec.field(default_factory=lambda: {"en": "", "vi": ""})
    choices: tuple[tuple[str, Text], ...] = ()
    usual: str = ""  # what a spec without it means; the form begins with it


class Kind(ABC):
    name: ClassVar[str]
    order: ClassVar[int]  # place in the menu
    label: ClassVar[Text]
    help: ClassVar[Text]
    fields: ClassVar[tuple[Field, ...]]
    gives: ClassVar[str]  # number, text, value (any of those), list, object: what rules are offered of it
    parts: ClassVar[Mapping[str, tuple[Text, str]]] = {}  # of an object: name → (label, what it gives)
    named: ClassVar[Mapping[str, Mapping[str, Text]]] = {}  # part, or "" → value → what people call it
    told: ClassVar[bool] = True  # whether its changes are kept as history; not what changes with every day

    @abstractmethod
    def parse(self, spec: Mapping[str, Any], place: Place) -> Any:
        """The operand. `spec` is without `kind`. Raises RuleError pointing at the place."""

    @abstractmethod
    def to_json(self, operand: Any) -> dict[str, Any]:
        """The canonical spec, without `kind`."""

    @abstractmethod
    def follows(self, operand: Any, zone: ZoneInfo) -> Sequence[Followed]:
        """Everything it keeps of events."""

    @abstractmethod
    def live(self, operand: Any, wiring: Wiring) -> Answer: ...

    @abstractmethod
    def sql(self, operand: Any, context: SqlContext) -> str:
        """A query of (person, result), at most one row a person, for those of `context.among` (nobody named: everyone).
        People about whose events there is nothing may be left out: `of_sql(operand, None, …)` is theirs."""

    @abstractmethod
    def of_sql(self, operand: Any, result: Any, now: int) -> Any:
        """The value, of a result of the query as the event store's JSON gives it; None for whom it left out."""

    @abstractmethod
    def words(self, operand: Any, language: str) -> str:
        """What it is, as a phrase in `vi` or `en`: "total of Order Completed in the last 30 days"."""

    def events(self, operand: Any) -> frozenset[str]:
        """Names of the events it asks about: whoever makes one is warned of those that nobody sends."""
        return frozenset()

    def said(self, value: Any, language: str) -> str:
        """A value in words, where it is not said as it is; else nothing."""
        names = self.named.get("", {})
        return names[value][language] if isinstance(value, str) and value in names else ""
