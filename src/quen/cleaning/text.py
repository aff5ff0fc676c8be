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
# In an open syllable the tone of oa, oe and uy stands on either letter; behind q the u is no vowel.
_TONE_LAST = re.compile(
    r"(?<![qQ])(?:([oO])([àáảãạèéẻẽẹÀÁẢÃẠÈÉẺẼẸ])|([uU])([ỳýỷỹỵỲÝỶỸỴ]))(?![^\W\d_])",
)
_TONE_BEHIND_Q = re.compile(r"(?<=[qQ])([ùúủũụÙÚỦŨỤ])([yY])(?![^\W\d_])")
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


def unify_tone(text: str) -> str:
    """Vietnamese text (NFC) with the tone of open oa, oe, uy where most people write it: `Hoà` is `Hòa`, `Thuý` `Thúy`.

    A tone that slipped onto the u behind q goes back: `Qúy` is `Quý`.
    """
    if text.isascii():
        return text
    return _TONE_BEHIND_Q.sub(_tone_to_the_second, _TONE_LAST.sub(_tone_to_the_first, text))


def _tone_to_the_first(match: re.Match[str]) -> str:
    first, second = match[1] or match[3], match[2] or match[4]
    apart = unicodedata.normalize("NFD", second)
    return unicodedata.normalize("NFC", first + apart[1]) + apart[0]


def _tone_to_the_second(match: re.Match[str]) -> str:
    apart = unicodedata.normalize("NFD", match[1])
    return apart[0] + unicodedata.normalize("NFC", match[2] + apart[1])
