"""Gender as people and systems write it. Single letters and numbers that two systems read differently are refused."""

from __future__ import annotations

import re
from typing import Any

from quen.cleaning.cleaned import VIETNAM, Cleaned, Locale, as_text
from quen.cleaning.text import fold, narrow

_WRITTEN = {
    "male": "male, m, man, boy, mr, sir, nam, nam gioi, trai, con trai, be trai, dan ong, anh, ong, chu",
    "female": "female, f, woman, girl, mrs, ms, miss, madam, nu, nu gioi, gai, con gai, be gai, phu nu, chi, ba, co",
    "other": "other, khac, gioi tinh khac, non-binary, nonbinary, x, diverse, d",
}
_WORDS = {word: clean for clean, words in _WRITTEN.items() for word in words.split(", ")}
_NOT_SAID_WRITTEN = """unknown, u, n/a, na, none, null, khong ro, khong biet, khong tiet lo, chua ro, khong xac dinh,
chua xac dinh, bi mat, prefer not to say, undisclosed, not specified, -, ?"""
_NOT_SAID = frozenset(_NOT_SAID_WRITTEN.replace("\n", " ").split(", "))
_LABEL = re.compile(r"^(?:gioi tinh|gender|sex)\s*[:=]\s*")
_PARTED = re.compile(r"[/|,;()\[\]-]+")
# N is nam or nữ; 0, 1 and 2 are male in one system and female in the next.
_AMBIGUOUS = frozenset({"n", "0", "1", "2", "true", "false"})


def cleaned_gender(value: Any, locale: Locale = VIETNAM) -> Cleaned:
    """A gender: `clean` and `key` are `male`, `female` or `other`.

    Done: word. Problems: empty, not_text, too_long, not_said, ambiguous, unknown_word.
    """
    given, problem = as_text(value, 60)
    if problem:
        return Cleaned(value, problem=problem)
    word = _LABEL.sub("", fold(narrow(given))).strip(" .")
    if clean := _WORDS.get(word) or _twice(word):
        return Cleaned(value, clean, clean, ("word",) if clean != given else ())
    return Cleaned(
        value,
        problem="not_said" if word in _NOT_SAID else "ambiguous" if word in _AMBIGUOUS else "unknown_word",
    )


def _twice(word: str) -> str | None:
    """Of `Nam / Male` and `Nữ (Female)`: what both words say. `Nam/Nữ` is the empty form's own text."""
    said = {_WORDS.get(part.strip(" .")) for part in _PARTED.split(word) if part.strip(" .")}
    return said.pop() if len(said) == 1 else None
