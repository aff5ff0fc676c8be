"""One row about a person, in the forms by which rows are compared. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Literal

import msgspec

from quen.cleaning import (
    VIETNAM,
    Cleaned,
    Locale,
    cleaned_address,
    cleaned_birth,
    cleaned_email,
    cleaned_gender,
    cleaned_name,
    cleaned_phone,
    cleaned_province,
    fold,
)
from quen.duplicates.nicknames import called

Style = Literal["vi", "western"]


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is compared. Names, streets and places are folded; "" and () are not known.

    `given` and `family` are single words (of a Vietnamese name the last and the first), `name` all of them in the order
    of their language. `called` is the given name with what it may be short for.
    """

    name: str = ""
    marked: str = ""  # the name with its marks, where it was written with marks
    words: str = ""  # of the name, in order of the alphabet
    given: str = ""
    family: str = ""
    middle: str = ""
    called: tuple[str, ...] = ()
    birth: str = ""  # ISO 8601
    year: str = ""
    month: str = ""
    day: str = ""
    phones: tuple[str, ...] = ()  # E.164, or bare digits where the country is not known
    emails: tuple[str, ...] = ()  # match keys
    street: str = ""
    place: str = ""
    province: str = ""
    postcode: str = ""
    gender: str = ""
    code: str = ""  # of a national register
    other: str = ""


_LETTERS = re.compile(r"[^a-z0-9]+")
_NOT_DIGITS = re.compile(r"\D+")
_NOTHING = frozenset(
    {"", "n/a", "na", "none", "null", "nil", "nan", "unknown", "-", "--", "?", ".", "x", "xx", "xxx", "0", "undefined"}
)
_UNITS = ("phuong ", "xa ", "thi tran ", "dac khu ", "quan ", "huyen ", "thi xa ", "thanh pho ")
_ABROAD = Locale(region="GB")
_EIGHT_DIGITS = re.compile(r"(\d{4})[-/. ]?(\d{2})[-/. ]?(\d{2})")
_NUMERIC_DAY = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-]\d{2,4}\b")
_SAMPLE = 1_000


def style_of(names: Iterable[str]) -> Style:
    """Whether names are mostly Vietnamese: of several words, with a Vietnamese family name where it stands."""
    whole = [name for name in names if len(name.split()) > 1][:_SAMPLE]
    vietnamese = sum(any(part == "family" for part, _ in _vietnamese(name).parts) for name in whole)
    return "vi" if not whole or vietnamese >= 0.4 * len(whole) else "western"


def name_in(roles: Mapping[str, Sequence[int]], row: Sequence[str]) -> str:
    """The whole name of a row, in Vietnamese order where it stands in several columns."""
    if "name" in roles:
        return _cell(row, roles, "name")
    return " ".join(filter(None, (_cell(row, roles, part) for part in ("family", "middle", "given"))))


def day_first(values: Iterable[str]) -> bool:
    """Whether days stand before months in a column: unless its values prove otherwise."""
    first = second = 0
    for value in values:
        if match := _NUMERIC_DAY.match(value.strip()):
            first += int(match[1]) > 12
            second += int(match[2]) > 12
    return first >= second


class Reader:
    """Makes records of rows. `today` ends the years of birth that can be."""

    def __init__(self, roles: Mapping[str, Sequence[int]], style: Style, *, day_first: bool, today: date) -> None:
        self._roles = roles
        self._vi = style == "vi"
        region = "VN" if self._vi else "GB"
        self._locale = Locale(region=region, day_first=day_first)
        self._today = today

    def __call__(self, row: Sequence[str]) -> Record:
        cell = {role: _cell(row, self._roles, role) for role in self._roles}
        phones = _several(row, self._roles, "phone")
        emails = _several(row, self._roles, "email")
        return make_record(
            name=cell.get("name", ""),
            given=cell.get("given", ""),
            family=cell.get("family", ""),
            middle=cell.get("middle", ""),
            birth=cell.get("birth", "") or _joined_birth(cell),
            phones=phones,
            emails=emails,
            street=" ".join(filter(None, (cell.get("number", ""), *_several(row, self._roles, "street")))),
            ward=cell.get("ward", ""),
            district=cell.get("district", ""),
            place=cell.get("place", ""),
            province=cell.get("province", ""),
            postcode=cell.get("postcode", ""),
            gender=cell.get("gender", ""),
            code=cell.get("code", ""),
            other=" ".join(_several(row, self._roles, "other")),
            vietnamese=self._vi,
            locale=self._locale,
            today=self._today,
        )


def make_record(
    *,
    name: str = "",
    given: str = "",
    family: str = "",
    middle: str = "",
    birth: str = "",
    phones: Sequence[str] = (),
    emails: Sequence[str] = (),
    street: str = "",
    ward: str = "",
    district: str = "",
    place: str = "",
    province: str = "",
    postcode: str = "",
    gender: str = "",
    code: str = "",
    other: str = "",
    vietnamese: bool,
    locale: Locale,
    today: date,
) -> Record:
    """A record of raw values, "" for what is not there."""
    named = _vietnamese_name(name, given, family, middle) if vietnamese else _western_name(name, given, family, middle)
    iso, year, month, day = _birth(birth, locale, today)
    if vietnamese:
        where = _vietnamese_place(street, ward, district, place, province)
    else:
        where = (_plain(street), _plain(place or district or ward), _plain(province))
    return Record(
        *named,
        called=tuple(called(named[3])) if named[3] else (),
        birth=iso,
        year=year,
        month=month,
        day=day,
        phones=tuple(dict.fromkeys(n for text in phones for n in _phones(text, locale, vietnamese))),
        emails=tuple(dict.fromkeys(key for text in emails if (key := _email(text)))),
        street=where[0],
        place=where[1],
        province=where[2],
        postcode=_plain(postcode).replace(" ", "").upper(),
        gender=(cleaned_gender(gender, locale).key or "") if gender else "",
        code=_plain(code).replace(" ", ""),
        other=_plain(other),
    )


def _cell(row: Sequence[str], roles: Mapping[str, Sequence[int]], role: str) -> str:
    places = roles.get(role)
    if not places or places[0] >= len(row):
        return ""
    value = row[places[0]].strip()
    return "" if value.lower() in _NOTHING else value


def _several(row: Sequence[str], roles: Mapping[str, Sequence[int]], role: str) -> list[str]:
    values = [row[place].strip() for place in roles.get(role, ()) if place < len(row)]
    return [value for value in values if value.lower() not in _NOTHING]


def _joined_birth(cell: Mapping[str, str]) -> str:
    year, month, day = (cell.get(f"birth_{part}", "") for part in ("year", "month", "day"))
    return f"{year}-{month.zfill(2)}-{day.zfill(2)}" if year and month and day else year


@lru_cache(maxsize=262_144)
def _plain(text: str) -> str:
    return _LETTERS.sub(" ", fold(text)).strip()


@lru_cache(maxsize=262_144)
def _vietnamese(text: str) -> Cleaned:
    return cleaned_name(text, VIETNAM)


def _vietnamese_name(name: str, given: str, family: str, middle: str) -> tuple[str, str, str, str, str, str]:
    """(name, marked, words, given, family, middle); of one word only a given name is known."""
    cleaned = _vietnamese(name or " ".join(filter(None, (family, middle, given))))
    if cleaned.clean is None:
        return "", "", "", "", "", ""
    words = (cleaned.key or "").split()
    marked = "" if cleaned.clean.isascii() else cleaned.clean.lower()
    if marked and "given_name_first" in cleaned.hints:
        marked = " ".join(part for kind, part in cleaned.parts if kind != "honorific").lower()
    alone = len(words) == 1
    only_family = alone and not name and not given and not middle
    return (
        " ".join(words),
        marked,
        " ".join(sorted(words)),
        "" if only_family or not words else words[-1],
        words[0] if words and (not alone or only_family) else "",
        " ".join(words[1:-1]),
    )


def _western_name(name: str, given: str, family: str, middle: str) -> tuple[str, str, str, str, str, str]:
    if name and not given and not family:
        cleaned = _abroad(name)
        if cleaned.clean is None:
            return "", "", "", "", "", ""
        parts = dict(cleaned.parts)
        given, family, middle = parts.get("given", ""), parts.get("family", ""), parts.get("middle", "")
    first, *more = _plain(given).split() or [""]
    last = _plain(family).replace(" ", "")
    between = " ".join([*more, *_plain(middle).split()])
    words = [word for word in (first, *between.split(), last) if word]
    return " ".join(words), "", " ".join(sorted(words)), first, last, between


@lru_cache(maxsize=262_144)
def _abroad(text: str) -> Cleaned:
    return cleaned_name(text, _ABROAD)


@lru_cache(maxsize=262_144)
def _birth(text: str, locale: Locale, today: date) -> tuple[str, str, str, str]:
    """(ISO day, year, month, day); what is no day keeps its digits: a slip of a key is compared all the same."""
    if not text:
        return "", "", "", ""
    cleaned = cleaned_birth(text, locale, today=today)
    if cleaned.clean:
        year, month, day = cleaned.clean.split("-")
        return cleaned.clean, year, month, day
    if cleaned.problem == "partial":
        return "", cleaned.part("year") or "", cleaned.part("month") or "", cleaned.part("day") or ""
    if match := _EIGHT_DIGITS.fullmatch(text):
        return f"{match[1]}-{match[2]}-{match[3]}", match[1], match[2], match[3]
    return "", "", "", ""


@lru_cache(maxsize=262_144)
def _phones(text: str, locale: Locale, vietnamese: bool) -> tuple[str, ...]:
    digits = _NOT_DIGITS.sub("", text)
    if not vietnamese:
        return (digits[-10:].lstrip("0"),) if 7 <= len(digits) <= 17 else ()
    cleaned = cleaned_phone(text, locale)
    if cleaned.key:
        return cleaned.key, *(cleaned.part("others") or "").split()
    # A digit too few or too many: a slip of the keys is compared all the same.
    return (f"+84{digits.lstrip('0')}",) if cleaned.problem == "impossible" and len(digits) <= 12 else ()


@lru_cache(maxsize=262_144)
def _email(text: str) -> str:
    """The match key; what only looks like an address keeps its letters. Nothing of an office's: many have it."""
    cleaned = cleaned_email(text)
    if cleaned.key:
        return "" if "role" in cleaned.hints else cleaned.key
    return fold(text).replace(" ", "") if "@" in text and len(text) <= 120 else ""


@lru_cache(maxsize=262_144)
def _vietnamese_place(street: str, ward: str, district: str, place: str, province: str) -> tuple[str, str, str]:
    """(street with its number, district or ward, code of the province of today)."""
    where = cleaned_address(", ".join(filter(None, (street, ward, district, place, province))))
    if where.clean is None:
        return "", "", ""
    code = where.part("province_code") or next(
        (key for text in (province, place) if text and (key := cleaned_province(text).key)), ""
    )
    pieces = [piece for piece in (where.key or "").split(", ") if piece and piece != code]
    streets = [piece for piece in pieces if not piece.startswith(_UNITS)]
    unit = _plain(where.part("district") or where.part("ward") or (place if not code else ""))
    return (streets[0] if streets and street else ""), unit, code
