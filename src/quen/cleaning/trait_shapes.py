"""The few plain shapes that most values have: recognising these costs a twentieth of reading them.

Each short way answers what the field's reader would, or None: then it is the reader's turn.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

from quen.cleaning.cleaned import Locale
from quen.cleaning.emails import cleaned_email
from quen.cleaning.names import cleaned_name
from quen.cleaning.phones import clean_phone
from quen.cleaning.trait_readers import CleanTrait


def _plain_email(value: str, _locale: Locale, _today: date) -> CleanTrait | None:
    match = _PLAIN_EMAIL.fullmatch(value)
    # A role (`info`, `cskh`) is one word; a person's address has a figure or a dot more often than not.
    if match is None or match[1].isalpha() or not _is_plain_domain(match[2]):
        return None
    return CleanTrait("email", value, "valid")


@lru_cache(maxsize=4_096)
def _is_plain_domain(domain: str) -> bool:
    cleaned = cleaned_email(f"lan.1@{domain}")
    return cleaned.clean == f"lan.1@{domain}" and not cleaned.hints


def _plain_phone(value: str, locale: Locale, _today: date) -> CleanTrait | None:
    if locale.region != "VN":
        return None
    digits = _SPACED_PHONE.sub(r"\1\3\4", value) if len(value) == 12 else value
    if not _PLAIN_PHONE.fullmatch(digits):
        return None
    number = clean_phone(digits)
    if number == value:
        return CleanTrait("phone", value, "valid")
    return CleanTrait("phone", number, "fixed", ("country_code",)) if number == f"+84{digits[1:]}" else None


def _plain_name(value: str, locale: Locale, _today: date) -> CleanTrait | None:
    if locale.region != "VN" or not _PLAIN_NAME.fullmatch(value):
        return None
    first, *_, last = value.split(" ")
    return CleanTrait("name", value, "valid") if last not in ("Ten", "Tên") and _begins_a_name(first) else None


@lru_cache(maxsize=4_096)
def _begins_a_name(word: str) -> bool:
    cleaned = cleaned_name(f"{word} Văn Nam")
    return cleaned.part("family") is not None and not {"honorific_dropped", "crossed_d"} & set(cleaned.done)


def _plain_day(value: str, _locale: Locale, today: date) -> CleanTrait | None:
    if not _PLAIN_DAY.fullmatch(value):
        return None
    try:
        born = date.fromisoformat(value)
    except ValueError:
        return None
    return CleanTrait("birthday", value, "valid") if born <= today and born.year >= today.year - 130 else None


_LOWER = (
    "".join(
        unicodedata.normalize("NFC", vowel + tone)
        for vowel in "aăâeêioôơuưy"
        for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
    )
    + "bcdđghklmnpqrstvx"
)
_PLAIN_NAME = re.compile(rf"[{_LOWER.upper()}][{_LOWER}]+(?: [{_LOWER.upper()}][{_LOWER}]+){{1,5}}")
_PLAIN_EMAIL = re.compile(r"([a-z0-9]+(?:[._][a-z0-9]+)*)@([a-z0-9.-]{3,60})")
_PLAIN_PHONE = re.compile(r"(?:0|\+84)[35789][0-9]{8}")
_SPACED_PHONE = re.compile(r"^(0[0-9]{3})([ .-])([0-9]{3})\2([0-9]{3})$")
_PLAIN_DAY = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}")
SHORT_WAYS: Mapping[str, Callable[[str, Locale, date], CleanTrait | None]] = {
    "email": _plain_email,
    "phone": _plain_phone,
    "name": _plain_name,
    "birthday": _plain_day,
}
