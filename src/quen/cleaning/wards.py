"""The wards of Vietnam: those of today, and those of before July 2025 with the ones that they went into.

Some 3,300 and 10,000 of them, in a table that the operator brings: it is redrawn every year, and not ours. The table is
CSV text with a line for each old ward and each ward of today that has a part of it:

    # version: 2026-07-25
    code,name,province_code,old_code,old_name,old_district_code,old_district,old_province_code
    26734,Phường Sài Gòn,79,26740,Phường Bến Nghé,760,Quận 1,79

Codes are those of the statistics office, names stand with their first word. The five columns of before are empty where
nothing is known of it. An old ward on several lines was split: which part an address is in, its words do not say.
"""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from quen.cleaning.provinces import PROVINCES
from quen.cleaning.text import fold, tidy, unify_tone
from quen.errors import InvalidInput

_Unit = TypeVar("_Unit", "Ward", "OldWard", "District")
_COLUMNS = ("code", "name", "province_code", "old_code", "old_name", "old_district_code", "old_district")
_VERSION = re.compile(r"#\s*version\s*:\s*(\S.*?)\s*$", re.IGNORECASE)
_KIND = re.compile(r"(phuong|xa|thi tran|dac khu|quan|huyen|thi xa|thanh pho)\s+(\S.*)")
_DASH = re.compile(r"\s*[-–—]\s*")
_NEW_CODES = frozenset(province.code for province in PROVINCES)
_OLD_CODES = frozenset(code for province in PROVINCES for code, _ in province.before)


class Ward(msgspec.Struct, frozen=True):
    code: str
    name: str  # with its first word: `Phường Sài Gòn`
    province_code: str


class District(msgspec.Struct, frozen=True):
    code: str
    name: str
    province_code: str  # of the 63


class OldWard(msgspec.Struct, frozen=True):
    code: str
    name: str
    district: District
    became: tuple[str, ...]  # codes of today; several where it was split


class Wards(msgspec.Struct, frozen=True):
    """The table, indexed. Names are found however they are written; of several that fit, none is."""

    version: str
    by_code: dict[str, Ward]
    old_by_code: dict[str, OldWard]
    today_by_name: dict[tuple[str, str], tuple[Ward, ...]]  # (province code, name folded without its first word)
    old_by_name: dict[tuple[str, str], tuple[OldWard, ...]]
    districts_by_name: dict[tuple[str, str], tuple[District, ...]]

    def today(self, province_code: str, written: str) -> Ward | None:
        return _only(self.today_by_name.get((province_code, name_key(written)), ()), written)

    def before(self, province_codes: Iterable[str], written: str, district: str | None = None) -> OldWard | None:
        """An old ward of the first of those of the 63 provinces that has one, in that district where one is named."""
        for code in province_codes:
            found = self.old_by_name.get((code, name_key(written)), ())
            if district is not None:
                found = tuple(ward for ward in found if name_key(ward.district.name) == name_key(district))
            if found:
                return _only(found, written)
        return None

    def district(self, province_codes: Iterable[str], written: str) -> District | None:
        for code in province_codes:
            if found := self.districts_by_name.get((code, name_key(written)), ()):
                return _only(found, written)
        return None


def name_key(written: str) -> str:
    """`Phường 07`, `P.7` without its kind, and `phuong 7` are `7`; `Phường Bến Nghé` is `ben nghe`."""
    folded = fold(written)
    match = _KIND.fullmatch(folded)
    name = _DASH.sub("-", match[2] if match else folded)
    return name.lstrip("0") if name.isdigit() else name


def _only(found: tuple[_Unit, ...], written: str) -> _Unit | None:
    """The one that fits best: by its kind (`Xã`, `Phường`), then by its marks."""
    if len(found) > 1 and (match := _KIND.fullmatch(fold(written))):
        found = tuple(unit for unit in found if fold(unit.name).startswith(match[1] + " ")) or found
    if len(found) > 1:
        marked = _without_kind(written)
        found = tuple(unit for unit in found if _without_kind(unit.name) == marked) or found
    return found[0] if len(found) == 1 else None


def _without_kind(written: str) -> str:
    """In lower case, with marks."""
    words = unify_tone(tidy(written)).lower().split()
    match = _KIND.fullmatch(fold(written))
    return " ".join(words[len(match[1].split()) :] if match else words).lstrip("0")


def read_wards(text: str) -> Wards:
    """The table of CSV text. InvalidInput: names the line and what is wrong in it."""
    lines = text.removeprefix("\ufeff").splitlines()
    version = next((match[1] for line in lines[:5] if (match := _VERSION.match(line))), None)
    if version is None:
        raise InvalidInput(
            "The table of wards does not say its version: begin it with a line like `# version: 2026-07-25`."
        )
    skipped = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0)
    reader = csv.DictReader(io.StringIO("\n".join(lines[skipped:])), restval="")
    try:
        rows, names = list(reader), reader.fieldnames or ()
    except csv.Error as error:
        raise InvalidInput(f"The table of wards is no CSV: {error}.") from error
    if missing := [name for name in _COLUMNS if name not in names]:
        raise InvalidInput(f"The table of wards lacks the columns {', '.join(missing)}.", details={"columns": missing})
    today: dict[str, Ward] = {}
    old: dict[str, tuple[str, District, dict[str, None]]] = {}
    for at, row in enumerate(rows, skipped + 2):
        cell = {name: tidy(row.get(name) or "") for name in _COLUMNS}
        cell["old_province_code"] = tidy(row.get("old_province_code") or "") or cell["province_code"]
        _check(cell, at)
        if cell["code"]:
            today[cell["code"]] = Ward(cell["code"], cell["name"], cell["province_code"])
        if cell["old_code"]:
            district = District(cell["old_district_code"], cell["old_district"], cell["old_province_code"])
            _, _, became = old.setdefault(cell["old_code"], (cell["old_name"], district, {}))
            became |= {cell["code"]: None} if cell["code"] else {}
    before = [OldWard(code, name, district, tuple(became)) for code, (name, district, became) in old.items()]
    return _indexed(version, today, before)


def _check(cell: dict[str, str], at: int) -> None:
    if cell["code"] and (not cell["name"] or cell["province_code"] not in _NEW_CODES):
        wrong = "a ward needs a name and the code of one of the 34 provinces"
    elif cell["old_code"] and (not cell["old_name"] or cell["old_province_code"] not in _OLD_CODES):
        wrong = "an old ward needs a name and the code of one of the 63 provinces of before"
    elif not cell["code"] and not cell["old_code"]:
        wrong = "it has neither a code nor an old code"
    else:
        return
    raise InvalidInput(f"The table of wards is wrong in line {at}: {wrong}.", details={"line": at})


def _indexed(version: str, today: dict[str, Ward], old: list[OldWard]) -> Wards:
    by_name: dict[tuple[str, str], list[Ward]] = defaultdict(list)
    old_by_name: dict[tuple[str, str], list[OldWard]] = defaultdict(list)
    districts: dict[tuple[str, str], dict[str, District]] = defaultdict(dict)
    for ward in today.values():
        by_name[ward.province_code, name_key(ward.name)].append(ward)
    for unit in old:
        province = unit.district.province_code
        old_by_name[province, name_key(unit.name)].append(unit)
        if unit.district.name:
            districts[province, name_key(unit.district.name)][unit.district.code] = unit.district
    return Wards(
        version,
        today,
        {unit.code: unit for unit in old},
        {key: tuple(found) for key, found in by_name.items()},
        {key: tuple(found) for key, found in old_by_name.items()},
        {key: tuple(found.values()) for key, found in districts.items()},
    )
