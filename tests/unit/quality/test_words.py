"""Every word that a cleaner may say has a name for people."""

from __future__ import annotations

import inspect
import re

import pytest
from django.utils import translation

from quen import cleaning
from quen.quality import words
from quen.quality.queries import FIELDS
from quen.quality.tally import OWN_NAME, RESERVED

CLEANERS = [getattr(cleaning, name) for name in cleaning.__all__ if name.startswith("cleaned_")]
NEVER_TOLD = {
    "empty", "not_said",  # nobody said anything: not counted
    "gmail_folded", "groups", "code", "currency_assumed", "unknown_order", "given_name_first",  # see trait_readers
    "merged_2025",  # a hint there
}  # fmt: skip
PROSE = {"and", "for", "the", "key"}
KINDS = {"Done": "done", "Hints": "hint", "Problems": "problem", "More problems": "problem"}


def said_by(cleaner: object) -> list[tuple[str, str]]:
    """(outcome, word) of all that the docstring lists."""
    text = re.sub(r"\([^()]*\)", "", " ".join((inspect.getdoc(cleaner) or "").split()))
    found = []
    for title, listed in re.findall(r"(Done|Hints|More problems|Problems): ([^.]*)", text):
        found += [(KINDS[title], word) for word in re.findall(r"\b[a-z][a-z0-9_]+\b", listed)]
    return found


@pytest.mark.parametrize("cleaner", CLEANERS, ids=lambda cleaner: cleaner.__name__)
def test_every_word_of_a_cleaner_has_a_name(cleaner: object) -> None:
    told = said_by(cleaner)
    assert any(kind == "problem" for kind, _ in told)
    missing = {(k, w) for k, w in told if w not in NEVER_TOLD | PROSE and w not in words.WORDS[k]}
    assert not missing


def test_every_field_has_a_name() -> None:
    assert set(words.FIELDS) == set(FIELDS)
    assert words.say("problem", "something_new") == "something new"


def test_what_is_said_of_a_name_that_is_quens_own() -> None:
    with translation.override("en"):
        assert words.say("problem", OWN_NAME) == "Quen's own name; the trait was not taken"
        assert words.field_name(RESERVED) == "Names of Quen's own"
    with translation.override("vi"):
        assert words.say("problem", OWN_NAME) == "Tên dành riêng cho Quen; không ghi nhận thuộc tính này"
        assert words.field_name(RESERVED) == "Tên dành riêng cho Quen"
