"""Postal addresses, read without asking anyone: a geocoder on the net would be told where every customer lives.

Vietnam has had no districts since 1 July 2025, and 34 provinces: an address with a district is of before, and its
province is then one of the 63. With the table of wards (`wards.read_wards`) the codes of old and new wards are parts
too; of 471 old wards only parts went to each new one, and which part is meant an address does not say.
"""

from __future__ import annotations

import re
from typing import Any

from quen.cleaning.cleaned import VIETNAM, Cleaned, Locale, as_text
from quen.cleaning.divisions import Divisions, read_divisions, unit_of
from quen.cleaning.provinces import Found, find_province
from quen.cleaning.text import fold, narrow, tidy, unify_tone
from quen.cleaning.wards import Wards

_LINES = re.compile(r"[\r\n;|]+")
_DASHES = re.compile(r"\s+[-–—]\s+")
# Names that hold what otherwise parts addresses, folded.
_WITH_DASH = {
    "ba ria": "vung tau", "phan rang": "thap cham", "van mieu": "quoc tu giam", "chan may": "lang co",
    **dict.fromkeys(("lam vien", "xuan huong", "cam ly", "lang biang", "xuan truong"), "da lat"),
}  # fmt: skip
# `12 Lý Thường Kiệt P.7 Q.10`: a ward or a district begins, unless a street word says that it names a street.
_BEGINS = re.compile(
    r"(?<!\bđường)(?<!\bphố)(?<=\w)\s+(?=[pqf]\.|[pqf]\s?\d{1,2}\b|(?:phường|quận|huyện|thị trấn|thị xã)\s)",
    re.IGNORECASE,
)
_COUNTRY_BEHIND = re.compile(r"\s+(?:việt nam|viet nam|vietnam)$", re.IGNORECASE)
_POSTAL_CODE = re.compile(r"(?:(.*\S)\s+)?(\d{5,6})")
_SAYS_PROVINCE = re.compile(r"(?:tp|t\.p|thanh pho|tinh)\b")
_NOT_KEY = re.compile(r"[^a-z0-9/]+")


def cleaned_address(value: Any, locale: Locale = VIETNAM, *, wards: Wards | None = None) -> Cleaned:
    """An address: `clean` is the text in order, parted by commas; `key` its folded parts and the province's code.

    Parts, for Vietnam and as far as they are found: `ward`, `district`, `province` and `province_code` (of today),
    `old_province` and `old_code` (where the address is of before July 2025), `postal_code`. With `wards` also
    `new_ward`, `ward_code`, `old_ward`, `old_ward_code`, `old_district_code`, `new_ward_codes` (of a ward that was
    split, with spaces between) and `wards_version`. `clean` keeps the places that were written. Done: plain_letters,
    tone_place, parted, country_dropped, postal_code_dropped, province_spelling. Hints: before_2025 (a district, or a
    province or ward that is no more), no_province, ward_or_district, ward_split, unknown_ward, mixed_divisions (a ward
    of today in a district of before). Problems: empty, not_text, too_long, no_letters.
    """
    given, problem = as_text(value, 500)
    if problem:
        return Cleaned(value, problem=problem)
    done: list[str] = []
    text = tidy(_LINES.sub(", ", given))
    if (narrowed := narrow(text)) != text:
        text = _step(tidy(narrowed), text, "plain_letters", done)
    vietnamese = locale.region == "VN"
    if vietnamese:
        text = _step(unify_tone(text), text, "tone_place", done)
    pieces = _pieces(text, vietnamese)
    _step(", ".join(pieces), text, "parted", done)
    parts: list[tuple[str, str]] = []
    hints: list[str] = []
    found, divisions = None, Divisions((None,) * len(pieces))
    if vietnamese:
        pieces = _without_country(pieces, parts, done)
        pieces, found = _without_province(pieces)
        divisions = read_divisions(pieces, found, wards)
        parts[:0] = _parts(pieces, found, divisions, hints)
    if not found and not any(c.isalpha() for piece in pieces for c in piece):
        return Cleaned(value, problem="no_letters")
    clean = ", ".join([*pieces, found.name] if found else pieces)
    if found and not text.endswith(found.name) and not {"country_dropped", "postal_code_dropped"} & set(done):
        done.append("province_spelling")
    keys = [
        _plain_key(f"{unit.kind} {unit.name}" if unit else piece)
        for piece, unit in zip(pieces, divisions.units, strict=True)
    ]
    key = ", ".join([*filter(None, keys), *([found.province.code] if found else [])])
    return Cleaned(value, clean, key or clean, tuple(done), hints=tuple(hints), parts=tuple(parts))


def _step(after: str, before: str, word: str, done: list[str]) -> str:
    if after != before:
        done.append(word)
    return after


def _pieces(text: str, vietnamese: bool) -> list[str]:
    if vietnamese:
        text = _without_dashes(text)
        text = _BEGINS.sub(", ", text)
    return [piece for part in text.split(",") if (piece := part.strip(" .-"))]


def _without_dashes(text: str) -> str:
    first, *others = _DASHES.split(text)
    for other in others:
        left = " ".join(fold(first).split()[-2:])
        right = _WITH_DASH.get(left)
        first += f" - {other}" if right and fold(other).startswith(right) else f", {other}"
    return first


def _without_country(pieces: list[str], parts: list[tuple[str, str]], done: list[str]) -> list[str]:
    while len(pieces) > 1 or (pieces and " " in pieces[0]):
        *front, last = pieces
        if fold(last) in ("viet nam", "vietnam", "vn") and front:
            pieces, word = front, "country_dropped"
        elif bare := _COUNTRY_BEHIND.search(last):
            pieces, word = [*front, last[: bare.start()].rstrip(" .-")], "country_dropped"
        elif (match := _POSTAL_CODE.fullmatch(last)) and (find_province(match[1]) if match[1] else front):
            parts.append(("postal_code", match[2]))
            pieces, word = [*front, match[1]] if match[1] else front, "postal_code_dropped"
        else:
            break
        done.append(word)
        pieces = [piece for piece in pieces if piece]
    return pieces


def _without_province(pieces: list[str]) -> tuple[list[str], Found | None]:
    """Without the province at the end, and it. `12 Nguyễn Huệ` and `12 Nguyen Hue` end in no province."""
    if not pieces:
        return pieces, None
    *front, last = pieces
    if found := find_province(last):
        return front, found
    words = last.split()
    for at in range(max(1, len(words) - 5), len(words)):
        head, tail = " ".join(words[:at]), " ".join(words[at:])
        if not _SAYS_PROVINCE.match(fold(tail)) and not unit_of(head):
            continue
        if found := find_province(tail, marks_matter=True):
            return [*front, head.rstrip(" .-")], found
    return pieces, None


def _parts(pieces: list[str], found: Found | None, divisions: Divisions, hints: list[str]) -> list[tuple[str, str]]:
    parts: dict[str, str] = {}
    if divisions.ward is not None:
        parts["ward"] = pieces[divisions.ward]
    if divisions.district is not None:
        parts["district"] = pieces[divisions.district]
    if found is None:
        hints.append("no_province")
        return list(parts.items())
    parts |= {"province": found.province.name, "province_code": found.province.code}
    if divisions.is_old:
        hints.append("before_2025")
        code, name = found.old or found.province.before[0]
        if divisions.old_province and not found.old:
            code, name = next(old for old in found.province.before if old[0] == divisions.old_province)
        parts |= {"old_province": name, "old_code": code}
    hints += divisions.hints
    return [*parts.items(), *divisions.parts]


def _plain_key(piece: str) -> str:
    return _NOT_KEY.sub(" ", fold(piece)).strip()
