"""Text as people write it: one form to show, one form to compare."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Literal

from anyascii import anyascii

# Invisible characters that come with copied text: zero-width marks, soft hyphen, direction marks, byte-order mark.
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]+")
# In an open syllable the tone of oa, oe and uy stands on either letter; behind q the u is no vowel.
_TONE_LAST = re.compile(
    r"(?<![qQ])(?:([oO])([àáảãạèéẻẽẹÀÁẢÃẠÈÉẺẼẸ])|([uU])([ỳýỷỹỵỲÝỶỸỴ]))(?![^\W\d_])",
)
_TONE_BEHIND_Q = re.compile(r"(?<=[qQ])([ùúủũụÙÚỦŨỤ])([yY])(?![^\W\d_])")


def tidy(text: str) -> str:
    """The form to store and show: NFC, no control or invisible characters, single spaces, none at the ends."""
    if not text.isascii():
        text = _normal("NFC", _INVISIBLE.sub("", text))
    return " ".join(_CONTROL.sub("", text).split())


def _normal(form: Literal["NFC", "NFKC"], text: str) -> str:
    # The check is far quicker than the making, and most text is normal.
    return text if unicodedata.is_normalized(form, text) else unicodedata.normalize(form, text)


@lru_cache(maxsize=65_536)
def fold(text: str) -> str:
    """The form to search and compare: tidy, without marks (đ is d), lower case. `Hoà`, `Hòa` and `HOA` are one."""
    if text.isascii():
        return " ".join(_CONTROL.sub("", text).split()).lower()
    # NFC first: a lone combining mark would otherwise be transliterated by itself.
    return " ".join(anyascii(tidy(text)).split()).lower()


def narrow(text: str) -> str:
    """Full-width letters, digits and signs as the plain ones, without invisible characters."""
    return text if text.isascii() else _normal("NFKC", _INVISIBLE.sub("", text))


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
