"""What a value of a trait or property means, once for both evaluators; columns.py says the same in SQL.

- *missing*: absent, null, an empty object, an object of nothing but missing values.
- *number*: a JSON number, or a text that is one (`"1.5"`); compared as 64-bit floats. True and false are not numbers.
- *text*: a text; a number in its shortest decimal writing; `true` or `false`. Case and marks count.
- *equal*: to a text: the same text, a number of that value, or the boolean of that word; to a number: that number, or a
  text of that number; to true or false: it, or its word. A list is equal to what one of its elements equals; an object,
  and a list in a list, equal nothing.
- whole numbers beyond 64 bits are texts, as the event store keeps them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

NUMBER_PATTERN = r"^[+-]?[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,3})?$"
_number = re.compile(NUMBER_PATTERN[1:-1])
_LEAST, _MOST = -(2**63), 2**64 - 1  # of whole numbers

Reader = Callable[[Mapping[str, Any]], Any]


def reader(path: str) -> Reader:
    """A function that reads the value at a path of names joined by dots; None is missing."""
    if "." not in path:

        def read_name(data: Mapping[str, Any]) -> Any:
            value = data.get(path)
            # Almost every value is one of these: the rest is cleaned.
            kind = value.__class__
            if value is None or kind is str or kind is float or (kind is int and _LEAST <= value <= _MOST):
                return value
            return clean(value)

        return read_name
    parts = path.split(".")

    def read_path(data: Mapping[str, Any]) -> Any:
        return clean(_find(data, parts))

    return read_path


def _find(data: Mapping[str, Any], parts: list[str]) -> Any:
    """`a.b` is a name inside `a`, or a name with a dot in it: the event store keeps both alike, the first written."""
    for key, value in data.items():
        length = key.count(".") + 1
        if length > len(parts) or key != ".".join(parts[:length]):
            continue
        if length < len(parts):
            value = _find(value, parts[length:]) if isinstance(value, dict) else None
        if (value := clean(value)) is not None:
            return value
    return None


def whole_reader(path: str) -> Reader:
    """Like `reader`, but an object written in pieces (`{"a.b": 1}` has an `a`) is found too: for what asks if it is."""
    read, inside = reader(path), path + "."

    def read_whole(data: Mapping[str, Any]) -> Any:
        if (value := read(data)) is not None:
            return value
        return {} if any(name.startswith(inside) for name in _names(data)) else None

    return read_whole


def _names(data: Mapping[str, Any]) -> Iterator[str]:
    """The paths of all values that are not missing."""
    for key, value in data.items():
        if isinstance(value, dict):
            for name in _names(value):
                yield f"{key}.{name}"
        elif value is not None:
            yield key


def clean(value: Any) -> Any:
    """A value as the event store would keep it; None when it keeps nothing."""
    if isinstance(value, dict):
        return value if any(clean(item) is not None for item in value.values()) else None
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and not _LEAST <= value <= _MOST:
        return str(value)
    return value


def as_number(value: Any) -> float | None:
    kind = value.__class__
    if kind is float or kind is int:
        return float(value)
    if kind is str and _number.fullmatch(value):
        return float(value)
    return None


def as_text(value: Any) -> str | None:
    kind = value.__class__
    if kind is str:
        return str(value)
    if kind is bool:
        return "true" if value else "false"
    if kind is int:
        return str(value)
    if kind is float:
        size = abs(value)
        # Beyond these the two evaluators write floats differently: such a number has no text.
        if value.is_integer():
            return str(int(value)) if size < 1e15 else None
        return repr(value) if 1e-4 <= size < 1e15 else None
    return None


class Equality(msgspec.Struct, frozen=True):
    """Equal to any of some values of a rule."""

    texts: frozenset[str]
    raw_numbers: frozenset[float]  # equal to JSON numbers only: they come from texts of the rule
    numbers: frozenset[float]  # equal to JSON numbers and to texts of numbers
    words: frozenset[str]  # true, false

    @classmethod
    def to(cls, operands: Iterable[Any]) -> Equality:
        texts, raw, numbers, words = set(), set(), set(), set()
        for operand in operands:
            if isinstance(operand, bool):
                words.add("true" if operand else "false")
            elif isinstance(operand, str):
                texts.add(operand)
                if (number := as_number(operand)) is not None:
                    raw.add(number)
            else:
                numbers.add(float(operand))
        return cls(frozenset(texts), frozenset(raw), frozenset(numbers), frozenset(words))

    def __call__(self, value: Any) -> bool:
        kind = value.__class__
        if kind is str:
            return (
                value in self.texts
                or value in self.words
                or (bool(self.numbers) and (number := as_number(value)) is not None and number in self.numbers)
            )
        if kind is bool:
            word = "true" if value else "false"
            return word in self.words or word in self.texts
        if kind is int or kind is float:
            number = float(value)
            return number in self.raw_numbers or number in self.numbers
        if kind is list:
            return any(item.__class__ is not list and self(clean(item)) for item in value)
        return False
