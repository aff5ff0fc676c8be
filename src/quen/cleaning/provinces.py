"""The provinces of Vietnam: the 34 since 1 July 2025, and the 63 of before that went into them.

Codes are those of the statistics office. An old code was never given to a province elsewhere: where a new province has
the code of an old one, that old one is a part of it. So a bare code names one province of today; which one of before it
meant, it does not say.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from quen.cleaning.cleaned import VIETNAM, Cleaned, Locale, as_text
from quen.cleaning.text import fold, narrow, tidy, unify_tone

VERSION = "2025-07-01"


class Province(msgspec.Struct, frozen=True):
    code: str  # two digits, since 1 July 2025
    name: str
    before: tuple[tuple[str, str], ...]  # (code, name) of each of the 63 that is in it, its own namesake too


# Code, name: the old provinces with their codes.
_TABLE = """
01 Hà Nội: 01 Hà Nội
04 Cao Bằng: 04 Cao Bằng
08 Tuyên Quang: 08 Tuyên Quang, 02 Hà Giang
11 Điện Biên: 11 Điện Biên
12 Lai Châu: 12 Lai Châu
14 Sơn La: 14 Sơn La
15 Lào Cai: 10 Lào Cai, 15 Yên Bái
19 Thái Nguyên: 19 Thái Nguyên, 06 Bắc Kạn
20 Lạng Sơn: 20 Lạng Sơn
22 Quảng Ninh: 22 Quảng Ninh
24 Bắc Ninh: 27 Bắc Ninh, 24 Bắc Giang
25 Phú Thọ: 25 Phú Thọ, 26 Vĩnh Phúc, 17 Hòa Bình
31 Hải Phòng: 31 Hải Phòng, 30 Hải Dương
33 Hưng Yên: 33 Hưng Yên, 34 Thái Bình
37 Ninh Bình: 37 Ninh Bình, 35 Hà Nam, 36 Nam Định
38 Thanh Hóa: 38 Thanh Hóa
40 Nghệ An: 40 Nghệ An
42 Hà Tĩnh: 42 Hà Tĩnh
44 Quảng Trị: 45 Quảng Trị, 44 Quảng Bình
46 Huế: 46 Thừa Thiên Huế
48 Đà Nẵng: 48 Đà Nẵng, 49 Quảng Nam
51 Quảng Ngãi: 51 Quảng Ngãi, 62 Kon Tum
52 Gia Lai: 64 Gia Lai, 52 Bình Định
56 Khánh Hòa: 56 Khánh Hòa, 58 Ninh Thuận
66 Đắk Lắk: 66 Đắk Lắk, 54 Phú Yên
68 Lâm Đồng: 68 Lâm Đồng, 67 Đắk Nông, 60 Bình Thuận
75 Đồng Nai: 75 Đồng Nai, 70 Bình Phước
79 Hồ Chí Minh: 79 Hồ Chí Minh, 74 Bình Dương, 77 Bà Rịa - Vũng Tàu
80 Tây Ninh: 72 Tây Ninh, 80 Long An
82 Đồng Tháp: 87 Đồng Tháp, 82 Tiền Giang
86 Vĩnh Long: 86 Vĩnh Long, 83 Bến Tre, 84 Trà Vinh
91 An Giang: 89 An Giang, 91 Kiên Giang
92 Cần Thơ: 92 Cần Thơ, 94 Sóc Trăng, 93 Hậu Giang
96 Cà Mau: 96 Cà Mau, 95 Bạc Liêu
"""
# How people also write them. `dn` (Đà Nẵng or Đồng Nai), `bd` and `qn` are not here: they name more than one.
_ALSO = {
    "Hà Nội": ("hn",),
    "Hồ Chí Minh": ("hcm", "hcmc", "sg", "sài gòn"),
    "Hải Phòng": ("hp",),
    "Cần Thơ": ("ct",),
    "Thừa Thiên Huế": ("tt huế", "tth", "thừa thiên"),
    "Bà Rịa - Vũng Tàu": ("brvt", "vũng tàu", "bà rịa"),
    "Đắk Lắk": ("đắc lắc", "đắc lắk", "đăk lăk", "đăc lăc"),
    "Đắk Nông": ("đắc nông", "đăk nông"),
    "Bắc Kạn": ("bắc cạn",),
    "Kon Tum": ("con tum",),
}
_SIGNS = re.compile(r"[\W_]+")
_BEFORE_NAME = re.compile(r"^(?:tỉnh|tinh|thànhphố|thanhpho|tp)")
_PROVINCE_DOT = re.compile(r"\s*t\s*\.\s*(?!p)", re.IGNORECASE)  # `T.Tiền Giang`, not `T.P.`
_BEHIND_NAME = re.compile(r"(?:province|city)$")
_CODE = re.compile(r"\d{1,2}")


class Found(msgspec.Struct, frozen=True):
    province: Province
    old: tuple[str, str] | None = None  # (code, name) where the name or code is one of before July 2025 only

    @property
    def name(self) -> str:
        """The name that was meant: of before July 2025 where that is what was written."""
        return self.old[1] if self.old else self.province.name


def _read_table() -> tuple[Province, ...]:
    found = []
    for line in _TABLE.strip().splitlines():
        new, _, old = line.partition(": ")
        before = tuple((part[:2], part[3:]) for part in old.split(", "))
        found.append(Province(new[:2], new[3:], before))
    return tuple(found)


def _compact(text: str) -> str:
    return _SIGNS.sub("", text.lower())


def _index() -> tuple[dict[str, Found], dict[str, Found]]:
    """By name and by code. Names of today are believed before those of before, whose codes they may share."""
    names: dict[str, Found] = {}
    codes: dict[str, Found] = {}
    for province in PROVINCES:
        codes[province.code] = Found(province)
        spellings = [(province.name, Found(province))]
        spellings += [(name, Found(province, (code, name))) for code, name in province.before if name != province.name]
        for name, found in spellings:
            for spelling in (name, *_ALSO.get(name, ())):
                names[_compact(spelling)] = names[_compact(fold(spelling))] = found
    for province in PROVINCES:
        for code, name in province.before:
            codes.setdefault(code, Found(province, (code, name)))
    return names, codes


PROVINCES = _read_table()
_BY_NAME, _BY_CODE = _index()


def find_province(name: str, *, marks_matter: bool = False) -> Found | None:
    """The province that a text (NFC) names and nothing else, in any usual spelling, with `Tỉnh`, `TP.`, `City` or not.

    `marks_matter`: `Huệ` is not Huế; without marks it is read all the same.
    """
    if dot := _PROVINCE_DOT.match(name):
        name = name[dot.end() :]
    tried = [_compact(unify_tone(name))]
    if not marks_matter:
        tried.append(_compact(fold(name)))
    for compact in tried:
        bare = _BEFORE_NAME.sub("", compact)
        for form in (compact, bare, _BEHIND_NAME.sub("", bare)):
            if found := _BY_NAME.get(form):
                return found
    return None


def cleaned_province(value: Any, locale: Locale = VIETNAM) -> Cleaned:
    """A province of Vietnam, by name or code: `clean` is its name and `key` its code of today.

    Parts where the value names one of the 63 of before July 2025 that is none of the 34: `old_code`, `old_name`.
    Done: plain_letters, code, spelling, merged_2025. Problems: empty, not_text, too_long, unknown, unknown_country.
    """
    given, problem = as_text(value, 100)
    if problem:
        return Cleaned(value, problem=problem)
    if locale.region != "VN":
        return Cleaned(value, problem="unknown_country")
    text = tidy(narrow(tidy(given)))
    done = ["plain_letters"] if text != tidy(given) else []
    if _CODE.fullmatch(text) and text.isascii():
        found = _BY_CODE.get(text.zfill(2))
        done.append("code")
    else:
        found = find_province(text)
        if found and found.name != text:
            done.append("spelling")
    if found is None:
        return Cleaned(value, problem="unknown")
    parts: tuple[tuple[str, str], ...] = ()
    if found.old:
        done.append("merged_2025")
        parts = (("old_code", found.old[0]), ("old_name", found.old[1]))
    return Cleaned(value, found.province.name, found.province.code, tuple(done), parts=parts)
