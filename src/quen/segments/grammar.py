"""What every part of a rule is parsed with: places, errors, field checks, durations, limits."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from quen.errors import InvalidInput

MAX_DEPTH = 20
MAX_NODES = 200
MAX_LIST = 1_000
MAX_SIZE = 100_000
MAX_TEXT = 1_000
MAX_WINDOW_COUNT = 10_000
MAX_NUMBER = 1e18

# A month is 30 days: a window is a fixed span of time, so the instant at which a person leaves it is known exactly.
UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "mo": 2_592_000_000}
DAY = UNITS["d"]
MAX_DURATION = 3_660 * DAY
_DURATION = re.compile(r"([0-9]{1,6})(mo|[mhdw])")


def N_(message: str) -> str:
    """Marks a message that the console translates where it shows it."""
    return message


class RuleError(InvalidInput):
    """The rule is wrong at one place: `details["path"]` points there (`$.all[1].op`)."""

    code = "invalid_rule"
    template: str = ""
    values: Mapping[str, object] = {}


class Place(msgspec.Struct, frozen=True):
    """A place in the JSON of a rule."""

    path: str = "$"

    def __getitem__(self, key: str | int) -> Place:
        return Place(f"{self.path}[{key}]" if isinstance(key, int) else f"{self.path}.{key}")

    def error(self, message: str, **values: object) -> RuleError:
        """`values` fill `{names}` in the message; the console translates the message before it is filled."""
        said = message.format(**values) if values else message
        error = RuleError(f"{self.path}: {said}", details={"path": self.path, "problem": said})
        error.template, error.values = message, values
        return error


def check_fields(obj: Mapping[str, Any], place: Place, allowed: Collection[str]) -> None:
    for key in obj:
        if key not in allowed:
            raise place[str(key)[:60]].error(N_("unknown field; known here: {known}"), known=", ".join(allowed))


def required(obj: Mapping[str, Any], key: str, place: Place) -> Any:
    if key not in obj:
        raise place.error(N_('"{key}" is missing'), key=key)
    return obj[key]


def text(value: Any, place: Place, limit: int = MAX_TEXT) -> str:
    """A non-empty text that can be stored and compared everywhere."""
    if not isinstance(value, str) or not value:
        raise place.error(N_("a text is needed"))
    if len(value) > limit:
        raise place.error(N_("too long: at most {most} characters"), most=limit)
    if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise place.error(N_("holds characters that no text can hold"))
    return value


def name(value: Any, place: Place) -> str:
    """The name of a trait or property: a path of names joined by dots."""
    result = text(value, place, 200)
    if not all(result.split(".")):
        raise place.error(N_("not a name: an empty part beside a dot"))
    return result


def scalar(value: Any, place: Place) -> str | int | float | bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value, place)
    return number(value, place)


_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?")


def number(value: Any, place: Place) -> int | float:
    """A finite number; a text that is one counts (`"500000"`)."""
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise place.error(N_("a number is needed"))
    if (isinstance(value, float) and not math.isfinite(value)) or abs(value) > MAX_NUMBER:
        raise place.error(N_("the number is too large"))
    # All comparing is done in 64-bit floats: what they cannot tell apart is the same number here too.
    exact = float(value)
    return int(exact) if exact.is_integer() and abs(exact) < 2**53 else exact


def pair(value: Any, place: Place) -> tuple[Any, Any]:
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise place.error(N_("a list of two is needed: from, to"))
    return value[0], value[1]


def duration(value: Any, place: Place, *, zero: bool = False) -> int:
    """Milliseconds of `15m 6h 30d 2w 3mo`."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise place.error(N_("a duration is needed, such as 15m, 6h, 30d, 2w or 3mo"))
    span = int(match[1]) * UNITS[match[2]]
    if span > MAX_DURATION or (span == 0 and not zero):
        raise place.error(N_("a duration between 1 minute and 10 years is needed"))
    return span


def duration_text(span: int) -> str:
    """The canonical writing of a duration, in days, hours or minutes: people say 30 days, not 1 month."""
    for unit in ("d", "h", "m"):
        if span and span % UNITS[unit] == 0:
            return f"{span // UNITS[unit]}{unit}"
    return "0d"


def percent(value: Any, place: Place) -> int | float:
    result = number(value, place)
    if not 0 <= result <= 100:
        raise place.error(N_("a number from 0 to 100 is needed"))
    return result
