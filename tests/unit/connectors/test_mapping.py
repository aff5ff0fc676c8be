from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quen.cleaning import Locale
from quen.connectors.sources.files import mapping as mappings
from quen.connectors.sources.files.columns import KINDS, KNOWN
from quen.connectors.sources.files.mapping import Mapping
from quen.connectors.sources.files.reading import Format, Rows, sniff
from quen.errors import InvalidInput


def suggested(folder: Path, kind: str, text: str, name: str = "f.csv") -> tuple[Format, Mapping]:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    found = sniff(path)
    with Rows(path, found) as rows:
        return found, mappings.suggest(kind, found, list(rows), Locale())


def test_vietnamese_columns_are_known(tmp_path: Path) -> None:
    header = "Mã hóa đơn;Ngày mua;Mã KH;Tên khách hàng;Số điện thoại;Tên sản phẩm;SL;Đơn giá;Ghi chú riêng"
    found, mapping = suggested(tmp_path, "orders", header + "\nHD1;5/3/2024;K1;Lan;0912345678;Trà;2;50.000;x\n")
    assert list(mapping.columns.values()) == [
        "order_id", "time", "customer_code", "name", "phone", "product_name", "quantity", "price", "ignore",
    ]  # fmt: skip
    assert mapping.decimal == ","
    mappings.check(mapping, found)


def test_the_decimal_sign_is_seen(tmp_path: Path) -> None:
    _, mapping = suggested(tmp_path, "orders", "InvoiceNo,InvoiceDate,UnitPrice\n1,2010-12-01,2.55\n2,2010-12-01,3\n")
    assert mapping.decimal == "."


def test_other_columns_of_customers_become_traits_with_their_type(tmp_path: Path) -> None:
    _, mapping = suggested(
        tmp_path, "customers", "Email,Hạng thẻ,Điểm,Mã vùng\na@b.vn,Vàng,120,007\nc@d.vn,Bạc,5.5,008\n"
    )
    assert mapping.columns == {
        "Email": "email",
        "Hạng thẻ": "trait:hang_the",
        "Điểm": "trait:diem:number",
        "Mã vùng": "trait:ma_vung",  # leading zeros: a code, not a number
    }


def test_json_lines_of_messages_are_taken_as_they_are(tmp_path: Path) -> None:
    _, mapping = suggested(tmp_path, "events", '{"type":"track","event":"A","userId":"u"}\n', "f.jsonl")
    assert mapping.as_is


def test_a_name_means_one_field_only() -> None:
    for kind in KINDS:
        names = [name for names in KNOWN[kind].values() for name in names.split()]
        assert len(names) == len(set(names)), kind


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"columns": {"Nope": "order_id"}}, "Nope"),
        ({"columns": {"A": "colour"}}, "no field 'colour'"),
        ({"columns": {"A": "order_id", "B": "order_id"}}, "both mapped to order_id"),
        ({"columns": {"A": "order_id", "B": "time"}}, "total or line_total or price"),
        ({"columns": {"A": "order_id"}, "colour": 1}, "colour"),
        ({"columns": {"A": "order_id"}, "decimal": "x"}, "decimal"),
        ({"columns": {"A": "order_id"}, "timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"columns": {"A": 5}}, "columns"),
        ({"columns": {"A": "order_id"}, "kind": "cows"}, "cows"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_said(change: dict[str, Any], says: str) -> None:
    found = Format("csv", "utf-8", ",", False, ("A", "B", "C"))
    with pytest.raises(InvalidInput) as caught:
        mappings.check(mappings.parse({"kind": "orders", **change}), found)
    assert says in caught.value.message
