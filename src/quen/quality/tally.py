"""Counts what became of the traits of one batch, in memory. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec

from quen.cleaning.trait_readers import CleanTrait

EXAMPLES = 20  # kept of each source, field and word
FIXES_A_BATCH = 3  # examples of one way of fixing: most values of a field may be fixed alike
LONGEST = 200
# Beside the fields that are cleaned: traits of names that only Quen sets, and what is said of them.
RESERVED, OWN_NAME = "reserved", "own_name"
_encode = msgspec.json.Encoder().encode


class Seen(NamedTuple):
    """A value worth showing. `position` is its message's in the batch; None: it was not stored."""

    trait: str
    given: str
    stored: str  # "": left as given
    message_id: str
    position: int | None


class Tally:
    """`add` every message that says something of a person; then `counters` and `examples`."""

    def __init__(self) -> None:
        self._messages: Counter[int] = Counter()
        # By what was said as a whole: this runs for every value, and most are alike.
        self._values: Counter[tuple[int, str, str, tuple[str, ...], str | None, tuple[str, ...]]] = Counter()
        self._examples: dict[str, dict[str, Seen]] = {}

    def __bool__(self) -> bool:
        return bool(self._messages)

    def add(
        self,
        source_id: int,
        traits: Mapping[str, Any],
        found: Iterable[tuple[str, CleanTrait]],
        message_id: str,
        position: int | None,
    ) -> None:
        """`traits` as given; `found` what `clean_traits` found among them."""
        self._messages[source_id] += 1
        for name, trait in found:
            if trait.outcome == "empty":
                continue
            said = (source_id, trait.field, trait.outcome, trait.done, trait.problem, trait.hints)
            self._values[said] += 1
            if trait.problem or trait.hints or (trait.done and self._values[said] <= FIXES_A_BATCH):
                self._show(source_id, name, traits[name], trait, message_id, position)

    def _show(
        self, source_id: int, name: str, given: Any, trait: CleanTrait, message_id: str, position: int | None
    ) -> None:
        text = _text(given)
        stored = _text(trait.value) if trait.outcome == "fixed" else ""
        seen = Seen(name[:60], text, stored, message_id[:120], position)
        for outcome, word in words_of(trait.done, trait.problem, trait.hints):
            examples = self._examples.setdefault(place(source_id, trait.field, outcome, word), {})
            examples.pop(text, None)
            examples[text] = seen
            if len(examples) > EXAMPLES:
                del examples[next(iter(examples))]

    def counters(self) -> Iterator[tuple[int, str, str, str, int]]:
        """(source id, field, outcome, word, how often), each once."""
        total: Counter[tuple[int, str, str, str]] = Counter()
        for source_id, number in self._messages.items():
            total[source_id, "", "seen", ""] += number
        for (source_id, field, outcome, done, problem, hints), number in self._values.items():
            total[source_id, field, outcome, ""] += number
            for kind, word in words_of(done, problem, hints):
                total[source_id, field, kind, word] += number
        for key, number in total.items():
            yield *key, number

    def examples(self) -> Iterator[tuple[str, Seen]]:
        """(place, example), the latest of a place last."""
        for where, examples in self._examples.items():
            for seen in examples.values():
                yield where, seen


def words_of(done: Iterable[str], problem: str | None, hints: Iterable[str]) -> Iterator[tuple[str, str]]:
    """(done, problem or hint; word) of all that was said of a value."""
    for word in done:
        yield "done", word
    if problem:
        yield "problem", problem
    for word in hints:
        yield "hint", word


def place(source_id: int, field: str, outcome: str, word: str) -> str:
    return f"{source_id}|{field}|{outcome}|{word}"


def _text(value: Any) -> str:
    if not isinstance(value, str):
        try:
            value = _encode(value).decode()
        except (TypeError, ValueError, UnicodeEncodeError):  # what JSON cannot say
            value = repr(value)
    # Half a letter is text to Python and none to a database.
    text: str = value[:LONGEST].replace("\x00", "�").encode("utf-8", "replace").decode()
    return text
