"""A person's traits, cleaned: which trait is which field by its name, and what each becomes.

Only clear names are taken for a field; every other trait is left as it came. A value that can be read is replaced by
its clean form (phones in E.164, days in ISO 8601…). One that cannot is left as given, with the reason. Names are
treated with the most care: the marks and their places stay as the person writes them.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Any

import msgspec

from quen.cleaning.cleaned import VIETNAM, Locale
from quen.cleaning.text import fold
from quen.cleaning.trait_readers import READERS, CleanTrait, is_abroad
from quen.cleaning.trait_shapes import SHORT_WAYS

# Field → names of traits, folded and without anything but letters and digits.
_NAMES = {
    "email": "email emailaddress mail thudientu diachiemail emailkhachhang",
    "phone": "phone phonenumber mobile mobilephone cellphone tel telephone sodienthoai sdt dienthoai dienthoaididong "
    "didong dtdd sodt sdtkhachhang",
    "name": "name fullname customername ten hoten hovaten tenkhachhang tenkh tendaydu",
    "first_name": "firstname givenname tengoi",
    "last_name": "lastname surname familyname ho hodem hovatendem",
    "birthday": "birthday birthdate dateofbirth dob ngaysinh sinhnhat ngaythangnamsinh",
    "gender": "gender sex gioitinh",
    "address": "address diachi",
    "city": "city thanhpho",
    "province": "province tinh tinhthanh tinhthanhpho",
    "website": "website homepage trangweb",
    "avatar": "avatar avatarurl anhdaidien",
    "amount": "totalspent tongchitieu income thunhap",
}
FIELDS = tuple(_NAMES)
_FIELD_OF = {name: field for field, names in _NAMES.items() for name in names.split()}
_SIGNS = re.compile(r"[^a-z0-9]+")
_PLACES = frozenset({"city", "province"})
_LONGEST_KEPT = 300  # characters of a value that is worth remembering


class CleanTraits(msgspec.Struct, frozen=True):
    """`traits` to store; `found` is (name of the trait, what became of it) of those that are a known field."""

    traits: dict[str, Any]
    found: tuple[tuple[str, CleanTrait], ...] = ()


def clean_traits(traits: dict[str, Any], locale: Locale = VIETNAM, *, today: date) -> CleanTraits:
    """Clean all traits of one message. Never raises, whatever JSON they are; `traits` is not changed.

    `today` is in the locale's zone: nobody is born after it. A trait that is None (it is to be deleted) stays None.
    """
    found: list[tuple[str, CleanTrait]] = []
    changed: dict[str, Any] | None = None
    for name, value in traits.items():
        field = field_of(name)
        if field is None or value is None:
            continue
        if field in _PLACES and is_abroad(traits):
            continue
        trait = _read(field, value, locale, today)
        if "no_province" in trait.hints and any(field_of(other) in _PLACES for other in traits):
            trait = msgspec.structs.replace(trait, hints=tuple(hint for hint in trait.hints if hint != "no_province"))
        found.append((name, trait))
        if trait.outcome == "fixed":
            changed = dict(traits) if changed is None else changed
            changed[name] = trait.value
    return CleanTraits(traits if changed is None else changed, tuple(found))


@lru_cache(maxsize=8_192)
def field_of(name: str) -> str | None:
    """The field that a trait of this name is: `Ngày sinh`, `ngay_sinh` and `dateOfBirth` are `birthday`."""
    return _FIELD_OF.get(_SIGNS.sub("", fold(name))) if len(name) <= 60 else None


def _read(field: str, value: Any, locale: Locale, today: date) -> CleanTrait:
    if isinstance(value, str) and len(value) <= _LONGEST_KEPT:
        return _remembered(field, value, locale, today if field == "birthday" else None)
    return READERS[field](field, value, locale, today)


@lru_cache(maxsize=32_768)
def _remembered(field: str, value: str, locale: Locale, today: date | None) -> CleanTrait:
    short = SHORT_WAYS.get(field)
    if short is not None and (trait := short(value, locale, today or date.max)):
        return trait
    return READERS[field](field, value, locale, today or date.max)
