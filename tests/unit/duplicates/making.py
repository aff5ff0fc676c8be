"""People with households, and the records that careless systems keep of them: truths to measure matching by.

Nothing here knows how matching works. `person` is the truth; a record has only what its system asked for.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from quen.cleaning import fold

Row = dict[str, str]

_VI_FAMILY = (
    "Nguyễn 314 Trần 109 Lê 89 Phạm 71 Huỳnh 30 Hoàng 30 Phan 28 Vũ 25 Võ 24 Đặng 21 Bùi 20 Đỗ 14 Hồ 13 Ngô 13 Dương 10"
    " Lý 5 Đinh 8 Mai 6 Trương 12 Lâm 5 Đoàn 6 Hà 5 Cao 5 Lương 6 Trịnh 5 Đào 5 Tạ 3 Tô 3"
)
_VI_MIDDLE = {
    "Nữ": "Thị Thị Thị Thị Ngọc Thu Minh Thanh Bảo Phương Kim Mỹ Hồng Thùy Khánh",
    "Nam": "Văn Văn Văn Đức Minh Quốc Hữu Thanh Tuấn Công Xuân Đình Quang Hoàng Ngọc",
}
_VI_GIVEN = {
    "Nữ": "Lan Hương Mai Hà Linh Trang Ngân Thảo Hòa Thúy Yến Vy Hạnh Nhung Quỳnh Oanh Giang Châu My Diễm Tuyết"
    " Loan Nga"
    " Thư Trâm Duyên Anh Hằng Hiền Huyền Nhi Như Phượng Thủy Hoa Lâm Tú Vân Xuân Phương",
    "Nam": "Anh Tuấn Hùng Dũng Nam Sơn Long Phúc Khoa Hải Đạt Kiên Bình Tâm Thắng Quân Huy Việt Trung Khang Lộc"
    " Phong Tiến"
    " Vinh Nhân Toàn Đông Hòa Hoàng Cường Thành Hiếu Nghĩa Duy Khánh Tân Thịnh Bảo",
}
_VI_PLACES = (
    ("Quận 1", "Hồ Chí Minh"), ("Quận 3", "TP.HCM"), ("Quận Bình Thạnh", "Hồ Chí Minh"), ("Quận Cầu Giấy", "Hà Nội"),
    ("Quận Ba Đình", "Hà Nội"), ("Quận Đống Đa", "Hà Nội"), ("Quận Hải Châu", "Đà Nẵng"), ("Quận Ninh Kiều", "Cần Thơ"),
    ("Quận Lê Chân", "Hải Phòng"), ("Thành phố Huế", "Thừa Thiên Huế"), ("Thành phố Vinh", "Nghệ An"),
)  # fmt: skip
_VI_STREETS = (
    "Lê Lợi|Nguyễn Huệ|Trần Phú|Hai Bà Trưng|Lý Thường Kiệt|Quang Trung|Điện Biên Phủ|Hùng Vương|Phan Chu Trinh"
)
_OLD_MOBILE = {"032": "0162", "037": "0167", "079": "0121", "083": "0123"}

_GIVEN = (
    "James John Robert Michael William David Richard Joseph Thomas Charles Daniel Matthew Anthony Mark Steven"
    " Andrew Paul"
    " Joshua Kenneth Kevin Brian George Edward Ronald Timothy Jason Jeffrey Ryan Jacob Nicholas Gary Eric"
    " Jonathan Stephen"
    " Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Sarah Karen Lisa Nancy Betty Sandra Margaret Ashley"
    " Kimberly Emily Donna Michelle Carol Amanda Melissa Deborah Stephanie Rebecca Laura Helen Sharon Cynthia"
    " Kathleen Amy"
    " Angela Shirley Anna Ruth Brenda Pamela Nicole Katherine Samantha Christine Emma Catherine Virginia Rachel Carolyn"
)
_SHORT = {
    "James": "Jim",
    "Robert": "Bob",
    "William": "Bill",
    "Michael": "Mike",
    "Elizabeth": "Liz",
    "Katherine": "Kate",
    "Jennifer": "Jen",
    "Daniel": "Dan",
    "Matthew": "Matt",
    "Margaret": "Peggy",
    "Thomas": "Tom",
}
_STEMS = "Brad Hart Ash Wood Stan Black Gold Fair Nor Wes Sut Hol Mar Win Can Ber Dal Pem Thorn Lang Whit Kings Red Oak"
_ENDS = "ley ton ford field man son worth wood bury ham well combe stone by land brook ward er ing den"
_ROADS = ("street", "road", "avenue")
_TOWNS = (
    "Springfield Riverton Oakdale Fairview Salem Madison Georgetown Clinton Arlington Ashland Burlington"
    " Manchester Milton"
    " Newport Auburn Dayton Lexington Milford Oxford Cleveland Kingston Dover Hudson"
)


def vietnamese(seed: int, people: int, *, careless: float = 1.0) -> list[Row]:
    """Households of a name, an address and often a telephone; each person in one to five systems."""
    rng = random.Random(seed)
    rows: list[Row] = []
    person = 0
    while person < people:
        household = _vi_household(rng)
        for member in household[: people - person]:
            for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
                rows.append({"person": str(person), **_vi_record(rng, member, careless)})
            person += 1
    rng.shuffle(rows)
    return rows


def _vi_household(rng: random.Random) -> list[dict[str, Any]]:
    family = _weighted(rng, _VI_FAMILY)
    district, province = rng.choice(_VI_PLACES)
    home = {
        "street": f"{rng.randrange(1, 400)} {rng.choice(_VI_STREETS.split('|'))}",
        "district": district,
        "province": province,
        "home_phone": _mobile(rng),
    }
    size = rng.choice((1, 1, 1, 2, 2, 3, 4))
    members: list[dict[str, Any]] = []
    for index in range(size):
        sex = rng.choice(("Nữ", "Nam"))
        name = f"{family} {rng.choice(_VI_MIDDLE[sex].split())} {rng.choice(_VI_GIVEN[sex].split())}"
        if index == 1:  # the wife keeps her own family name
            name = f"{_weighted(rng, _VI_FAMILY)} {name.split(maxsplit=1)[1]}"
        birth = (rng.randrange(1950, 2010), rng.randrange(1, 13), rng.randrange(1, 29))
        if index == 3 and rng.random() < 0.3:
            birth = members[2]["birth"]  # twins
        number = rng.randrange(10_000)
        words = fold(name).split()
        members.append(
            home
            | {
                "name": name,
                "sex": sex,
                "birth": birth,
                "phone": home["home_phone"] if index and rng.random() < 0.3 else _mobile(rng),
                "email": f"{words[-1]}{words[0]}{number}@{rng.choice(('gmail.com', 'yahoo.com', 'hopthu.example'))}",
            }
        )
    return members


def _vi_record(rng: random.Random, who: dict[str, Any], careless: float) -> Row:
    def maybe(chance: float) -> bool:
        return rng.random() < chance * careless

    name = who["name"]
    if maybe(0.3):
        name = fold(name).title()
    elif maybe(0.1):
        name = fold(name).upper()
    if maybe(0.06):
        name = _slip(rng, name)
    if maybe(0.05):
        name = name.split()[-1]
    elif maybe(0.05) and len(name.split()) > 2:
        name = f"{name.split()[0]} {name.split()[-1]}"
    elif maybe(0.04):
        words = name.split()
        name = " ".join([words[-1], *words[1:-1], words[0]])
    if maybe(0.08):
        name = f"{'Chị' if who['sex'] == 'Nữ' else 'Anh'} {name}"
    phone = who["phone"]
    if maybe(0.08):
        phone = _mobile(rng)  # a new number
    if maybe(0.05):
        phone = _wrong_digit(rng, phone)
    if maybe(0.1) and phone[:3] in _OLD_MOBILE:
        phone = _OLD_MOBILE[phone[:3]] + phone[3:]
    if maybe(0.2):
        phone = f"+84{phone[1:]}" if phone[0] == "0" and len(phone) == 10 else phone
    year, month, day = who["birth"]
    if maybe(0.03):
        month, day = min(day, 12), month
    if maybe(0.04):
        year += rng.choice((-1, 1, 10))
    email = who["email"]
    if maybe(0.05):
        email = _slip(rng, email)
    row = {
        "ho_ten": name,
        "dien_thoai": phone if rng.random() > 0.15 else "",
        "email": email if rng.random() > 0.5 else "",
        "ngay_sinh": f"{day:02}/{month:02}/{year}" if rng.random() > 0.4 else "",
        "dia_chi": f"{who['street']}, {who['district']}, {who['province']}" if rng.random() > 0.4 else "",
        "gioi_tinh": who["sex"] if rng.random() > 0.5 else "",
    }
    # Nobody can tell whose a record is that names nothing but a person.
    if not any(row[c] for c in ("dien_thoai", "email", "ngay_sinh")):
        row["dien_thoai"] = phone
    return row


def western(seed: int, people: int, *, careless: float = 1.0) -> list[Row]:
    """As `vietnamese`, with the columns that English systems have; nine in ten of a household share its name."""
    rng = random.Random(seed)
    surnames = [stem + end for stem in _STEMS.split() for end in _ENDS.split()]
    rows: list[Row] = []
    person = 0
    while person < people:
        family = surnames[min(int(rng.paretovariate(0.6)) - 1, len(surnames) - 1)]
        home = {
            "number": str(rng.randrange(1, 300)),
            "street": f"{rng.choice(_STEMS.split()).lower()}{rng.choice(_ENDS.split())} {rng.choice(_ROADS)}",
            "town": rng.choice(_TOWNS.split()),
            "postcode": str(rng.randrange(1000, 9999)),
            "phone": _landline(rng),
        }
        for index, given in enumerate(rng.sample(_GIVEN.split(), rng.choice((1, 1, 2, 2, 3, 4)))):
            born = (rng.randrange(1930, 2008), rng.randrange(1, 13), rng.randrange(1, 29))
            member = home | {
                "given": given,
                "family": family,
                "birth": born,
                "ssn": str(rng.randrange(10**6, 10**7)),
                "own_phone": home["phone"]
                if rng.random() < 0.6
                else f"0{rng.randrange(2, 9)} {rng.randrange(10**7, 10**8)}",
            }
            for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5))):
                rows.append({"person": str(person), **_western_record(rng, member, careless)})
            person += 1
            if person >= people:
                break
            if index and rng.random() < 0.1:
                family = rng.choice(surnames)
    rng.shuffle(rows)
    return rows


def _western_record(rng: random.Random, who: dict[str, Any], careless: float) -> Row:
    def maybe(chance: float) -> bool:
        return rng.random() < chance * careless

    def typed(value: str, chance: float = 0.08) -> str:
        return _slip(rng, value) if maybe(chance) and len(value) > 2 else value

    given, family = who["given"], who["family"]
    if maybe(0.08):
        given = _SHORT.get(given, given)
    if maybe(0.04) and who["given"] in _GIVEN.split()[34:]:
        family = rng.choice(_STEMS.split()) + rng.choice(_ENDS.split())  # married
    given, family = typed(given), typed(family)
    if maybe(0.04):
        given, family = family, given
    year, month, day = who["birth"]
    if maybe(0.03):
        month, day = min(day, 12), month
    if maybe(0.04):
        day = rng.randrange(1, 29)
    moved = maybe(0.08)
    return {
        "given_name": given if rng.random() > 0.03 else "",
        "surname": family if rng.random() > 0.02 else "",
        "date_of_birth": f"{year}{month:02}{day:02}" if rng.random() > 0.12 else "",
        "street_number": who["number"] if not moved else str(rng.randrange(1, 300)),
        "address_1": typed(who["street"], 0.12) if not moved else f"{rng.choice(_STEMS.split())} lane",
        "suburb": typed(who["town"], 0.08) if not moved else rng.choice(_TOWNS.split()),
        "postcode": _wrong_digit(rng, who["postcode"]) if maybe(0.05) else who["postcode"],
        "phone_number": typed(who["own_phone"], 0.05) if rng.random() > 0.3 else "",
        "soc_sec_id": (_wrong_digit(rng, who["ssn"]) if maybe(0.06) else who["ssn"]) if rng.random() > 0.6 else "",
    }


def _weighted(rng: random.Random, text: str) -> str:
    words = text.split()
    return rng.choices(words[::2], [int(weight) for weight in words[1::2]])[0]


def _mobile(rng: random.Random) -> str:
    return f"{rng.choice(('032', '037', '079', '083', '090', '091', '098', '097'))}{rng.randrange(10**7):07}"


def _landline(rng: random.Random) -> str:
    return f"0{rng.randrange(2, 9)} {rng.randrange(10**7, 10**8)}"


def _wrong_digit(rng: random.Random, number: str) -> str:
    at = rng.randrange(len(number) // 2, len(number))
    return number[:at] + rng.choice("0123456789") + number[at + 1 :]


def _slip(rng: random.Random, text: str) -> str:
    """One slip of the keys: a letter too few, too many, another, or two in the wrong order."""
    at = rng.randrange(1, max(2, len(text) - 1))
    letter = rng.choice("abcdeghiklmnoprstuvxy")
    kinds: tuple[Callable[[], str], ...] = (
        lambda: text[:at] + text[at + 1 :],
        lambda: text[:at] + letter + text[at:],
        lambda: text[:at] + letter + text[at + 1 :],
        lambda: text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
    )
    return rng.choice(kinds)()
