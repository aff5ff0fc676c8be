"""Which column of a table is what, from its header and, where the header says nothing, from its values. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from quen.cleaning import clean_email, clean_phone, fold

# Role → headers, folded and without signs. A header with a number behind it (`phone2`, `address_1`) is the same role.
_HEADERS = {
    "name": "name fullname hoten hovaten tenkhachhang khachhang customername customer displayname nguoinhan"
    " hotenkh tenkh",
    "given": "given givenname firstname first fname forename forenames ten tengoi fnamec",
    "family": "family familyname surname lastname last lname ho hodem hotendem sname lnamec",
    "middle": "middle middlename mname tendem dem tenlot",
    "birth": "birth birthday birthdate dateofbirth dob ngaysinh sinhnhat ngaythangnamsinh born bdate ns",
    "birth_year": "birthyear yearofbirth yob namsinh by",
    "birth_month": "birthmonth monthofbirth mob thangsinh bm",
    "birth_day": "birthdayofmonth dayofbirth bd",
    "phone": "phone phonenumber telephone tel mobile mobilephone mobilenumber cell cellphone sdt sodienthoai dienthoai"
    " didong sodt dt hotline contactnumber phoneno zalo",
    "email": "email emailaddress mail mailaddress thudientu diachiemail",
    "street": "address street streetaddress streetname addr diachi diachinha addressline stname",
    "number": "streetnumber housenumber houseno sonha stnum streetno",
    "ward": "ward phuong xa phuongxa",
    "district": "district quan huyen quanhuyen",
    "place": "city town suburb locality thanhpho village municipality hometown khuvuc",
    "province": "province tinh tinhthanh tinhthanhpho state region county",
    "postcode": "postcode zip zipcode postalcode postcodefake plz mabuudien mabuuchinh",
    "gender": "gender sex gioitinh phai",
    "code": "nationalid nationalidentifier ssn socsecid socialsecuritynumber cccd cmnd cmt socccd socmnd passport"
    " hochieu mst masothue taxid taxcode nhsnumber cpf",
    "other": "occupation job jobtitle nghenghiep company congty employer birthplace placeofbirth noisinh nationality"
    " quoctich",
}  # fmt: skip
_ROLE_OF = {header: role for role, headers in _HEADERS.items() for header in headers.split()}
# Several columns may hold one of these; of the rest the first counts.
SEVERAL = frozenset({"phone", "email", "street", "other"})
_BEHIND = re.compile(r"(?:c?\d+)$")
_NOT_LETTERS = re.compile(r"[^a-z0-9]+")
_LOOKED_AT = 300  # rows; enough to tell addresses from numbers


def roles_of(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """Role → places of its columns. `rows` are some of the first rows, for columns whose header says nothing."""
    found: dict[str, list[int]] = {}
    nameless = []
    for place, column in enumerate(columns):
        role = _by_header(column)
        if role is None:
            nameless.append(place)
        elif role in SEVERAL or role not in found:
            found.setdefault(role, []).append(place)
    for place in nameless:
        role = _by_values([row[place] for row in rows[:_LOOKED_AT] if place < len(row) and row[place].strip()])
        if role is not None:
            found.setdefault(role, []).append(place)
    return found


def _by_header(column: str) -> str | None:
    compact = _NOT_LETTERS.sub("", fold(column))
    return _ROLE_OF.get(compact) or _ROLE_OF.get(_BEHIND.sub("", compact))


def _by_values(values: Sequence[str]) -> str | None:
    """E-mail addresses and Vietnamese mobile numbers are told by their looks; nothing else is safe to guess."""
    if len(values) < 3:
        return None
    enough = 0.7 * len(values)
    if sum(clean_email(value) is not None for value in values) >= enough:
        return "email"
    if sum((clean_phone(value) or "").startswith("+84") for value in values) >= enough:
        return "phone"
    return None
