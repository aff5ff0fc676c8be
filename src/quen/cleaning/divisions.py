"""Which parts of an address are the ward and the district, written with their first word (`Phường`, `Q.`) or without.

Without one only where it can be nothing else: behind a ward the name of a district, or what the table of wards knows by
that name and no other way. Since July 2025 many wards have the name of the district that they were a part of.
"""

from __future__ import annotations

import re

import msgspec
from msgspec.structs import replace

from quen.cleaning.provinces import Found
from quen.cleaning.text import fold
from quen.cleaning.wards import OldWard, Ward, Wards, name_key

# On folded text.
_UNIT = re.compile(
    r"(phuong|xa|thi tran|dac khu|quan|huyen|thi xa|thanh pho|tp)\s+(\S.*)"
    r"|(p|f|x|tt|q|h|tx|tp)\.\s*(\S.*)|([pqf])\s?(\d{1,2})"
)
_WHOLE_WORD = {
    "p": "phuong", "f": "phuong",
    "x": "xa", "tt": "thi tran", "q": "quan", "h": "huyen", "tx": "thi xa", "tp": "thanh pho",
}  # fmt: skip
_FIRST_WORD = re.compile(
    r"(?:phường|phuong|xã|xa|thị trấn|thi tran|đặc khu|dac khu|quận|quan|huyện|huyen|thị xã|thi xa)\s+"
    r"|(?:thành phố|thanh pho|tp)\s+|(?:p|f|x|tt|q|h|tx|tp)\s*\.\s*|[pqf]\s?(?=\d)",
    re.IGNORECASE,
)
_WARDS = frozenset({"phuong", "xa", "thi tran", "dac khu"})
_HOUSE_NUMBER = re.compile(r"(?:so\s*)?\d")
# The districts of before that people write without their first word: those of the large cities, by the city's code.
_DISTRICTS_WRITTEN = {
    "79": "quan: binh thanh, go vap, tan binh, tan phu, phu nhuan, binh tan; thanh pho: thu duc; "
    "huyen: binh chanh, hoc mon, cu chi, nha be, can gio",
    "01": "quan: ba dinh, hoan kiem, tay ho, long bien, cau giay, dong da, hai ba trung, hoang mai, thanh xuan, "
    "ha dong, nam tu liem, bac tu liem; thi xa: son tay; huyen: soc son, dong anh, gia lam, thanh tri, me linh, "
    "dan phuong, hoai duc, quoc oai, thach that, chuong my, thanh oai, thuong tin, phu xuyen, ung hoa, my duc, "
    "phuc tho, ba vi",
    "48": "quan: hai chau, thanh khe, son tra, ngu hanh son, lien chieu, cam le; huyen: hoa vang",
    "31": "quan: hong bang, ngo quyen, le chan, hai an, kien an, do son, duong kinh; thanh pho: thuy nguyen; "
    "huyen: an duong, an lao, kien thuy, tien lang, vinh bao, cat hai",
    "92": "quan: ninh kieu, binh thuy, cai rang, o mon, thot not; huyen: phong dien, co do, thoi lai, vinh thanh",
    "46": "quan: thuan hoa, phu xuan",
}  # fmt: skip
_DISTRICTS = {
    (code, name): kind
    for code, written in _DISTRICTS_WRITTEN.items()
    for kind, _, names in (part.partition(": ") for part in written.split("; "))
    for name in names.split(", ")
}


class Unit(msgspec.Struct, frozen=True):
    kind: str  # `phuong`, `quan`…, folded
    name: str  # folded, numbers without leading zeros
    marked: str  # without its first word, as written

    @property
    def is_ward(self) -> bool:
        return self.kind in _WARDS

    @property
    def written(self) -> str:
        return f"{self.kind} {self.marked}"


class Divisions(msgspec.Struct, frozen=True):
    units: tuple[Unit | None, ...]  # for each piece of the address
    ward: int | None = None  # which piece
    district: int | None = None
    parts: tuple[tuple[str, str], ...] = ()  # codes of the table
    hints: tuple[str, ...] = ()
    is_old: bool = False  # of before July 2025
    old_province: str | None = None  # the code of the one of the 63, where the table says it


def read_divisions(pieces: list[str], found: Found | None, wards: Wards | None) -> Divisions:
    """`pieces` are the parts of an address in front of its province."""
    units = [unit_of(piece) for piece in pieces]
    hints: list[str] = []
    if found is not None and pieces:
        old_codes = _old_codes(found)
        _bare_last(pieces, units, found, old_codes, wards, hints)
        _bare_before_district(pieces, units, old_codes, wards)
    ward = next((at for at, unit in enumerate(units) if unit and unit.is_ward), None)
    district = next((at for at, unit in enumerate(units) if unit and not unit.is_ward), None)
    is_old = found is not None and (found.old is not None or district is not None)
    divisions = Divisions(tuple(units), ward, district, hints=tuple(hints), is_old=is_old)
    return _with_codes(divisions, found, wards) if found and wards else divisions


def unit_of(piece: str) -> Unit | None:
    folded = fold(piece)
    match = _UNIT.fullmatch(folded)
    if not match or (folded.startswith("xa lo ") and not piece.lower().startswith("xã")):
        return None  # `Xa lộ` is a motorway, not a commune
    kind, name = (part for part in match.groups() if part)
    marked = piece[first.end() :] if (first := _FIRST_WORD.match(piece)) else name
    return Unit(_WHOLE_WORD.get(kind, kind), name.lstrip("0") or name, marked)


def _old_codes(found: Found) -> tuple[str, ...]:
    """Of the 63 those that may be meant: a name that went on is first its own namesake of before."""
    return (found.old[0],) if found.old else tuple(code for code, _ in found.province.before)


def _bare_last(
    pieces: list[str],
    units: list[Unit | None],
    found: Found,
    old_codes: tuple[str, ...],
    wards: Wards | None,
    hints: list[str],
) -> None:
    """`Phường 25, Bình Thạnh` and, with the table, `1 Trần Phú, Bến Nghé` in front of the province."""
    last = pieces[-1]
    if units[-1] or any(unit and not unit.is_ward for unit in units):
        return
    kind = next((kind for code in old_codes if (kind := _DISTRICTS.get((code, fold(last))))), None)
    ward_unit = next((unit for unit in units if unit), None)
    if wards:
        # A town and the country around it share a name; the ward tells which of the two.
        inside = wards.before(old_codes, ward_unit.written, last) if ward_unit else None
        known = inside.district if inside else wards.district(old_codes, last)
        kind = named.kind if known and (named := unit_of(known.name)) else kind
    if ward_unit:
        units[-1] = Unit(kind, fold(last), last) if kind else None
        return
    ward = (wards.today(found.province.code, last) or wards.before(old_codes, last)) if wards else None
    if kind:
        if ward or not wards:
            hints.append("ward_or_district")
        else:
            units[-1] = Unit(kind, fold(last), last)
    elif ward and len(pieces) > 1 and _HOUSE_NUMBER.match(fold(pieces[-2])) and (named := unit_of(ward.name)):
        # Streets have the names of wards: only behind a house and its street.
        units[-1] = Unit(named.kind, fold(last), last)


def _bare_before_district(
    pieces: list[str], units: list[Unit | None], old_codes: tuple[str, ...], wards: Wards | None
) -> None:
    """`1 Trần Phú, Bến Nghé, Quận 1`."""
    at = next((at for at, unit in enumerate(units) if unit and not unit.is_ward), 0)
    district = units[at]
    if not wards or at < 2 or district is None or any(unit and unit.is_ward for unit in units):
        return
    ward = wards.before(old_codes, pieces[at - 1], district.written)
    if ward and _HOUSE_NUMBER.match(fold(pieces[at - 2])) and (named := unit_of(ward.name)):
        units[at - 1] = Unit(named.kind, name_key(pieces[at - 1]), pieces[at - 1])


def _with_codes(divisions: Divisions, found: Found, wards: Wards) -> Divisions:
    old_codes = _old_codes(found)
    ward = divisions.units[divisions.ward] if divisions.ward is not None else None
    within = divisions.units[divisions.district] if divisions.district is not None else None
    if ward is None:
        known = wards.district(old_codes, within.written) if within else None
        return replace(divisions, old_province=known.province_code if known else None)
    today = wards.today(found.province.code, ward.written)
    old = wards.before(old_codes, ward.written, within.written if within else None)
    if old is not None and (divisions.is_old or today is None):
        return _of_before(divisions, old, wards)
    if today is None:
        return replace(divisions, hints=(*divisions.hints, "unknown_ward"))
    hints = (*divisions.hints, "mixed_divisions") if divisions.is_old else divisions.hints
    return replace(divisions, parts=_of_today(today, wards), hints=hints)


def _of_before(divisions: Divisions, old: OldWard, wards: Wards) -> Divisions:
    parts = [("old_ward", old.name), ("old_ward_code", old.code), ("old_district_code", old.district.code)]
    hints = divisions.hints
    if len(old.became) == 1 and (ward := wards.by_code.get(old.became[0])):
        parts += _of_today(ward, wards)
    else:
        parts += [("new_ward_codes", " ".join(old.became))] if old.became else []
        parts.append(("wards_version", wards.version))
        hints = (*hints, "ward_split") if old.became else hints
    return replace(divisions, parts=tuple(parts), hints=hints, is_old=True, old_province=old.district.province_code)


def _of_today(ward: Ward, wards: Wards) -> tuple[tuple[str, str], ...]:
    return (("new_ward", ward.name), ("ward_code", ward.code), ("wards_version", wards.version))
