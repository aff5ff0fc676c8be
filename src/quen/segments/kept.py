"""What is kept live of a person's events, and who asks about it.

A series is what is kept of some events; a fold is one question about it. Questions that need the same, but for how much
of it, share one series: *bought within 3 days*, *twice within 30* and *not within 90* are one list of times. A state is
JSON-like and compact; None is "nothing yet".
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, Protocol

from quen.segments.facts import Fact


class Fold(Protocol):
    """A question about a series."""

    def truth(self, state: Any, now: int) -> tuple[Any, int]:
        """Whether it holds at `now`, and until which instant it surely stays so if nothing happens.

        For a computed trait: the value at `now`, which is compared with `==` alike."""

    def together(self, askers: Sequence[Asker]) -> Series:
        """The series for all these, of which this fold is the first one's."""


class Asker(NamedTuple):
    """Who asks: the position in the program of a segment, or of a computed trait (`value`), which is asked again
    whenever something changes."""

    fold: Any
    position: int
    value: bool = False


class Series(Protocol):
    def add(self, state: Any, fact: Fact, now: int) -> Any:
        """The state with one more fact, in any order of time. May change `state` in place."""

    def take(self, state: Any, fact: Fact, now: int) -> tuple[Any, Collection[int]]:
        """The same, and the positions of those for whom it may be other than before, or may last less long.

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
    def truth(self, state: Any, now: int) -> tuple[Any, int]:
        """As of a fold."""

    def together(self, askers: Sequence[Asker]) -> Series:
        return _Own(self, askers)


class _Own:
    def __init__(self, fold: OwnFold, askers: Sequence[Asker]) -> None:
        self.add, self.merge = fold.add, fold.merge
        self._positions = positions(askers)

    def take(self, state: Any, fact: Fact, now: int) -> tuple[Any, Collection[int]]:
        return self.add(state, fact, now), self._positions

    def unite(self, states: Sequence[Any]) -> Any:
        return states[-1]


def positions(askers: Sequence[Asker]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(asker.position for asker in askers))


def always(askers: Sequence[Asker]) -> tuple[int, ...]:
    """The positions of those who ask for a value."""
    return positions([asker for asker in askers if asker.value])


def truths(askers: Sequence[Asker], state: Any, now: int) -> list[tuple[Any, int]]:
    return [asker.fold.truth(state, now) for asker in askers]


def changed(askers: Sequence[Asker], before: Sequence[tuple[Any, int]], after: Sequence[tuple[Any, int]]) -> list[int]:
    """The positions of those who ask for a value, and of those for whom the truth is another, or lasts less long."""
    return [
        asker.position
        for asker, (truth, until), (now_true, now_until) in zip(askers, before, after, strict=True)
        if asker.value or now_true != truth or now_until < until
    ]
