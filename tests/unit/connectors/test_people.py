from __future__ import annotations

from typing import Any

import pytest

from quen.cleaning import Locale
from quen.connectors.sources.files.mapping import Mapping
from quen.connectors.sources.files.people import Made, customer, event
from quen.connectors.sources.files.reading import Format, Record
from quen.connectors.sources.files.values import Cells, RowError


def made(kind: str, columns: dict[str, str], row: dict[str, str]) -> Made:
    cells = Cells(Mapping(kind, columns), Format("csv", "utf-8", ",", False, tuple(columns)))
    values = [row.get(column, "") for column in columns]
    return (customer if kind == "customers" else event)(cells, values, Locale(), 7)


CUSTOMER = {
    "Mã": "customer_id", "Email": "email", "SĐT": "phone", "Tên": "name", "Sinh": "birthday", "Từ": "created_at",
    "Điểm": "trait:points:number", "Hạng": "trait:tier",
}  # fmt: skip


def test_a_customer() -> None:
    row = {
        "Mã": "K1",
        "Email": " a@b.vn ",
        "Tên": "Lan\u200b",
        "Sinh": "5/3/1990",
        "Từ": "1/2/2020",
        "Điểm": "12",
        "Hạng": "null",
    }
    message = made("customers", CUSTOMER, row).message
    assert message == {
        "userId": "K1",
        "type": "identify",
        "traits": {
            "email": "a@b.vn", "name": "Lan", "birthday": "5/3/1990", "created_at": "2020-01-31T17:00:00Z",
            "points": 12,
        },
    }  # fmt: skip


def test_dates_that_a_file_writes_the_other_way_round() -> None:
    cells = Cells(Mapping("customers", CUSTOMER, dayfirst=False), Format("csv", "utf-8", ",", False, tuple(CUSTOMER)))
    row = [{"Mã": "K1", "Sinh": "3/25/1990"}.get(column, "") for column in CUSTOMER]
    assert customer(cells, row, Locale(), 7).message["traits"]["birthday"] == "1990-03-25"
    assert customer(cells, row, Locale(day_first=False), 7).message["traits"]["birthday"] == "3/25/1990"


def test_whose_row_it_is() -> None:
    first = made("customers", CUSTOMER, {"Mã": "K1", "Tên": "Lan"})
    second = made("customers", CUSTOMER, {"Mã": "K1", "Tên": "Lan Anh"})
    assert first.key == second.key
    assert first.version != second.version
    assert made("customers", CUSTOMER, {"SĐT": "0912345678"}).message["traits"] == {"phone": "0912345678"}


@pytest.mark.parametrize(
    ("row", "says"),
    [({"Tên": "Lan"}, "has no customer id"), ({"SĐT": "không có"}, "cannot be read"), ({"Mã": "K", "Từ": "x"}, "date")],
)
def test_rows_that_identify_nobody(row: dict[str, str], says: str) -> None:
    with pytest.raises(RowError, match=says):
        made("customers", CUSTOMER, row)


EVENT = {
    "e": "event",
    "t": "time",
    "u": "customer_id",
    "a": "anonymous_id",
    "p": "property:price:number",
    "n": "property:note",
}


def test_an_event() -> None:
    message = made("events", EVENT, {"e": "Ghé quầy", "t": "2024-03-05 08:00", "u": "K1", "p": "2.5", "n": "x"}).message
    assert message == {
        "userId": "K1", "type": "track", "event": "Ghé quầy", "timestamp": "2024-03-05T01:00:00Z",
        "properties": {"price": 2.5, "note": "x"}, "context": {},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "says"),
    [({"u": "K"}, "event name"), ({"e": "A", "t": "2024-03-05"}, "no customer"), ({"e": "A", "u": "K"}, "no date")],
)
def test_events_that_say_too_little(row: dict[str, str], says: str) -> None:
    with pytest.raises(RowError, match=says):
        made("events", EVENT, row)


def test_the_same_row_is_the_same_event() -> None:
    row = {"e": "A", "t": "2024-03-05", "u": "K"}
    assert (
        made("events", EVENT, row).key == made("events", EVENT, row).key != made("events", EVENT, {**row, "u": "L"}).key
    )


def test_messages_as_they_are() -> None:
    record = Record()
    whole: dict[str, Any] = {
        "type": "track",
        "event": "A",
        "userId": "u",
        "messageId": "m-1",
        "properties": {"a": {"b": 1}},
    }
    record.whole = whole
    cells = Cells(Mapping("events", {}, as_is=True), Format("jsonl", "utf-8", "", False, ("type",)))
    assert event(cells, record, Locale(), 7).message == whole
