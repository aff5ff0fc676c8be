"""Phone numbers to E.164, with what Vietnamese data needs and libraries lack.

Since 2018 mobile numbers of 11 digits have 10 (0162… is 032…), since 2017 landline area codes are others (04 is 024).
An old landline that looks the same as a mobile number of today (0373 852 123) is read as the mobile number, save one
that says that it is not: `(08) 3822 1234`. Vietnamese numbers are told by patterns of our own, many times quicker than
phonenumbers: they answer as it does, save for machines' numbers and blocks that no carrier had opened yet.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

import phonenumbers

from quen.cleaning.cleaned import VIETNAM, Cleaned, Locale, as_text
from quen.cleaning.text import narrow

# National numbers below stand without the leading 0.
_OLD_MOBILE = {
    "120": "70", "121": "79", "122": "77", "126": "76", "128": "78",
    "123": "83", "124": "84", "125": "85", "127": "81", "129": "82",
    "162": "32", "163": "33", "164": "34", "165": "35", "166": "36", "167": "37", "168": "38", "169": "39",
    "186": "56", "188": "58", "199": "59",
}  # fmt: skip
# Area codes before 2017 whose numbers cannot be taken for a mobile or a landline number of today. The other 17 of the
# 59 that moved can: 8, 30, 31, 33, 36, 37, 38, 39, 52, 55, 56, 58, 59, 70, 76, 77 and 79.
_OLD_AREA = {
    "4": "24", "20": "214", "22": "212", "25": "205", "26": "206", "27": "207", "29": "216",
    "230": "215", "231": "213", "240": "204", "241": "222", "280": "208", "281": "209",
    "320": "220", "321": "221", "350": "228", "351": "226", "500": "262", "501": "261", "510": "235", "511": "236",
    "53": "233", "54": "234", "57": "257", "60": "260", "61": "251", "62": "252", "63": "263", "64": "254",
    "66": "276", "67": "277", "68": "259", "650": "274", "651": "271", "710": "292", "711": "293",
    "72": "272", "73": "273", "74": "294", "75": "275", "780": "290", "781": "291",
}  # fmt: skip
_MOBILE = re.compile(r"(?:3\d|5[125689]|7[06-9]|8[1-9]|9\d)\d{7}")
_LANDLINE = re.compile(r"2(?:0[3-9]|1[0-689]|2[0-25-9]|3[2-9]|4[2-8]|5[124-9]|6[0-39]|7[0-7]|8[2-9]|9[0-4679])\d{7}")
_FLOAT = re.compile(r"\d+[.,]0+|\d[.,]\d+[eE]\+?\d{1,2}")
_LETTER_O = re.compile(r"(?<![^\W\d_])[oO]+(?=[\d\s.()+oO-]*\d)|(?<=\d)[oO]+")
_EXTENSION = re.compile(r"(?:ext\.?|x|#|máy lẻ|may le|nội bộ)\s*\.?:?\s*\d{1,6}\s*$", re.IGNORECASE)
_LABEL = re.compile(r"\([^()\d]*\)|[^\W\d_]+\.?\s*:?")
_SEPARATORS = re.compile(r"[/;,|&\n]|\s+-\s+|\s+(?:hoặc|hoac|or|và|va)\s+", re.IGNORECASE)
# Two numbers with next to nothing between them: `0912345678-0987654321`.
_WITHIN = re.compile(r"(?<![\d+])(?:\+?84|0)[ .-]?\d(?:[ .-]?\d){7,9}(?!\d)")
_NOT_DIGITS = re.compile(r"\D+")
# `(08) 3822 1234` and `(84-8) 3822 1234`: nobody parts a mobile number so.
_HCM_WRITTEN = re.compile(r"\s*(?:\+?84[ .-]*)?\((?:\+?84[ .-]*)?0?8\)[ .-]*(\d(?:[ .-]?\d){7})\s*")
# Written like this it may have been a landline before 2017, whatever has its digits today.
_AREA_WRITTEN = re.compile(r"\s*(?:\(0(?:3[013-9]|5[25689]|7[0679])\)|(?:0|\+?84[ .-])8[ .-]\s*\d{4}[ .-]?\d{4}\s*$)")
# Who first gave the numbers out; people take them along to other carriers. The longest prefix counts.
_CARRIERS = {
    **dict.fromkeys(("3", "86", "96", "97", "98"), "Viettel"),
    **dict.fromkeys(("30", "51", "70", "76", "77", "78", "79", "89", "90", "93"), "MobiFone"),
    **dict.fromkeys(("81", "82", "83", "84", "85", "88", "91", "94"), "VinaPhone"),
    **dict.fromkeys(("52", "56", "58", "92"), "Vietnamobile"),
    **dict.fromkeys(("59", "99"), "Gmobile"),
    "55": "Wintel", "87": "Itel",
}  # fmt: skip
_SERVICE = re.compile(r"(?:1[89]00\d{4,6}|11\d{1,3})")
_KINDS = {
    phonenumbers.PhoneNumberType.MOBILE: "mobile",
    phonenumbers.PhoneNumberType.FIXED_LINE: "landline",
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile_or_landline",
}


def clean_phone(value: Any, region: str = "VN") -> str | None:
    """E.164 (`+84912345678`), or None when it is no number that a person can have.

    `region` (ISO 3166) is where a number without a country code is. Numbers that a spreadsheet made of a phone
    (912345678.0, 9.12345678E8) are repaired while their digits are all there. Of two numbers in one field the first.
    """
    if isinstance(value, str):
        return _clean(value, region) if 6 <= len(value) <= 120 else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return _clean(str(value), region)


@lru_cache(maxsize=65_536)
def _clean(text: str, region: str) -> str | None:
    if region == "VN" and len(text) == 10 and text[0] == "0" and text.isascii() and _MOBILE.fullmatch(text, 1):
        return "+84" + text[1:]
    text = narrow(text).strip()
    if "." in text or "," in text:
        text = _repair_float(text)
    text = _EXTENSION.sub("", _LETTER_O.sub(_zeros, text))
    return _one(text, region) or next((number for number, _ in _several(text, region)), None)


def _zeros(match: re.Match[str]) -> str:
    return "0" * len(match[0])


def _several(text: str, region: str) -> list[tuple[str, str]]:
    """The numbers in a field that is not one number, each with how it is written."""
    found = [(number, part) for part in _SEPARATORS.split(text)[:4] if (number := _one(part, region))]
    if found or region != "VN":
        return found
    return [(number, part) for part in _WITHIN.findall(text)[:4] if (number := _one(part, region))]


def _repair_float(text: str) -> str:
    if not _FLOAT.fullmatch(text):
        return text
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation:  # pragma: no cover - the pattern admits only numbers
        return text
    digits = len(number.as_tuple().digits)
    whole = str(int(number))
    # 9.12E+08 lost its last digits; 9.1234567E8 only lost zeros.
    return whole if len(whole) - digits <= 2 else ""


def _one(text: str, region: str) -> str | None:
    if region == "VN" and "(" in text and (match := _HCM_WRITTEN.fullmatch(text)):
        return _vietnamese("28" + _NOT_DIGITS.sub("", match[1]))
    text = _LABEL.sub("", text).strip()
    digits = _NOT_DIGITS.sub("", text.replace("(0)", ""))
    if not 6 <= len(digits) <= 17:
        return None
    international = text.startswith("+") and digits[0] != "0"
    if not international and digits.startswith("00"):
        digits, international = digits[2:], True
    if digits.startswith("84") and (international or (region == "VN" and len(digits) >= 11)):
        return _vietnamese(digits[2:])
    if international:
        return _foreign("+" + digits, None)
    return _vietnamese(digits) if region == "VN" else _foreign(digits, region)


def _vietnamese(national: str) -> str | None:
    national = national.removeprefix("0")
    if _MOBILE.fullmatch(national) or _LANDLINE.fullmatch(national):
        return "+84" + national
    if len(national) == 10 and (prefix := _OLD_MOBILE.get(national[:3])):
        return "+84" + prefix + national[3:]
    for length in (3, 2, 1):
        if area := _OLD_AREA.get(national[:length]):
            moved = area + national[length:]
            return "+84" + moved if _LANDLINE.fullmatch(moved) else None
    return None


def _foreign(text: str, region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def cleaned_phone(value: Any, locale: Locale = VIETNAM) -> Cleaned:
    """A phone number: `clean` and `key` are E.164.

    Parts: `kind` (mobile, landline, mobile_or_landline, other), `carrier` (who first gave a Vietnamese mobile number
    out; it may have moved), `extension`, `others` (the further numbers of the field, E.164, with spaces between). Done:
    plain_letters, float_repaired, letter_o, extension_dropped, first_of_several, moved_2018 (mobile prefix), moved_2017
    (area code), country_code, formatted. Hints: old_landline. Problems: empty, not_text, too_long, digits_lost,
    no_digits, too_short, service_number, impossible.
    """
    given, problem = as_text(value, 120)
    if problem:
        return Cleaned(value, problem=problem)
    done: list[str] = []
    text = _step(narrow(given).strip(), given.strip(), "plain_letters", done)
    if not (text := _step(_repair_float(text), text, "float_repaired", done)):
        return Cleaned(value, problem="digits_lost")
    text = _step(_LETTER_O.sub(_zeros, text), text, "letter_o", done)
    parts: list[tuple[str, str]] = []
    if extension := _EXTENSION.search(text):
        done.append("extension_dropped")
        text = text[: extension.start()]
    number = clean_phone(given, locale.region)
    if number is None:
        return Cleaned(value, problem=_why_not(text))
    source = text
    if _one(text, locale.region) is None:
        found = _several(text, locale.region)
        source = found[0][1]
        others = dict.fromkeys(one for one, _ in found if one != number)
        if len(found) > 1:
            done.append("first_of_several")
    else:
        others = {}
    if number.startswith("+84") and not _NOT_DIGITS.sub("", source).endswith(number[3:]):
        done.append("moved_2018" if _MOBILE.fullmatch(number, 3) else "moved_2017")
    if not source.strip().startswith("+"):
        done.append("country_code")
    elif source != number:
        done.append("formatted")
    parts.append(("kind", kind := _kind(number)))
    if number.startswith("+84") and kind == "mobile":
        carrier = _CARRIERS.get(number[3:5]) or _CARRIERS.get(number[3])
        parts += [("carrier", carrier)] if carrier else []
    if extension:
        parts.append(("extension", _NOT_DIGITS.sub("", extension[0])))
    if others:
        parts.append(("others", " ".join(others)))
    hints = ("old_landline",) if kind == "mobile" and "moved_2018" not in done and _AREA_WRITTEN.match(source) else ()
    return Cleaned(value, number, number, tuple(done), hints=hints, parts=tuple(parts))


def _step(after: str, before: str, word: str, done: list[str]) -> str:
    if after != before:
        done.append(word)
    return after


def _why_not(text: str) -> str:
    digits = _NOT_DIGITS.sub("", text)
    if not digits:
        return "no_digits"
    if _SERVICE.fullmatch(digits):
        return "service_number"
    return "too_short" if len(digits) < 9 else "impossible"


def _kind(number: str) -> str:
    if number.startswith("+84"):
        return "mobile" if _MOBILE.fullmatch(number, 3) else "landline"
    return _KINDS.get(phonenumbers.number_type(phonenumbers.parse(number, None)), "other")
