"""What is kept live of a person's events, and who asks about it.

A series is what is kept of some events; a fold is one question about it. Questions that need the same, but for how much
of it, share one series: *bought within 3 days*, *twice within 30* and *not within 90* are one list of times. A state is
JSON-like and compact; None is "nothing yet".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from quen.segments.facts import Fact


class Fold(Protocol):
    """A question about a series."""

    def truth(self, state: Any, now: int) -> Answer:
        """Whether it holds at `now`, and until which instant it surely stays so if nothing happens.

        For a computed trait: the value at `now`, which is compared with `==` alike."""

    def together(self, askers: Sequence[Asker]) -> Series:
        """The series for all these, of which this fold is the first one's."""


class Asker(NamedTuple):
    """Who asks: the position in the program of a segment, or of a computed trait (`value`), which is asked again
    whenever something changes. `alone`: the segment asks nothing else, so the answer is its truth."""

    fold: Any
    position: int
    value: bool = False
    alone: bool = False


Answer = tuple[Any, int]
"""As `Fold.truth` gives it."""

Told = Mapping[int, Answer | None]
"""Positions of those who are told, with the answer; None: it has to be asked for."""

NOBODY: Told = {}


class Series(Protocol):
    def add(self, state: Any, fact: Fact, now: int) -> Any:
        """The state with one more fact, in any order of time. May change `state` in place."""

    def take(self, state: Any, fact: Fact, now: int) -> tuple[Any, Told]:
        """The same, and those for whom it may be other than before, or may last less long.

        Of all others whatever was concluded still stands, for at least as long (decision 30)."""

    def merge(self, one: Any, other: Any) -> Any:
        """The state of two people who became one."""

    def unite(self, states: Sequence[Any]) -> Any:
        """One state of several of the same person, each of which has kept enough for some of those who ask. So an older
        Quen wrote them."""


class OwnFold(ABC):
    """A fold with a series of its own: all who ask ask the same, and are asked again with every fact."""

    @abstractmethod
    def add(self, state: Any, fact: Fact, now: int) -> Any:
        """As of a series."""

    @abstractmethod
    def merge(self, one: Any, other: Any) -> Any:
        """As of a series."""

    @abstractmethod
    def truth(self, state: Any, now: int) -> Answer:
        """As of a fold."""

    def together(self, askers: Sequence[Asker]) -> Series:
        return _Own(self, askers)


class _Own:
    def __init__(self, fold: OwnFold, askers: Sequence[Asker]) -> None:
        self.add, self.merge = fold.add, fold.merge
        self._everyone = unanswered(asker.position for asker in askers)

    def take(self, state: Any, fact: Fact, now: int) -> tuple[Any, Told]:
        return self.add(state, fact, now), self._everyone

    def unite(self, states: Sequence[Any]) -> Any:
        return states[-1]


def unanswered(positions: Iterable[int]) -> Told:
    return dict.fromkeys(positions)


def always(askers: Sequence[Asker]) -> Told:
    """Those who ask for a value."""
    return unanswered(asker.position for asker in askers if asker.value)


def truths(askers: Sequence[Asker], state: Any, now: int) -> list[Answer]:
    return [asker.fold.truth(state, now) for asker in askers]


def changed(askers: Sequence[Asker], before: Sequence[Answer], after: Sequence[Answer]) -> Told:
    """Those who ask for a value, and those for whom the truth is another, or lasts less long."""
    return {
        asker.position: answer if asker.alone else None
        for asker, (truth, until), answer in zip(askers, before, after, strict=True)
        if asker.value or answer[0] != truth or answer[1] < until
    }
