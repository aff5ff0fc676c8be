"""Gender as people and systems write it. Single letters and numbers that two systems read differently are refused."""

from __future__ import annotations

from typing import Any

from quen.cleaning.cleaned import VIETNAM, Cleaned, Locale, as_text
from quen.cleaning.text import fold, narrow

_WORDS = {
    **dict.fromkeys(("male", "m", "man", "boy", "mr", "nam", "nam gioi", "trai", "con trai", "dan ong", "anh", "ong",
                     "chu"), "male"),
    **dict.fromkeys(("female", "f", "woman", "girl", "mrs", "ms", "miss", "nu", "nu gioi", "gai", "con gai", "phu nu",
                     "chi", "ba", "co"), "female"),
    **dict.fromkeys(("other", "khac", "gioi tinh khac", "non-binary", "nonbinary", "x", "diverse", "d"), "other"),
}  # fmt: skip
_NOT_SAID = frozenset(
    {"unknown", "u", "n/a", "na", "none", "null", "khong ro", "khong biet", "khong tiet lo", "chua ro",
     "prefer not to say", "undisclosed", "not specified", "-", "?"}
)  # fmt: skip
# N is nam or nữ; 0, 1 and 2 are male in one system and female in the next.
_AMBIGUOUS = frozenset({"n", "0", "1", "2", "true", "false"})


def cleaned_gender(value: Any, locale: Locale = VIETNAM) -> Cleaned:
    """A gender: `clean` and `key` are `male`, `female` or `other`.

    Done: word. Problems: empty, not_text, too_long, not_said, ambiguous, unknown_word.
    """
    given, problem = as_text(value, 60)
    if problem:
        return Cleaned(value, problem=problem)
    word = fold(narrow(given)).strip(" .")
    if clean := _WORDS.get(word):
        return Cleaned(value, clean, clean, ("word",) if clean != given else ())
    return Cleaned(
        value,
        problem="not_said" if word in _NOT_SAID else "ambiguous" if word in _AMBIGUOUS else "unknown_word",
    )
