"""Matching itself: who is one person and who only looks like it, on people made up here."""

from __future__ import annotations

from datetime import date

import pytest

from quen.duplicates import trial
from quen.duplicates.matching import find
from quen.duplicates.records import Record, Style
from tests.unit.duplicates import making
from tests.unit.duplicates.making import Row
from tests.unit.duplicates.test_records import record

TODAY = date(2026, 11, 22)


def tried(rows: list[Row], threshold: float = 0.5) -> trial.Trial:
    header = list(rows[0])
    table = [list(row.values()) for row in rows]
    return trial.run(header, table, truth="person", threshold=threshold, today=TODAY)


@pytest.mark.parametrize("careless", [1.0, 2.0])
def test_vietnamese_households(careless: float) -> None:
    result = tried(making.vietnamese(31, 850, careless=careless))
    assert result.names == "vi" and result.figures is not None
    assert result.figures.clusters.precision >= 0.98
    assert result.figures.clusters.f1 >= (0.94 if careless == 1.0 else 0.9)


def test_western_households() -> None:
    result = tried(making.western(32, 850))
    assert result.names == "western" and result.figures is not None
    assert result.figures.clusters.precision >= 0.97
    assert result.figures.clusters.f1 >= 0.97 and result.figures.exact.f1 >= 0.95


def test_a_handful_of_rows() -> None:
    rows = making.vietnamese(33, 12)
    result = tried(rows)
    assert result.figures is not None and result.figures.clusters.precision == 1.0
    assert tried(rows[:1]).clusters == []


# One household: what they share must not make them one.
HOME = {"street": "12 Lê Lợi, Quận 1, TP.HCM", "phone": "0912345678"}
LAN = {"name": "Nguyễn Thị Lan", "birth": "1990-02-01", **HOME, "email": "lan90@example.com"}
SAME = {
    "as typed at the till": {"name": "CHI NGUYEN THI LAN", "phone": "84912345678"},
    "only the given name, and the telephone": {"name": "Lan", "phone": "912345678"},
    "the given name first": {"name": "Lan Nguyễn Thị", "birth": "01/02/1990", "phone": "0912345678"},
    "another telephone, the same birth": {"name": "Nguyen Thi Lan", "birth": "1990-02-01", "phone": "0987654321"},
    "day and month changed places": {"name": "Nguyễn Thị Lan", "birth": "02/01/1990", "phone": "0912345678"},
    "two letters changed places": {"name": "Nguyễn Tih Lan", "email": "lan90@example.com"},
    "no middle name": {"name": "Nguyễn Lan", "email": "lan90@example.com", "birth": "1990-02-01"},
}
OTHERS = {
    "her twin": {"name": "Nguyễn Thị Hoa", "birth": "1990-02-01", **HOME, "email": "lan90@example.com"},
    "her sister": {"name": "Nguyễn Thị Lam", "birth": "1993-07-19", **HOME},
    "her husband": {"name": "Trần Văn Hùng", "birth": "1988-05-05", **HOME, "email": "lan90@example.com"},
    "a namesake in another town": {
        "name": "Nguyễn Thị Lan", "birth": "1971-11-30", "phone": "0977000111", "email": "lan71@example.com"
    },
    "one of her name with other marks": {"name": "Nguyễn Thị Lân", "birth": "1969-03-04", "phone": "0977000222"},
}  # fmt: skip


@pytest.fixture(scope="module")
def crowd() -> list[Record]:
    """Six hundred others: how frequent a name is must be known before it says anything."""
    rows = making.vietnamese(34, 400)[:600]
    return [
        record(name=r["ho_ten"], phone=r["dien_thoai"], email=r["email"], birth=r["ngay_sinh"], street=r["dia_chi"])
        for r in rows
    ]


@pytest.mark.parametrize(("people", "expected"), [(SAME, True), (OTHERS, False)], ids=["same", "others"])
def test_one_woman_and_those_who_only_look_like_her(
    crowd: list[Record], people: dict[str, dict[str, str]], expected: bool
) -> None:
    bits = weights([*crowd, record(**LAN), *(record(**cells) for cells in people.values())], len(crowd), "vi")
    likely = {who: bits.get(at, -99.0) > 0 for at, who in enumerate(people, len(crowd) + 1)}
    assert likely == dict.fromkeys(people, expected)


def test_western_families() -> None:
    ann = {"given": "Elizabeth", "family": "Hartley", "birth": "1980-03-04", "phone": "020 7946 0000"}
    ann |= {"street": "12 Oak Road", "place": "Dover", "postcode": "4821"}
    same = [
        {"given": "Liz", "family": "Hartley", "birth": "1980-03-04", "postcode": "4821"},
        {"given": "Elizabeth", "family": "Woodson", "birth": "1980-03-04", "phone": "020 7946 0000"},  # married
        {"given": "Hartley", "family": "Elizabeth", "birth": "1980-03-04", "place": "Dover"},
        {"given": "Elizabet", "family": "Hartly", "birth": "1980-03-14", "street": "12 Oak Road", "place": "Dover"},
    ]
    others = [
        ann | {"given": "Margaret", "birth": "1951-07-20"},  # her mother
        ann | {"birth": "1951-07-20"},  # her mother, of the same name
        ann | {"given": "Caroline"},  # her twin
    ]
    rows = making.western(35, 300)
    crowd = [
        record("western", given=r["given_name"], family=r["surname"], birth=r["date_of_birth"], place=r["suburb"])
        for r in rows
    ]
    family = [record("western", **cells) for cells in [ann, *same, *others]]
    bits = weights([*crowd, *family], len(crowd), "western")
    likely = [bits.get(at, -99.0) > 0 for at in range(len(crowd) + 1, len(crowd) + len(family))]
    assert likely == [True] * len(same) + [False] * len(others)


def test_a_shops_own_telephone_joins_nobody(crowd: list[Record]) -> None:
    given = "Lan Hương Mai Hà Linh Trang Ngân Thảo Thúy Yến Vy Hạnh Nhung Quỳnh Oanh Giang".split()  # noqa: SIM905
    customers = [record(name=f"Trần Thị {name}", phone="02838123456") for name in given]
    customers += [record(name=name, phone="02838123456") for name in given]
    found = find([*crowd, *customers], "vi")
    first = len(crowd)
    assert not [c for c in found.clusters if len({m for m in c if m >= first}) > 2]


def test_what_must_stay_apart_does() -> None:
    rows = [record(**LAN), record(**LAN), *(record(name=f"Trần Văn {n}") for n in ("An", "Bình", "Cường"))]
    assert find(rows, "vi").clusters == [[0, 1]]
    assert find(rows, "vi", apart=lambda left, right: (left, right) == (0, 1)).clusters == []


def test_the_parts_add_up_to_no_less_than_the_weight() -> None:
    rows = [record(**LAN), record(**SAME["as typed at the till"]), *(record(name=f"Lê Thị {n}") for n in ("An", "Tú"))]
    found = find(rows, "vi")
    pair = found.inside[0, 1]
    assert sum(bits for _, _, bits in pair.parts) + found.prior_bits >= pair.bits - 0.01
    assert ("phone", "same") in {(name, level) for name, level, _ in pair.parts}


def weights(records: list[Record], of: int, style: Style) -> dict[int, float]:
    """Bits of the pairs of one record with each other one; those that are quite unlikely are left out."""
    found = find(records, style)
    return {pair.left + pair.right - of: pair.bits for pair in found.pairs if of in (pair.left, pair.right)}
