"""The reference page and the docstrings know every word that a cleaner says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quen import cleaning

PAGE = Path(__file__).resolve().parents[3] / "docs/reference/cleaning.md"
CLEANERS = [name for name in cleaning.__all__ if name.startswith("cleaned_")]


def words_of(docstring: str) -> set[str]:
    """What stands behind `Done:`, `Hints:` and `Problems:`, without what is said of a word in brackets."""
    text = re.sub(r"\([^()]*\)", "", " ".join(docstring.split()))
    lists = re.findall(r"(?:Done|done|Hints|roblems|Parts):\s*([^.]*)", text)
    return {word for found in lists for word in re.findall(r"\b[a-z][a-z0-9_]*\b", found) if "_" in word}


@pytest.mark.parametrize("name", CLEANERS)
def test_every_word_is_on_the_page(name: str) -> None:
    page = PAGE.read_text(encoding="utf-8")
    words = words_of(getattr(cleaning, name).__doc__)
    assert words
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []
