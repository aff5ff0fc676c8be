"""Text as people write it: one form to show, one form to compare."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii

_SPACES = re.compile(r"\s+")
# Invisible characters that come with copied text: zero-width marks, soft hyphen, direction marks, byte-order mark.
_INVISIBLE = dict.fromkeys(
    [0x00AD, *range(0x200B, 0x2010), *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF]
)
_CONTROL = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F])


def tidy(text: str) -> str:
    """The form to store and show: NFC, no control or invisible characters, single spaces, none at the ends."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_INVISIBLE))
    return _SPACES.sub(" ", text.translate(_CONTROL)).strip()


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """The form to search and compare: tidy, without marks (đ is d), lower case. `Hoà`, `Hòa` and `HOA` are one."""
    if text.isascii():
        return _SPACES.sub(" ", text.translate(_CONTROL)).strip().lower()
    # NFC first: a lone combining mark would otherwise be transliterated by itself.
    return _SPACES.sub(" ", anyascii(tidy(text))).strip().lower()


def narrow(text: str) -> str:
    """Full-width letters, digits and signs as the plain ones, without invisible characters."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_INVISIBLE))
