"""Which of the values seen of a trait counts: a strategy for each trait, as a workspace sets it. Pure.

latest           the value of the latest event (the default)
first            the value of the earliest
most_frequent    the value seen most often; of equals the one seen last
source_priority  the latest value of the source that stands highest in a list
keep_all         a list of all values, oldest first

Every strategy counts only what is later than the last `null`: deleting a trait forgets what was seen before.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal

import msgspec

from quen.errors import InvalidInput

Name = Literal["latest", "first", "most_frequent", "source_priority", "keep_all"]
NAMES: tuple[Name, ...] = ("latest", "first", "most_frequent", "source_priority", "keep_all")
MAX_TRAITS_SET = 500
MAX_TRAIT_NAME = 200
MAX_SOURCES = 100
SINGLE = frozenset({"email", "phone"})  # what messages are sent to is one value


class Strategy(msgspec.Struct, frozen=True):
    """`sources`: ids of source_priority, strongest first; a source that is not in it is the weakest. 0 is Quen itself:
    the console, journeys."""

    name: Name
    sources: tuple[int, ...] = ()

    def rank(self, source_id: int) -> int:
        """The lower the stronger."""
        return self.sources.index(source_id) if source_id in self.sources else len(self.sources)


LATEST = Strategy("latest")


class Strategies(msgspec.Struct, frozen=True):
    """The strategies in force. `special` has the traits that do not go by `latest`."""

    special: Mapping[str, Strategy] = MappingProxyType({})

    def of(self, trait: str) -> Strategy:
        return self.special.get(trait, LATEST)


ALL_LATEST = Strategies()


def read_strategies(document: Any) -> Strategies:
    """Strategies of a document `{trait: {"strategy": name, "sources": [id, …]}}`, ids as texts or numbers.

    Raises InvalidInput whose details say for each trait what is wrong.
    """
    if not isinstance(document, dict):
        raise InvalidInput("strategies: expected an object of traits", details={"strategies": "not an object"})
    if len(document) > MAX_TRAITS_SET:
        raise InvalidInput(f"strategies: at most {MAX_TRAITS_SET} traits", details={"strategies": "too many"})
    special: dict[str, Strategy] = {}
    problems: dict[str, str] = {}
    for trait, given in document.items():
        try:
            strategy = _read(trait, given)
        except ValueError as problem:
            problems[trait[:MAX_TRAIT_NAME]] = str(problem)
        else:
            if strategy != LATEST:
                special[trait] = strategy
    if problems:
        trait, problem_text = next(iter(problems.items()))
        raise InvalidInput(f"{trait}: {problem_text}", details=problems)
    return Strategies(special)


def _read(trait: str, given: Any) -> Strategy:
    if not trait or len(trait) > MAX_TRAIT_NAME:
        raise ValueError(f"the name of a trait has 1 to {MAX_TRAIT_NAME} characters")
    if not isinstance(given, dict) or given.keys() - {"strategy", "sources"}:
        raise ValueError("expected an object with strategy and, for source_priority, sources")
    name = given.get("strategy")
    if name not in NAMES:
        raise ValueError(f"strategy: expected one of {', '.join(NAMES)}")
    if name == "keep_all" and trait in SINGLE:
        raise ValueError("strategy: keep_all is not for email and phone, which messages are sent to")
    listed = given.get("sources", [])
    if not isinstance(listed, list) or len(listed) > MAX_SOURCES:
        raise ValueError(f"sources: expected a list of at most {MAX_SOURCES} source ids")
    sources = tuple(_source_id(each) for each in listed)
    if len(set(sources)) < len(sources):
        raise ValueError("sources: a source is there twice")
    if name == "source_priority" and not sources:
        raise ValueError("sources: source_priority needs at least one source")
    if name != "source_priority" and sources:
        raise ValueError("sources: only for source_priority")
    return Strategy(name, sources)


def _source_id(given: Any) -> int:
    if type(given) is int and 0 <= given < 2**63:
        return given
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) <= 18:
        return int(given)
    raise ValueError("sources: expected source ids")


def to_document(strategies: Strategies) -> dict[str, Any]:
    """What `read_strategies` reads; ids as texts, traits by name."""
    return {trait: strategy_document(strategy) for trait, strategy in sorted(strategies.special.items())}


def strategy_document(strategy: Strategy) -> dict[str, Any]:
    sources = {"sources": [str(i) for i in strategy.sources]} if strategy.sources else {}
    return {"strategy": strategy.name} | sources
