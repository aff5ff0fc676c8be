"""Records as a table for DuckDB, with what only the whole table tells: who shares what, and how frequent a value is."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from quen.duplicates.model import FREQUENCIES
from quen.duplicates.records import Record, Style

SHARED_BY = 3  # people with one phone or address: a family's
HUB_FROM = 12  # people with one phone or address: a shop's, which says nothing
_LISTS = frozenset({"called", "phones", "emails", "own_phones", "own_emails"})
_TEXTS_WRITTEN = """
name marked words given family middle birth year month day street place province postcode gender code other
"""
_TEXTS = _TEXTS_WRITTEN.split()
_NOT_DIGITS = re.compile(r"\D+")
# Words of names that are so common that they are no slip of another one, where a file is too small to tell.
_USUAL_WRITTEN = """
an anh bao binh chau chi chien cuong dat diem diep dieu dong dung duc duong duyen gia giang ha hai han hang hanh hao
hien hieu hoa hoai hoan hoang hong hue hung huong huy huyen khai khanh khoa kiem kien kieu kim ky lam lan le lien linh
loan loc loi long luan ly mai man manh minh my nam nga ngan nghia ngoc nguyen nguyet nhan nhat nhi nhu nhung nu oanh
phat phi phong phu phuc phung phuoc phuong quan quang que quoc quy quyen quynh sang sau sinh son suong tai tam tan
thai than thang thanh thao thi thien thinh tho thoa thu thuan thuy thuong tien tin toan trang tram tri trinh trong
truc trung truong tu tuan tuyen tuyet tung uyen van vi viet vinh vu vy xuan y yen
"""
_USUAL = frozenset(_USUAL_WRITTEN.split())


def table_of(records: Sequence[Record], style: Style) -> pa.Table:
    """One row a record, `id` being its place; lists and texts that are empty are NULL."""
    usual = _usual(records)
    own_phones, phones = _owned(records, "phones")
    own_emails, emails = _owned(records, "emails")
    columns: dict[str, Any] = {"id": pa.array(range(len(records)), pa.int64())}
    for name in _TEXTS:
        columns[name] = pa.array([getattr(r, name) or None for r in records], pa.string())
    texts = pa.list_(pa.string())
    columns["called"] = pa.array([list(r.called) or None for r in records], texts)
    columns["phones"], columns["own_phones"] = pa.array(phones, texts), pa.array(own_phones, texts)
    columns["emails"], columns["own_emails"] = pa.array(emails, texts), pa.array(own_emails, texts)
    columns["phone"] = pa.array([found[0] if found else None for found in phones], pa.string())
    columns["email"] = pa.array([found[0] if found else None for found in emails], pa.string())
    columns["local"] = pa.array([found[0].partition("@")[0] if found else None for found in emails], pa.string())
    columns["both"] = pa.array([f"{r.family} {r.given}" if r.family and r.given else None for r in records])
    columns["compact"] = pa.array([r.name.replace(" ", "") or None for r in records], pa.string())
    columns["digits"] = pa.array([_NOT_DIGITS.sub("", found[0]) if found else None for found in emails], pa.string())
    columns["number"] = pa.array([_NOT_DIGITS.sub("", r.street) or None for r in records], pa.string())
    for name in ("given", "family", "name"):
        columns[f"{name}_letters"] = pa.array([_letters(getattr(r, name)) for r in records], pa.string())
    whole = style == "vi"  # a Vietnamese name is compared as a whole
    columns["usual"] = pa.array(
        [int(all(word in usual for word in (r.name.split() if whole else (r.given,)))) for r in records], pa.int8()
    )
    return pa.table(columns)


def filled(table: pa.Table) -> list[str]:
    """The columns that hold anything."""
    return [name for name in table.column_names if table[name].null_count < table.num_rows]


def frequencies(table: pa.Table, column: str) -> pa.Table:
    """`column` and its value's share `tf_<column>`: that of the table, drawn to what is usual where it is small.

    One of the occurrences is not counted: of two records with a value nobody else may have it.
    """
    share, weight = FREQUENCIES[column]
    counted = Counter(value for value in table[column].to_pylist() if value is not None)
    whole = sum(counted.values()) + weight
    values = list(counted)
    shares = [min(1.0, (max(0, counted[value] - 1) + share * weight) / whole) for value in values]
    return pa.table({column: pa.array(values, pa.string()), f"tf_{column}": pa.array(shares, pa.float64())})


def _usual(records: Sequence[Record]) -> frozenset[str]:
    """Words of names that are no slip of another: those that many have."""
    counted = Counter(word for r in records for word in r.name.split())
    enough = max(4, len(records) // 2_000)
    return _USUAL | {word for word, count in counted.items() if count >= enough}


def _letters(word: str) -> str | None:
    return "".join(sorted(word.replace(" ", ""))) if len(word) >= 4 else None


def _owned(records: Sequence[Record], field: str) -> tuple[list[list[str] | None], list[list[str] | None]]:
    """Of each record the values that few people have, and all but those of hubs."""
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for r in records:
        for value in getattr(r, field):
            # Two letters: slips and short forms of one name are mostly one holder.
            holders[value].add(r.given[:2])
    people = {value: len(names - {""}) for value, names in holders.items()}
    own, all_but_hubs = [], []
    for r in records:
        values: Iterable[str] = getattr(r, field)
        own.append([v for v in values if people[v] < SHARED_BY] or None)
        all_but_hubs.append([v for v in values if people[v] < HUB_FROM] or None)
    return own, all_but_hubs
